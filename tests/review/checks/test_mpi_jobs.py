"""What the MPI Operator makes of a job: near misses of the rules, and the words of findings."""

from __future__ import annotations

from typing import Any

import pytest

from ..manifests import Change, Manifests, broken_rules_of_manifests, review_of_manifests


def spec(**fields: Any) -> Change:
    return lambda manifests: manifests.job["spec"].update(fields)


def policy(**fields: Any) -> Change:
    return lambda manifests: manifests.job["spec"]["runPolicy"].update(fields)


def worker(**fields: Any) -> Change:
    """Change the worker's container, on the network of its node."""

    def change(manifests: Manifests) -> None:
        manifests.pod("Worker")["hostNetwork"] = True
        manifests.worker.update(fields)

    return change


def sidecars(role: str, *containers: dict[str, Any], key: str = "containers") -> Change:
    """Put containers behind that of the launcher or worker, or before all."""

    def change(manifests: Manifests) -> None:
        image = "registry.example.com/logs:1.0"
        manifests.pod(role).setdefault(key, []).extend({"image": image, **each} for each in containers)

    return change


@pytest.mark.parametrize(
    ("change", "problem", "hint"),
    [
        (spec(mpiImplementation="MPICH2"), "'spec.mpiImplementation' 'MPICH2'", "give one of OpenMPI, Intel, MPICH"),
        (spec(slotsPerWorker="8"), "has 'spec.slotsPerWorker' '8'", "give a whole number"),
        (policy(suspend="true"), "has 'spec.runPolicy.suspend' 'true'", "give True or False"),
        (policy(backoffLimit=-1), "has 'spec.runPolicy.backoffLimit' -1", "give at least 0"),
        (policy(cleanPodPolcy="All"), "'spec.runPolicy.cleanPodPolcy', which no MPIJob has", "write 'cleanPodPolicy'"),
        (spec(backoffLimit=3), "has 'spec.backoffLimit', which no", "put it at 'spec.runPolicy.backoffLimit'"),
        (
            lambda manifests: manifests.job["spec"]["mpiReplicaSpecs"].update(workers={}),
            "has 'spec.mpiReplicaSpecs.workers', which no MPIJob has",
            "write 'Worker'",
        ),
        (
            lambda manifests: manifests.job["spec"]["mpiReplicaSpecs"].pop("Launcher"),
            "lacks 'spec.mpiReplicaSpecs.Launcher'",
            "give it",
        ),
        (
            policy(schedulingPolicy={"minResources": {"cpu": "many"}}),
            "has 'spec.runPolicy.schedulingPolicy.minResources.cpu' 'many'",
            "give a quantity such as '500m', '4Gi' or 8",
        ),
    ],
)
def test_names_the_field_its_value_and_what_is_taken(change: Change, problem: str, hint: str) -> None:
    (finding,) = [each for each in review_of_manifests(change).findings if each.rule.id == "EFA-JOB-019"]
    assert problem in finding.problem
    assert finding.fix == f"write the field as the definition of MPIJob has it: {hint}"


@pytest.mark.parametrize(
    "change",
    [
        spec(mpiImplementation="Intel", launcherCreationPolicy="AtStartup", sshAuthMountPath="/home/mpi/.ssh"),
        policy(suspend=True, managedBy="kueue.x-k8s.io/multikueue", activeDeadlineSeconds=None),
        lambda manifests: (
            policy(backoffLimit=0)(manifests),
            spec(launcherCreationPolicy="WaitForWorkersReady")(manifests),
        ),
        policy(schedulingPolicy={"minAvailable": 2, "minResources": {"cpu": 4, "memory": "1Gi"}}),
        # The deployment will know.
        spec(mpiImplementation="⟨?Implementation⟩"),
        # Kubeflow's Training Operator has MPIJobs of a version of its own, and so had older releases of this one.
        lambda manifests: manifests.of_version("v1") or spec(backoffLimit=3)(manifests),
        lambda manifests: manifests.of_version("v1alpha2") or spec(cleanPodPolicy="Running", runPolicy=None)(manifests),
    ],
)
def test_says_nothing_of_a_job_that_is_as_its_definition_has_it(change: Change) -> None:
    assert broken_rules_of_manifests(change) == set()


@pytest.mark.parametrize("content", [None, [], "odd", {}, {"mpiReplicaSpecs": []}, {"mpiReplicaSpecs": {"Worker": 1}}])
def test_finds_a_job_without_a_specification_to_speak_of(content: Any) -> None:
    assert "EFA-JOB-019" in broken_rules_of_manifests(lambda manifests: manifests.job.update(spec=content))


@pytest.mark.parametrize(
    "change",
    [
        sidecars("Launcher", {"name": "logs"}),
        sidecars("Worker", {"name": "logs"}),
        sidecars("Worker", {"name": "logs", "restartPolicy": "Always"}, key="initContainers"),
        sidecars("Launcher", {"name": "second", "command": ["mpirun", "-np", "1", "hostname"]}),
        # The first may have a script of its own, and nobody knows what the second does.
        lambda manifests: manifests.pod("Launcher")["containers"][0].update(command=["/run.sh"]),
    ],
)
def test_takes_containers_behind_that_which_does_the_work(change: Change) -> None:
    assert broken_rules_of_manifests(change) == set()


def no_devices(manifests: Manifests) -> None:
    for kind in ("limits", "requests"):
        manifests.worker["resources"][kind] = {"memory": "1Gi"}


def test_a_container_that_asks_for_no_gpu_may_be_the_second() -> None:
    def change(manifests: Manifests) -> None:
        no_devices(manifests)
        sidecars("Worker", {"name": "second", "resources": {"limits": {"nvidia.com/gpu": "0"}}})(manifests)

    assert "EFA-JOB-020" not in broken_rules_of_manifests(change)


def test_finds_a_container_with_resource_claims_behind_another() -> None:
    def change(manifests: Manifests) -> None:
        no_devices(manifests)
        manifests.pod("Worker")["resourceClaims"] = [{"name": "gpu", "resourceClaimTemplateName": "gpus"}]
        sidecars("Worker", {"name": "second", "resources": {"claims": [{"name": "gpu"}]}})(manifests)

    assert "EFA-JOB-020" in broken_rules_of_manifests(change)


def test_says_once_that_another_container_comes_first() -> None:
    def change(manifests: Manifests) -> None:
        manifests.pod("Worker")["containers"].insert(0, {"name": "logs", "image": "logs:1.0"})
        sidecars("Worker", {"name": "third", "resources": {"limits": {"nvidia.com/gpu": 1}}})(manifests)

    found = [finding for finding in review_of_manifests(change).findings if finding.rule.id == "EFA-JOB-020"]
    assert len(found) == 1


def test_says_which_container_comes_before_which() -> None:
    (finding,) = review_of_manifests(
        lambda manifests: manifests.pod("Worker")["containers"].insert(0, {"name": "logs", "image": "logs:1.0"})
    ).findings
    assert finding.problem == (
        "the worker of MPIJob default/nccl-test has the container 'logs' before 'worker', which asks for "
        "nvidia.com/gpu and vpc.amazonaws.com/efa"
    )


@pytest.mark.parametrize(
    "change",
    [
        worker(command=["/usr/sbin/sshd", "-De", "-p", "2222"]),
        worker(command=["bash", "-c", "/usr/sbin/sshd -De -o Port=2222"]),
        worker(command=["/entrypoint.sh"]),
        worker(ports=[{"containerPort": 2222}]),
        # mpirun is no server.
        lambda manifests: manifests.pod("Launcher").update(hostNetwork=True),
    ],
)
def test_says_nothing_of_the_nodes_network_where_sshd_may_listen_elsewhere(change: Change) -> None:
    assert broken_rules_of_manifests(change) == set()


def test_says_nothing_of_the_nodes_network_where_nodes_have_no_sshd() -> None:
    def change(manifests: Manifests) -> None:
        worker()(manifests)
        manifests.group["AmiType"] = "BOTTLEROCKET_x86_64_NVIDIA"
        manifests.remove(manifests.find("DaemonSet", "nvidia"))

    assert broken_rules_of_manifests(change) == set()


def test_says_nothing_of_ssh_and_of_the_operator_to_jobs_of_the_training_operator() -> None:
    def change(manifests: Manifests) -> None:
        worker()(manifests)
        manifests.of_version("v1")
        manifests.remove(manifests.find("Deployment", "mpi-operator"))
        manifests.pod("Worker")["containers"].insert(0, {"name": "logs", "image": "logs:1.0"})

    assert broken_rules_of_manifests(change) == set()


@pytest.mark.parametrize("command", [["/usr/sbin/sshd", "-De"], ["sh", "-c", "mkdir /run/sshd; /usr/sbin/sshd -De"]])
def test_finds_workers_whose_command_is_sshd_on_the_nodes_network(command: list[str]) -> None:
    assert broken_rules_of_manifests(worker(command=command)) == {"EFA-JOB-021"}


def one_gpu(manifests: Manifests) -> None:
    for kind in ("limits", "requests"):
        manifests.worker["resources"][kind]["nvidia.com/gpu"] = 1
    manifests.job["spec"]["slotsPerWorker"] = 1
    launcher = manifests.pod("Launcher")["containers"][0]
    launcher["command"] = ["2" if word == "16" else word for word in launcher["command"]]
    del manifests.worker["volumeMounts"]


@pytest.mark.parametrize(
    "change",
    [
        one_gpu,
        lambda manifests: manifests.pod("Worker").update(hostIPC=True) or manifests.worker.pop("volumeMounts"),
        lambda manifests: manifests.worker["volumeMounts"][0].update(mountPath="/dev/shm/"),
        lambda manifests: manifests.worker["volumeMounts"][0].update(mountPath="/dev"),
        lambda manifests: manifests.worker["volumeMounts"][0].update(mountPath="⟨?Path⟩"),
        # On the disk of the node it is slower, and large enough.
        lambda manifests: manifests.pod("Worker")["volumes"][0].update(emptyDir={}),
    ],
)
def test_says_nothing_of_shared_memory_that_is_enough(change: Change) -> None:
    assert broken_rules_of_manifests(change) == set()


@pytest.mark.parametrize(("asked", "found"), [({"vpc.amazonaws.com/efa": 1}, {"EFA-JOB-022"}), ({}, set())])
def test_finds_too_little_shared_memory_of_any_pod_that_uses_efa(asked: dict[str, int], found: set[str]) -> None:
    limits = {"nvidia.com/gpu": 2, "hugepages-2Mi": "512Mi", "memory": "8Gi", **asked}
    context = {"capabilities": {"add": ["IPC_LOCK"]}}
    container = {"name": "one", "image": "one:1.0", "resources": {"limits": limits}, "securityContext": context}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "one"}, "spec": {"template": template}}
    assert broken_rules_of_manifests(lambda manifests: manifests.objects.append(job)) == found


@pytest.mark.parametrize("seconds", [1, 3600, None])
def test_says_nothing_of_a_launcher_that_stays_for_a_while(seconds: int | None) -> None:
    assert broken_rules_of_manifests(policy(ttlSecondsAfterFinished=seconds)) == set()


def test_counts_the_slots_of_a_launcher_that_works_too() -> None:
    def change(manifests: Manifests) -> None:
        manifests.job["spec"]["runLauncherAsWorker"] = True
        launcher = manifests.pod("Launcher")["containers"][0]
        launcher["command"] = ["24" if word == "16" else word for word in launcher["command"]]

    assert broken_rules_of_manifests(change) == set()
    assert broken_rules_of_manifests(spec(runLauncherAsWorker=True)) == {"EFA-JOB-009"}
