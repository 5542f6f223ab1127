"""Overrides: further fields of the pods of an MPI job, and what of them is refused."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError

from .schemas import check_manifests


def test_puts_overrides_on_what_it_wrote(bench):
    bench.job(
        worker_overrides={
            "spec": {
                "priorityClassName": "high",
                "containers": [{"name": "worker", "volumeMounts": [{"name": "x", "mountPath": "/x"}]}, {"name": "log"}],
                "volumes": [{"name": "x", "emptyDir": {}}],
                "tolerations": [{"operator": "Exists"}],
            }
        }
    )
    pod = bench.pod("Worker")
    assert pod["priorityClassName"] == "high"
    assert [container["name"] for container in pod["containers"]] == ["worker", "log"]
    assert [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]] == ["/dev/shm", "/x"]
    assert [volume["name"] for volume in pod["volumes"]] == ["shared-memory", "x"]
    assert pod["tolerations"][-1] == {"operator": "Exists"}
    assert "priorityClassName" not in bench.pod("Launcher")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"spec": {"restartPolicy": "Never"}}, "'spec.restartPolicy' 'Never': the operator overrides it"),
        ({"spec": {"hostname": "a"}}, "'spec.hostname' 'a': the operator names each pod"),
        ({"spec": {"subdomain": "a"}}, "'spec.subdomain'"),
        ({"spec": {"node_selector": {}}}, "'spec.node_selector', which no pod has.*did you mean 'nodeSelector'"),
        ({"specs": {}}, "'specs', which no pod has.*did you mean 'spec'"),
        ({"metadata": {"name": "a"}}, "'metadata.name', but the operator makes the pods"),
        ({"spec": {"containers": [{"name": "worker", "enviroment": []}]}}, r"'spec.containers\[0\].enviroment'"),
        ({"metadata": {"labels": {"training.kubeflow.org/job-name": "a"}}}, "by which the operator finds its pods"),
        ({"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "a"}}}, "Kueue reads on the MPIJob, not on its pods"),
        ({"spec": {"volumes": [{"name": "mpi-job-config"}]}}, "has a volume 'mpi-job-config'"),
        ({"spec": {"volumes": [{"name": "x", "hostPath": {"path": "/dev/infiniband"}}]}}, "mounts /dev/infiniband"),
        (
            {"spec": {"containers": [{"name": "sidecar"}, {"name": "worker"}]}},
            "lists the container 'sidecar' before 'worker', but the operator sets up SSH in the first one",
        ),
        ({"spec": {"containers": [{"name": "worker", "command": ["x"]}]}}, r"'spec.containers\[0\].command': use the"),
        (
            {"spec": {"containers": [{"name": "worker", "env": [{"name": "K_MPI_JOB_ROLE"}]}]}},
            "sets K_MPI_JOB_ROLE, which the operator sets too",
        ),
        (
            {"spec": {"containers": [{"name": "worker", "volumeMounts": [{"name": "x", "mountPath": "/root/.ssh/"}]}]}},
            "mounts a volume at /root/.ssh, where the operator mounts its own",
        ),
    ],
)
def test_refuses_overrides_of_what_is_the_operators(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=f"'worker_overrides' .*{message}"):
        bench.job(worker_overrides=overrides)
    assert bench.manifests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hostIPC", True),
        ("setHostnameAsFQDN", False),
        ("dnsConfig", {"nameservers": ["10.0.0.2"]}),
        ("schedulingGates", [{"name": "later"}]),
        ("resources", {"limits": {"memory": "64Gi"}}),
        ("terminationGracePeriodSeconds", 60),
    ],
)
def test_knows_the_fields_of_a_pod_by_kubernetes_own_names(bench, name, value):
    bench.job(launcher_overrides={"spec": {name: value}})
    assert bench.pod("Launcher")[name] == value


def container(**fields):
    return {"spec": {"containers": [{"name": "worker", **fields}]}}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"spec": None}, "'spec' None: give a map"),
        ({"spec": []}, r"'spec' \[\]: give a map"),
        ({"metadata": {"labels": None}}, "'metadata.labels' None: give a map"),
        ({"metadata": {"labels": {"fast": True}}}, "'metadata.labels.fast' True: give a string"),
        ({"spec": {"volumes": ["a"]}}, r"'spec.volumes\[0\]' 'a': give a map"),
        ({"spec": {"containers": {"name": "worker"}}}, "'spec.containers' {'name': 'worker'}: give a list"),
        ({"spec": {"hostIPC": "yes"}}, "'spec.hostIPC' 'yes': give True or False"),
        ({"spec": {"priority": True}}, "'spec.priority' True: give a whole number"),
        (container(env={"A": "b"}), r"'spec.containers\[0\].env' {'A': 'b'}: give a list"),
        (container(volumeMounts=None), r"'spec.containers\[0\].volumeMounts' None: give a list"),
        (container(securityContext={"capabilities": None}), "securityContext.capabilities' None: give a map"),
        (container(resources={"limits": {"memory": "8 GB"}}), "limits.memory' '8 GB': give a quantity such as"),
        (container(readinessProbe={"tcpSocket": {"port": 2.5}}), "port' 2.5: give a whole number or a string"),
    ],
)
def test_refuses_values_of_the_wrong_kind_and_says_what_to_give(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=f"'worker_overrides' has .*{message}"):
        bench.job(worker_overrides=overrides)
    assert bench.manifests == []


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (container(securityContext={"privilged": True}), "securityContext.privilged', which no pod has.*'privileged'"),
        ({"spec": {"affinity": {"nodeAfinity": {}}}}, "'spec.affinity.nodeAfinity', which .*'nodeAffinity'"),
        ({"spec": {"initContainers": [{"name": "a", "comand": []}]}}, r"'spec.initContainers\[0\].comand', which"),
        (container(readinessProbe={"tcpSocket": {"prot": 1}}), "tcpSocket.prot', which .*'port'"),
        ({"spec": {"volumes": [{"name": "x", "hostpath": {}}]}}, r"'spec.volumes\[0\].hostpath', which .*'hostPath'"),
    ],
)
def test_refuses_misspelt_fields_however_deep(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=f"'worker_overrides' has .*{message}"):
        bench.job(worker_overrides=overrides)


def test_replaces_the_source_of_a_volume_by_another(bench):
    source = {"hostPath": {"path": "/mnt/shm"}}
    bench.job(worker_overrides={"spec": {"volumes": [{"name": "shared-memory", **source}]}})
    assert bench.pod("Worker")["volumes"] == [{"name": "shared-memory", **source}]


def test_changes_a_source_of_a_volume_that_stays_the_same(bench):
    bench.job(worker_overrides={"spec": {"volumes": [{"name": "shared-memory", "emptyDir": {"sizeLimit": "1Gi"}}]}})
    (volume,) = bench.pod("Worker")["volumes"]
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}


def test_replaces_the_handler_of_a_probe_and_keeps_its_period(bench):
    bench.job(worker_overrides=container(readinessProbe={"exec": {"command": ["pgrep", "sshd"]}}))
    assert bench.worker["readinessProbe"] == {"exec": {"command": ["pgrep", "sshd"]}, "periodSeconds": 2}
    check_manifests(bench.manifests)


def test_replaces_the_value_of_a_variable_by_a_source_of_it(bench):
    source = {"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    env = [{"name": "NCCL_DEBUG", **source}]
    bench.job(launcher_overrides={"spec": {"containers": [{"name": "launcher", "env": env}]}})
    variables = {variable.pop("name"): variable for variable in bench.launcher["env"]}
    assert variables["NCCL_DEBUG"] == source
    assert variables["FI_PROVIDER"] == {"value": "efa"}


def test_refuses_overrides_that_exclude_each_other(bench):
    both = {"name": "x", "emptyDir": {}, "hostPath": {"path": "/x"}}
    with pytest.raises(InvalidArgumentError, match=r"'emptyDir' and 'hostPath' in 'spec.volumes\[0\]', of which"):
        bench.job(worker_overrides={"spec": {"volumes": [both]}})


def test_asks_for_what_it_limits_where_kubernetes_does_not_overcommit(bench):
    bench.job(worker_overrides=container(resources={"limits": {"hugepages-2Mi": "4Gi", "vpc.amazonaws.com/efa": 2}}))
    resources = bench.worker["resources"]
    assert resources["limits"]["hugepages-2Mi"] == resources["requests"]["hugepages-2Mi"] == "4Gi"
    assert resources["limits"]["vpc.amazonaws.com/efa"] == resources["requests"]["vpc.amazonaws.com/efa"] == 2


def test_takes_a_path_with_a_slash_at_its_end_for_the_same(bench):
    bench.job(
        worker_overrides={
            "spec": {
                "containers": [{"name": "worker", "volumeMounts": [{"name": "mine", "mountPath": "/dev/shm/"}]}],
                "volumes": [{"name": "mine", "emptyDir": {"medium": "Memory"}}],
            }
        }
    )
    assert bench.worker["volumeMounts"] == [{"name": "mine", "mountPath": "/dev/shm/"}]
