"""A job asks for what its nodes have, starts when its workers are ready, and is refused where it could not run."""

from __future__ import annotations

import inspect
import itertools
import os
import subprocess

import pytest
from cdk8s import Duration, Size
from cdk8s_plus_27 import k8s

from efa_constructs import catalogue
from efa_constructs.errors import EfaConstructsError
from efa_constructs.k8s import (
    GangScheduling,
    Kueue,
    Launcher,
    LauncherPlacement,
    MpiImplementation,
    MpiJob,
    RestartPolicy,
    RunPolicy,
    WorkerResources,
)
from efa_constructs.pods.mpi_job_schema import mismatches_of_job
from efa_constructs.pods.operators_own import SSH_PATH

from .schemas import check_manifests


def exports(command):
    return [value for option, value in itertools.pairwise(command) if option == "-x"]


def test_gives_a_worker_all_devices_of_its_node_and_what_else_is_left_of_it(bench):
    bench.job()
    limits = bench.worker["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == 8
    assert limits["vpc.amazonaws.com/efa"] == 4
    assert limits["hugepages-2Mi"] == "5120Mi"
    # 1,061,590 MiB surely allocatable, 2 GiB for DaemonSets and 2 GiB for the launcher, in whole GiB.
    assert limits["memory"] == f"{(1061590 - 2048 - 2048) // 1024 * 1024}Mi"
    assert bench.worker["resources"]["requests"] == {**limits, "cpu": f"{95690 - 1000 - 1000}m"}


def test_starts_one_rank_for_each_gpu_and_passes_the_environment_on(bench):
    bench.job(environment={"SEED": "1"})
    command = bench.launcher["command"]
    assert command[command.index("-np") + 1] == "16"
    assert command[command.index("--map-by") + 1] == "ppr:8:node"
    assert command[-2:] == ["python", "train.py"]
    assert bench.spec["slotsPerWorker"] == 8
    names = [variable["name"] for variable in bench.launcher["env"]]
    assert exports(command) == ["PATH", "LD_LIBRARY_PATH", *names]
    assert {"name": "SEED", "value": "1"} in bench.launcher["env"]


def test_passes_a_path_of_the_jobs_own_on_once(bench):
    bench.job(environment={"PATH": "/opt/train/bin:/usr/bin"})
    assert exports(bench.launcher["command"]).count("PATH") == 1


def test_starts_the_launcher_when_every_workers_sshd_answers(bench):
    bench.job()
    assert bench.spec["launcherCreationPolicy"] == "WaitForWorkersReady"
    assert bench.worker["readinessProbe"]["tcpSocket"] == {"port": 22}
    assert "command" not in bench.worker, "the operator starts sshd where there is none"


def test_can_make_the_launcher_at_once(bench):
    bench.job(launcher=Launcher(wait_for_workers=False))
    assert bench.spec["launcherCreationPolicy"] == "AtStartup"


def test_lets_workers_lock_memory_and_share_it(bench):
    bench.job(resources=WorkerResources(memory=Size.gibibytes(64)))
    assert bench.worker["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["IPC_LOCK"]},
    }
    assert bench.launcher["securityContext"] == {"allowPrivilegeEscalation": False}
    (volume,) = bench.pod("Worker")["volumes"]
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "32768Mi"}
    assert bench.worker["volumeMounts"] == [{"name": volume["name"], "mountPath": "/dev/shm"}]


def test_puts_the_launcher_on_a_workers_node_with_the_workers_tolerations(bench):
    bench.job(tolerations=[k8s.Toleration(key="team", operator="Exists")], node_selector={"team": "vision"})
    launcher, worker = bench.pod("Launcher"), bench.pod("Worker")
    assert launcher["nodeSelector"] == worker["nodeSelector"]
    assert launcher["nodeSelector"] == {"node.kubernetes.io/instance-type": "p4d.24xlarge", "team": "vision"}
    assert launcher["tolerations"] == worker["tolerations"]
    assert {"key": "team", "operator": "Exists"} in worker["tolerations"]
    assert {"key": "nvidia.com/gpu", "operator": "Exists"} in worker["tolerations"]


def test_can_put_the_launcher_on_another_node_and_leave_the_workers_more(bench):
    job = bench.job(launcher=Launcher(placement=LauncherPlacement.OTHER_NODE))
    launcher = bench.pod("Launcher")
    assert "nodeSelector" not in launcher
    assert "tolerations" not in launcher
    (term,) = launcher["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [{"key": "vpc.amazonaws.com/efa.present", "operator": "DoesNotExist"}]
    assert job.resources.cpu_millicores == 95690 - 1000


def test_gives_gpus_back_when_the_launcher_has_ended(bench):
    bench.job()
    assert bench.spec["runPolicy"] == {"cleanPodPolicy": "Running", "suspend": False}


def test_says_how_a_job_runs_where_the_operator_reads_it(bench):
    bench.job(
        run_policy=RunPolicy(
            suspend=True,
            ttl_after_finished=Duration.hours(1),
            active_deadline=Duration.days(2),
            backoff_limit=3,
            launcher_restart_policy=RestartPolicy.NEVER,
            worker_restart_policy=RestartPolicy.ON_FAILURE,
        )
    )
    assert bench.spec["runPolicy"] == {
        "cleanPodPolicy": "Running",
        "suspend": True,
        "ttlSecondsAfterFinished": 3600,
        "activeDeadlineSeconds": 172800,
        "backoffLimit": 3,
    }
    replicas = bench.spec["mpiReplicaSpecs"]
    assert replicas["Launcher"]["restartPolicy"] == "Never"
    assert replicas["Worker"]["restartPolicy"] == "OnFailure"
    assert all("restartPolicy" not in replicas[role]["template"]["spec"] for role in replicas)


@pytest.mark.parametrize(
    ("implementation", "field", "words"),
    [
        (MpiImplementation.OPEN_MPI, "OpenMPI", ["-np", "16", "--map-by", "ppr:8:node"]),
        (MpiImplementation.OPEN_MPI_5, "OpenMPI", ["-np", "16", "--map-by", "ppr:8:node"]),
        (MpiImplementation.INTEL, "Intel", ["-n", "16", "-ppn", "8", "-prepend-rank", "-genvlist"]),
        (MpiImplementation.MPICH, "MPICH", ["-n", "16", "-ppn", "8", "-prepend-rank", "-genvlist"]),
    ],
)
def test_speaks_the_language_of_each_mpi(bench, implementation, field, words):
    bench.job(mpi_implementation=implementation)
    assert bench.spec["mpiImplementation"] == field
    command = bench.launcher["command"]
    start = command.index(words[0])
    assert command[start : start + len(words)] == words


@pytest.mark.parametrize(
    "overrides",
    [
        {"image": "train:latest"},
        {"instance_type": "p4d.23xlarge"},
        {"instance_type": "m5.large"},
        {"name": "1st"},
        {"namespace": "A"},
        {"operating_system": "AL2"},
        {"nodes": 0},
        {"pod_labels": {"a b": "c"}},
        {"gang_scheduling": GangScheduling(min_available=9)},
        {"worker_overrides": {"spec": {"restartPolicy": "Never"}}},
    ],
)
def test_names_the_job_in_every_refusal_once(bench, overrides):
    with pytest.raises(EfaConstructsError) as raised:
        bench.job(**overrides)
    name = overrides.get("name", "train")
    assert str(raised.value).startswith(f"MPIJob '{name}': ")
    assert str(raised.value).count("MPIJob") == 1


def variables(kilobytes):
    return {f"A{index}": "x" * 1000 for index in range(kilobytes)}


def test_refuses_a_job_that_kubectl_could_not_apply_for_its_size(bench):
    with pytest.raises(
        EfaConstructsError, match=r"MPIJob 'train' has 3\d\d,\d\d\d bytes, and at most 250,000 .*: split it"
    ):
        bench.job(environment=variables(300))
    assert bench.manifests == []


def test_takes_a_large_job_that_kubectl_can_apply(bench):
    bench.job(environment=variables(200))


@pytest.mark.parametrize("argument", ["nodes", "processes_per_node"])
def test_refuses_numbers_that_the_api_server_could_not_hold(bench, argument):
    with pytest.raises(EfaConstructsError, match=f"'{argument}' must be at most 2147483647, got 2147483648"):
        bench.job(**{argument: 2**31})


@pytest.mark.parametrize("implementation", [MpiImplementation.OPEN_MPI, MpiImplementation.OPEN_MPI_5])
def test_calls_open_mpi_by_its_path_so_that_it_finds_itself_on_workers_without_the_path_of_the_image(
    bench, tmp_path, implementation
):
    installed, linked = tmp_path / "openmpi" / "bin", tmp_path / "bin"
    installed.mkdir(parents=True)
    linked.mkdir()
    mpirun = installed / "mpirun"
    mpirun.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
    mpirun.chmod(0o755)
    (linked / "mpirun").symlink_to(mpirun)
    bench.job(mpi_implementation=implementation, command=["sh", "-c", "exec python $HOME 'a  b'"])
    command = bench.launcher["command"]
    environment = {"PATH": f"{linked}:{os.defpath}"}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()
    # orted is beside the program, not beside the link.
    assert output[0] == str(mpirun)
    assert output[1:] == command[command.index("--allow-run-as-root") :]


def test_binds_ranks_to_cores_where_they_have_no_accelerator(bench):
    bench.job(instance_type="hpc7a.96xlarge")
    command = bench.launcher["command"]
    assert command[command.index("--bind-to") + 1] == "core"
    assert command[command.index("-np") + 1] == str(2 * 192)


def test_counts_neuron_devices_as_accelerators(bench):
    bench.job(instance_type="trn1.32xlarge")
    limits = bench.worker["resources"]["limits"]
    assert (limits["aws.amazon.com/neuron"], limits["vpc.amazonaws.com/efa"]) == (16, 8)


def test_asks_for_hugepages_without_accelerators_too_for_libfabric_has_its_buffers_there(bench):
    bench.job(instance_type="hpc7g.16xlarge")
    assert bench.worker["resources"]["limits"]["hugepages-2Mi"] == "5120Mi"


@pytest.mark.parametrize(
    ("instance_type", "devices", "ranks"),
    [
        ("trn1.32xlarge", None, 32),
        ("trn1.32xlarge", 4, 8),
        ("trn2.48xlarge", None, 64),
        ("trn2.3xlarge", None, 4),
        ("p5.48xlarge", None, 8),
        ("p5.48xlarge", 4, 4),
    ],
)
def test_has_a_rank_for_each_gpu_and_for_each_neuron_core(bench, instance_type, devices, ranks):
    job = bench.job(instance_type=instance_type, resources=WorkerResources(accelerators=devices))
    assert bench.spec["slotsPerWorker"] == ranks
    assert job.processes == 2 * ranks


def test_reads_a_secret_into_the_environment_of_every_rank(bench):
    source = k8s.EnvVarSource(secret_key_ref=k8s.SecretKeySelector(name="tracking", key="token"))
    bench.job(environment={"TOKEN": source})
    (variable,) = (one for one in bench.launcher["env"] if one["name"] == "TOKEN")
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "tracking", "key": "token"}}
    assert "TOKEN" in exports(bench.launcher["command"])


def test_mounts_a_volume_in_launcher_and_workers(bench):
    claim = k8s.PersistentVolumeClaimVolumeSource(claim_name="data")
    data = k8s.Volume(name="data", persistent_volume_claim=claim)
    bench.job(volumes={"/data": data, "/scratch": data})
    for container, pod in ((bench.launcher, bench.pod("Launcher")), (bench.worker, bench.pod("Worker"))):
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        assert mounts.items() >= {"/data": "data", "/scratch": "data"}.items()
        assert [volume["name"] for volume in pod["volumes"]].count("data") == 1


def test_runs_as_a_service_account_or_without_the_token_of_the_default_one(bench):
    bench.job(service_account="trainer")
    assert bench.pod("Worker")["serviceAccountName"] == "trainer"


def test_mounts_no_token_that_nobody_asked_for(bench):
    bench.job()
    assert bench.pod("Worker")["automountServiceAccountToken"] is False


def test_workers_may_claim_something_else_beside_devices_of_plugins(bench):
    # Amazon EKS User Guide, "Use P6e-GB200 UltraServers with Amazon EKS"
    channel = {"name": "channel", "resourceClaimTemplateName": "channel-of-a-compute-domain"}
    bench.job(worker_overrides={"spec": {"resourceClaims": [channel]}})
    worker = bench.pod("Worker")
    assert worker["resourceClaims"] == [channel]
    assert worker["containers"][0]["resources"]["limits"]["vpc.amazonaws.com/efa"] > 0


def test_takes_devices_from_a_resource_claim(bench):
    bench.job(resource_claim_template="gpu-and-efa")
    assert bench.pod("Worker")["resourceClaims"] == [{"name": "devices", "resourceClaimTemplateName": "gpu-and-efa"}]
    assert bench.worker["resources"]["claims"] == [{"name": "devices"}]
    assert not {"nvidia.com/gpu", "vpc.amazonaws.com/efa"} & set(bench.worker["resources"]["limits"])
    assert bench.spec["slotsPerWorker"] == 8


def test_queues_the_job_with_kueue_and_keeps_its_workers_together(bench):
    bench.job(kueue=Kueue(queue="training", topology="topology.k8s.aws/network-node-layer-3"))
    (manifest,) = bench.manifests
    assert manifest["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "training"}
    assert bench.spec["runPolicy"]["suspend"] is True
    replicas = bench.spec["mpiReplicaSpecs"]
    assert (
        replicas["Worker"]["template"]["metadata"]["annotations"].items()
        >= {"kueue.x-k8s.io/podset-required-topology": "topology.k8s.aws/network-node-layer-3"}.items()
    )
    assert (
        replicas["Launcher"]["template"]["metadata"]["annotations"].items()
        >= {"kueue.x-k8s.io/podset-unconstrained-topology": "true"}.items()
    )


@pytest.mark.parametrize(("waits", "available"), [(True, 2), (False, 3)])
def test_sizes_a_gang_so_that_launcher_and_workers_do_not_wait_for_each_other(bench, waits, available):
    bench.job(gang_scheduling=GangScheduling(queue="gpu"), launcher=Launcher(wait_for_workers=waits))
    assert bench.spec["runPolicy"]["schedulingPolicy"] == {"minAvailable": available, "queue": "gpu"}


def test_uses_a_launchers_command_as_it_is(bench):
    command = ["bash", "-c", "mpirun -np 16 python train.py"]
    bench.job(command=[], launcher_command=command)
    assert bench.launcher["command"] == command


def test_adds_arguments_of_mpirun_before_the_program(bench):
    bench.job(mpirun_arguments=["--mca", "pml", "cm"])
    assert bench.launcher["command"][-5:] == ["--mca", "pml", "cm", "python", "train.py"]


def test_has_a_name_without_a_hash_that_follows_from_its_id(bench):
    bench.job(namespace="team-a")
    (manifest,) = bench.manifests
    assert manifest["metadata"] == {"name": "train", "namespace": "team-a"}


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"instance_type": "hpc7a.96xlarge"},
        {"instance_type": "trn1.32xlarge"},
        {"resource_claim_template": "gpu-and-efa"},
        {"kueue": Kueue(queue="training", topology="topology.k8s.aws/network-node-layer-3")},
        {"gang_scheduling": GangScheduling(queue="gpu", schedule_timeout=Duration.minutes(5))},
        {"launcher": Launcher(placement=LauncherPlacement.OTHER_NODE), "mpi_implementation": MpiImplementation.INTEL},
        {"run_policy": RunPolicy(suspend=True, ttl_after_finished=Duration.hours(1), backoff_limit=3)},
        {"worker_overrides": {"spec": {"priorityClassName": "high"}}, "service_account": "trainer"},
    ],
    ids=lambda overrides: ",".join(overrides) or "defaults",
)
def test_is_a_job_that_the_api_server_takes(bench, overrides):
    bench.job(**overrides)
    check_manifests(bench.manifests)
    assert list(mismatches_of_job(bench.spec)) == []


def test_warns_of_a_launcher_whose_log_is_gone_when_it_has_ended(bench):
    bench.job(run_policy=RunPolicy(ttl_after_finished=Duration.seconds(0)))
    (warning,) = bench.warnings
    assert "'ttl_after_finished' is 0 s" in warning
    assert "(EFA-JOB-025)" in warning


def resources(**values):
    return {"resources": WorkerResources(**values)}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"nodes": 0}, "MPIJob 'train': 'nodes' must be at least 1, got 0"),
        ({"nodes": -2}, "'nodes' must be at least 1, got -2"),
        ({"nodes": 2.0}, "'nodes' is 2.0, of type float"),
        ({"instance_type": "m5.large"}, "m5.large.*EFA"),
        ({"instance_type": "p4d.24xlrge"}, "p4d.24xlarge"),
        ({"image": "train"}, "'image' is 'train', which has no tag"),
        ({"image": "train:latest"}, "'latest', which moves"),
        ({"name": "9lives"}, "'name' is '9lives', but host names are made of it"),
        ({"name": "Train_1"}, "'name' is 'Train_1'"),
        ({"name": "t" * 55}, "'name' has 55 characters.*a name may have 54: give the job a shorter name.*EFA-JOB-012"),
        ({"name": "t" * 53, "nodes": 1000}, "'name' has 53 characters.*a name may have 52: give the job"),
        ({"command": []}, "neither is: give one of them"),
        ({"launcher_command": ["mpirun", "x"]}, "both are given: give one of them"),
        (
            {"command": [], "launcher_command": ["mpirun", "-np", "8", "python"]},
            "'launcher_command' has -np 8, but the workers have 16 slots",
        ),
        (
            {"command": [], "launcher_command": ["bash", "-c", "/opt/amazon/openmpi/bin/mpirun -n 4 python"]},
            "'launcher_command' has -n 4, but the workers have 16 slots",
        ),
        ({"mpirun_arguments": ["-np", "32"]}, "'mpirun_arguments' has -np 32, but the workers have 16 slots"),
        (
            {"command": [], "launcher_command": ["mpirun", "x"], "mpirun_arguments": ["-v"]},
            "'launcher_command' has a mpirun of its own",
        ),
        ({"processes_per_node": 0}, "'processes_per_node' must be at least 1, got 0"),
        (resources(accelerators=9), "'accelerators' is 9, but a p4d.24xlarge has 8"),
        (resources(accelerators=-1), "'accelerators' must be at least 0, got -1"),
        ({"instance_type": "hpc7a.96xlarge"} | resources(accelerators=1), "a hpc7a.96xlarge has none"),
        (resources(efa_interfaces=5), "'efa_interfaces' is 5, but a p4d.24xlarge has 4"),
        (resources(hugepages=Size.mebibytes(5121)), "'hugepages' is 5121 MiB, but pages have 2 MiB"),
        (resources(hugepages=Size.gibibytes(21)), "'hugepages' is 21504 MiB, but a p4d.24xlarge reserves 21122 MiB"),
        (resources(memory=Size.mebibytes(0)), "'memory' is 0 MiB: a worker needs some"),
        (resources(memory=Size.gibibytes(1100)), "'memory' is 1126400 MiB, but a p4d.24xlarge has at most"),
        (resources(cpu=95), "'cpu' is 95, but a p4d.24xlarge has from 0 to 94.69 vCPUs"),
        (resources(cpu=-1), "'cpu' is -1"),
        (
            resources(memory=Size.mebibytes(8000), shared_memory=Size.mebibytes(9000)),
            "'shared_memory' is 9000 MiB, but it is a part of 'memory'",
        ),
        ({"gang_scheduling": GangScheduling(min_available=3)}, "'min_available' is 3, but only 2 pods exist before"),
        ({"gang_scheduling": GangScheduling(min_available=4)}, "'min_available' must be from 1 to 3"),
        (
            {"node_taints": [k8s.Taint(key="team", value="vision", effect="NoSchedule")]},
            "taint team=vision:NoSchedule, which the pods do not tolerate",
        ),
        (
            {"resource_claim_template": "all"} | resources(efa_interfaces=4),
            "'efa_interfaces' is 4, and 'resource_claim_template' allocates devices, too: use resource claims for all",
        ),
        ({"volumes": {"data": k8s.Volume(name="data")}}, "'volumes' has the path 'data': mount paths are absolute"),
        ({"volumes": {"/etc/mpi": k8s.Volume(name="x")}}, "mounts a volume at /etc/mpi, where the operator"),
        ({"volumes": {"/x": k8s.Volume(name="ssh-auth")}}, "has a volume 'ssh-auth', a name that the operator uses"),
        (
            {"volumes": {"/x": k8s.Volume(name="x"), "/y": k8s.Volume(name="x", empty_dir=k8s.EmptyDirVolumeSource())}},
            "two volumes of the name 'x'",
        ),
        (
            {"volumes": {"/x": k8s.Volume(name="x", host_path=k8s.HostPathVolumeSource(path="/dev/infiniband"))}},
            "mounts /dev/infiniband of the host",
        ),
        (
            {"volumes": {"/x": k8s.Volume(name="x", host_path=k8s.HostPathVolumeSource(path="/dev/"))}},
            "mounts /dev/ of",
        ),
        ({"volumes": {"/": k8s.Volume(name="x")}}, "'volumes' has the path '/': mount paths are .* not the root"),
        ({"volumes": {"//etc/mpi": k8s.Volume(name="x")}}, "mounts a volume at /etc/mpi, where the operator"),
        ({"volumes": {"/root/x/../.ssh/": k8s.Volume(name="x")}}, "mounts a volume at /root/.ssh, where the operator"),
        (
            {"volumes": {"/data": k8s.Volume(name="x"), "/data/": k8s.Volume(name="y")}},
            "'volumes' has the paths '/data' and '/data/', which are the same",
        ),
        ({"volumes": {"/dev/shm/": k8s.Volume(name="x")}}, "has the volume 'x' at /dev/shm/, but the workers have"),
        (
            {"volumes": {"/x": k8s.Volume(name="shared-memory")}},
            "has the volume 'shared-memory' at /x, but the workers",
        ),
        ({"ssh_auth_mount_path": "root/.ssh"}, "'ssh_auth_mount_path' is 'root/.ssh': use an absolute path"),
        ({"ssh_auth_mount_path": ""}, "'ssh_auth_mount_path' is ''"),
        ({"ssh_auth_mount_path": "/"}, "'ssh_auth_mount_path' is '/'"),
        ({"ssh_auth_mount_path": "/etc/mpi"}, "'ssh_auth_mount_path' is '/etc/mpi'"),
        ({"ssh_auth_mount_path": "/dev/shm"}, "'ssh_auth_mount_path' is '/dev/shm'"),
        (
            {
                "resource_claim_template": "all",
                "worker_overrides": {
                    "spec": {
                        "initContainers": [
                            {"name": "a", "image": "a:1", "resources": {"limits": {"nvidia.com/gpu": 1}}},
                        ]
                    }
                },
            },
            "have resource claims, and ask device plugins for nvidia.com/gpu",
        ),
        ({"pod_labels": {"kueue.x-k8s.io/queue-name": "a"}}, "Kueue reads on the MPIJob, not on its pods"),
        ({"pod_labels": {"training.kubeflow.org/job-role": "a"}}, "'pod_labels' has the label"),
        ({"environment": {"OMPI_MCA_orte_default_hostfile": "/x"}}, "sets OMPI_MCA_orte_default_hostfile, which the"),
        ({"operating_system": "WINDOWS"}, "'operating_system' must be AL2023 or BOTTLEROCKET"),
        ({"resources": {"memory": 1}}, "'resources' is .* of type dict: give WorkerResources"),
        ({"environment": {"SEED": 1}}, "'environment' is .*: give a dict whose values are strings"),
        ({"command": "python train.py"}, "'command' is 'python train.py', of type str: give a list of words"),
        ({"mpi_implementation": "OpenMPI"}, "'mpi_implementation' is 'OpenMPI', of type str"),
    ],
)
def test_refuses_a_job_that_could_not_run_and_says_what_to_change(bench, overrides, message):
    with pytest.raises(EfaConstructsError, match=message):
        bench.job(**overrides)
    assert bench.manifests == []


def test_keys_are_mounted_where_the_operator_mounts_them_if_no_place_is_given():
    assert inspect.signature(MpiJob.__init__).parameters["ssh_auth_mount_path"].default == SSH_PATH


def test_mounts_volumes_beside_those_of_the_job_and_the_operator(bench):
    bench.job(
        ssh_auth_mount_path="/home/mpi/.ssh",
        volumes={
            "/root/.ssh": k8s.Volume(name="keys", empty_dir=k8s.EmptyDirVolumeSource()),
            "/data": k8s.Volume(name="data", host_path=k8s.HostPathVolumeSource(path="/mnt/k8s-disks/0")),
            "/devices": k8s.Volume(name="devices", host_path=k8s.HostPathVolumeSource(path="/dev/disk")),
        },
    )
    mounts = {mount["mountPath"] for mount in bench.worker["volumeMounts"]}
    assert mounts == {"/dev/shm", "/root/.ssh", "/data", "/devices"}


def test_accepts_taints_that_its_pods_tolerate(bench):
    bench.job(
        node_taints=[
            k8s.Taint(key="nvidia.com/gpu", value="true", effect="NoSchedule"),
            k8s.Taint(key="team", value="vision", effect="NoExecute"),
            k8s.Taint(key="cheap", effect="PreferNoSchedule"),
        ],
        tolerations=[k8s.Toleration(key="team", value="vision")],
    )
    assert bench.warnings == []


@pytest.mark.parametrize(
    ("overrides", "warning"),
    [
        (resources(memory=Size.gibibytes(1050)), "ask for 1077248 MiB of 'memory', and only .* sure to be free"),
        (resources(cpu=94.5), "ask for 95.5 of 'cpu', and only 94.69 are sure to be free"),
        (resources(accelerators=4), "ask for 4 of the 8 'nvidia.com/gpu'"),
        (resources(efa_interfaces=1), "ask for 1 of the 4 'vpc.amazonaws.com/efa'"),
        ({"processes_per_node": 4}, "'processes_per_node' is 4, but a worker has 8 accelerators"),
        ({"node_selector": {"karpenter.sh/nodepool": "gpu"}}, "Karpenter does not know which types have hugepages"),
        ({"environment": {"RDMAV_FORK_SAFE": "1"}}, "RDMAV_FORK_SAFE=1"),
    ],
)
def test_warns_of_what_may_not_do_what_was_meant(bench, overrides, warning):
    import re

    bench.job(**overrides)
    assert any(re.search(warning, given) for given in bench.warnings), bench.warnings


def test_leaves_room_for_a_launcher_beside_a_worker_and_only_there(bench):
    most = catalogue.allocatable("p4d.24xlarge").memory_mib - catalogue.DAEMON_SETS_MEMORY_MIB
    whole = WorkerResources(memory=Size.mebibytes(most))
    message = (
        f"'memory' is {most} MiB, but a p4d.24xlarge has at most {most - 2048} MiB for it with the launcher on one"
    )
    with pytest.raises(EfaConstructsError, match=message):
        bench.job(resources=whole)
    bench.job(resources=whole, launcher=Launcher(placement=LauncherPlacement.OTHER_NODE))


def test_warns_of_nothing_in_a_job_that_takes_the_defaults(bench):
    bench.job()
    assert bench.warnings == []


@pytest.mark.parametrize("processes_per_node", [1, 32])
def test_warns_of_no_number_of_ranks_on_neuron_whose_devices_have_several_cores(bench, processes_per_node):
    bench.job(instance_type="trn1.32xlarge", processes_per_node=processes_per_node)
    assert bench.warnings == []


def test_warns_of_no_hugepages_on_karpenter_where_none_are_asked_for(bench):
    bench.job(node_selector={"karpenter.sh/nodepool": "gpu"}, **resources(hugepages=Size.mebibytes(0)))
    (warning,) = bench.warnings
    assert "with the label karpenter.sh/nodepool, which Karpenter or EKS Auto Mode makes" in warning
    assert "hugepages" not in warning
    assert "hugepages-2Mi" not in bench.worker["resources"]["limits"]
