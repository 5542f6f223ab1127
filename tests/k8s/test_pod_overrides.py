"""Overrides: further fields of the pods of an MPI job, and what of them is refused."""

from __future__ import annotations

import re

import pytest
from cdk8s import Size
from cdk8s_plus_27 import k8s

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import GangScheduling, Launcher, LauncherPlacement, MpiImplementation, WorkerResources

from .schemas import check_manifests


def test_puts_overrides_on_what_it_wrote(bench):
    bench.job(
        worker_overrides={
            "spec": {
                "priorityClassName": "high",
                "containers": [
                    {"name": "worker", "volumeMounts": [{"name": "x", "mountPath": "/x"}]},
                    {"name": "log", "image": "log:1"},
                ],
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
        (
            {"spec": {"restartPolicy": "Never"}},
            r"'spec.restartPolicy' 'Never': the operator overrides it.*\(EFA-JOB-031\)",
        ),
        ({"spec": {"hostname": "a"}}, "'spec.hostname' 'a': the operator names each pod"),
        ({"spec": {"subdomain": "a"}}, "'spec.subdomain'"),
        ({"spec": {"node_selector": {}}}, "'spec.node_selector', which no pod has.*did you mean 'nodeSelector'"),
        ({"specs": {}}, "'specs', which no pod has.*did you mean 'spec'"),
        ({"metadata": {"name": "a"}}, "'metadata.name', but the operator makes the pods"),
        ({"spec": {"containers": [{"name": "worker", "enviroment": []}]}}, r"'spec.containers\[0\].enviroment'"),
        ({"metadata": {"labels": {"training.kubeflow.org/job-name": "a"}}}, "by which the operator finds its pods"),
        ({"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "a"}}}, "Kueue reads on the MPIJob, not on its pods"),
        ({"spec": {"volumes": [{"name": "mpi-job-config"}]}}, r"has a volume 'mpi-job-config'.*\(EFA-JOB-030\)"),
        ({"spec": {"volumes": [{"name": "x", "hostPath": {"path": "/dev/infiniband"}}]}}, "mounts /dev/infiniband"),
        (
            {"spec": {"containers": [{"name": "sidecar"}, {"name": "worker"}]}},
            "lists the container 'sidecar' before 'worker', but the operator sets up SSH in the first only",
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
        ({"metadata": {"labels": {"fast": True}}}, "'metadata.labels.fast' True: give a string"),
        ({"spec": {"volumes": ["a"]}}, r"'spec.volumes\[0\]' 'a': give a map"),
        ({"spec": {"containers": {"name": "worker"}}}, "'spec.containers' {'name': 'worker'}: give a list"),
        ({"spec": {"hostIPC": "yes"}}, "'spec.hostIPC' 'yes': give True or False"),
        ({"spec": {"priority": True}}, "'spec.priority' True: give a whole number"),
        (container(env={"A": "b"}), r"'spec.containers\[0\].env' {'A': 'b'}: give a list"),
        (container(volumeMounts=[None]), r"'spec.containers\[0\].volumeMounts\[0\]' None: give a map"),
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


def limits(values):
    return container(resources={"limits": values})


def sidecar(**fields):
    return {"name": "log", "image": "registry.example.com/log:1", **fields}


def asking(**requests):
    return {"resources": {"requests": requests}}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (limits({"nvidia.com/gpu": 16}), "ask for 16 of 'nvidia.com/gpu', .*a p4d.24xlarge has at most 8"),
        (limits({"vpc.amazonaws.com/efa": "5"}), "ask for 5 of 'vpc.amazonaws.com/efa', .* has at most 4"),
        (limits({"aws.amazon.com/neuron": 1}), "ask for 1 of 'aws.amazon.com/neuron', .* has at most 0"),
        (limits({"hugepages-1Gi": "1Gi"}), "ask for 1024 MiB of 'hugepages-1Gi', .* has at most 0 MiB"),
        (limits({"hugepages-2Mi": "30Gi"}), "ask for 30720 MiB of 'hugepages-2Mi', .* has at most 21122 MiB"),
        ({"spec": {"containers": [sidecar(**asking(memory="500Gi"))]}}, "MiB of 'memory', all containers together"),
        ({"spec": {"containers": [sidecar(**asking(cpu="90"))]}}, "ask for 184.69 of 'cpu', all containers together"),
        ({"spec": {"containers": [sidecar(resources={"limits": {"nvidia.com/gpu": 1}})]}}, "ask for 9 of 'nvidia.com"),
        (
            {"spec": {"initContainers": [sidecar(restartPolicy="Always", **asking(cpu="3000m"))]}},
            "ask for 97.69 of 'cpu'",
        ),
        ({"spec": {"initContainers": [sidecar(**asking(memory="2T"))]}}, "of 'memory', all containers together"),
        ({"spec": {"resources": {"requests": {"cpu": "200"}}}}, "ask for 201 of 'cpu'"),
    ],
)
def test_refuses_workers_that_fit_no_node_with_their_overrides(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=f"MPIJob 'train': a worker and the launcher beside it .*{message}"):
        bench.job(worker_overrides=overrides)
    assert bench.manifests == []


@pytest.mark.parametrize(
    "overrides",
    [
        limits({"nvidia.com/gpu": 4, "memory": "64Gi"}),
        {"spec": {"containers": [sidecar(**asking(memory="1Gi", cpu="100m"))]}},
        {"spec": {"initContainers": [sidecar(**asking(cpu="90", memory="500Gi"))]}},
        limits({"example.com/license": 3}),
    ],
    ids=["fewer", "a small sidecar", "before the worker, not beside it", "what nothing is known of"],
)
def test_accepts_workers_that_fit_their_node_with_their_overrides(bench, overrides):
    bench.job(worker_overrides=overrides, resources=WorkerResources(memory=Size.gibibytes(64)))


def test_refuses_gpus_on_nodes_without_one(bench):
    with pytest.raises(InvalidArgumentError, match=r"ask for 8 of 'nvidia.com/gpu', .* a hpc7a.96xlarge has at most 0"):
        bench.job(instance_type="hpc7a.96xlarge", worker_overrides=limits({"nvidia.com/gpu": 8}))


MEMORY = {"memory": "2000Gi"}
BIG_LAUNCHER = {"spec": {"containers": [{"name": "launcher", "resources": {"limits": MEMORY, "requests": MEMORY}}]}}


def test_refuses_a_launcher_that_leaves_no_room_for_the_worker_beside_it(bench):
    with pytest.raises(InvalidArgumentError, match=r"a worker and the launcher beside it ask for .* of 'memory'"):
        bench.job(launcher_overrides=BIG_LAUNCHER)


def test_knows_nothing_of_the_node_of_a_launcher_elsewhere(bench):
    bench.job(launcher_overrides=BIG_LAUNCHER, launcher=Launcher(placement=LauncherPlacement.OTHER_NODE))


@pytest.mark.parametrize(
    ("requirements", "message"),
    [
        ({"requests": {"hugepages-2Mi": "2Gi"}}, "'worker' of the worker requests 2Gi of hugepages-2Mi and is limited"),
        ({"requests": {"example.com/license": 1}}, "requests 1 of example.com/license and is limited to None"),
        ({"limits": {"memory": "8Gi"}}, "more than its limit of 8Gi: lower it, or raise the limit"),
    ],
)
def test_refuses_requests_that_do_not_go_with_the_limits(bench, requirements, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(worker_overrides=container(resources=requirements))


@pytest.mark.parametrize(
    ("field", "image", "message"),
    [
        ("containers", "fluent:latest", "'log' of the {role} is not pinned: .*'latest', which moves"),
        ("initContainers", "fluent", "'log' of the {role} is not pinned: .*has no tag"),
    ],
)
@pytest.mark.parametrize("role", ["worker", "launcher"])
def test_refuses_further_containers_whose_image_is_not_pinned(bench, field, image, message, role):
    with pytest.raises(InvalidArgumentError, match=message.format(role=role)):
        bench.job(**{f"{role}_overrides": {"spec": {field: [{"name": "log", "image": image}]}}})


def test_refuses_a_further_container_without_an_image(bench):
    with pytest.raises(
        InvalidArgumentError, match=r"the worker has a container 'log' that has no image: give it one \(EFA-K8S-008\)$"
    ):
        bench.job(worker_overrides={"spec": {"containers": [{"name": "log"}]}})


def test_refuses_workers_that_may_not_lock_memory(bench):
    with pytest.raises(InvalidArgumentError, match="'worker' drops IPC_LOCK, but libfabric registers memory"):
        bench.job(worker_overrides=container(securityContext={"capabilities": {"drop": ["IPC_LOCK"]}}))


@pytest.mark.parametrize(
    "context", [{"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}}, {"runAsNonRoot": False}]
)
def test_keeps_the_right_to_lock_memory_whatever_else_is_set(bench, context):
    bench.job(worker_overrides=container(securityContext=context))
    assert "IPC_LOCK" in bench.worker["securityContext"]["capabilities"]["add"]


LABEL = "node.kubernetes.io/instance-type"


@pytest.mark.parametrize(
    "arguments",
    [
        {"node_selector": {LABEL: "p5.48xlarge"}},
        {"worker_overrides": {"spec": {"nodeSelector": {LABEL: "p5.48xlarge"}}}},
        {"worker_overrides": {"spec": {"nodeSelector": {"beta.kubernetes.io/instance-type": "p5.48xlarge"}}}},
        {"launcher_overrides": {"spec": {"nodeSelector": {LABEL: "p5.48xlarge"}}}},
    ],
)
def test_refuses_a_node_selector_for_another_type(bench, arguments):
    with pytest.raises(InvalidArgumentError, match=r"instance-type=p5.48xlarge, but the job is for p4d.24xlarge"):
        bench.job(**arguments)


def test_lets_a_launcher_elsewhere_have_a_type_of_its_own(bench):
    elsewhere = Launcher(placement=LauncherPlacement.OTHER_NODE)
    bench.job(launcher=elsewhere, launcher_overrides={"spec": {"nodeSelector": {LABEL: "m7i.large"}}})
    assert bench.pod("Launcher")["nodeSelector"] == {LABEL: "m7i.large"}


def test_warns_of_workers_whose_sshd_would_meet_that_of_the_node(bench):
    bench.job(worker_overrides={"spec": {"hostNetwork": True}}, launcher_overrides={"spec": {"hostNetwork": True}})
    (warning,) = bench.warnings
    assert "sshd of the node has port 22 already" in warning
    assert "(EFA-JOB-021)" in warning
    assert "[ack: efa-constructs:host-network]" in warning


def test_does_not_warn_of_a_launcher_on_the_hosts_network(bench):
    bench.job(
        worker_overrides={"spec": {"hostNetwork": False}},
        launcher_overrides={"spec": {"hostNetwork": True, "schedulerName": "mine"}},
    )
    assert bench.warnings == []


@pytest.mark.parametrize("role", ["worker", "launcher"])
def test_refuses_a_scheduler_beside_that_of_the_gang(bench, role):
    overrides = {f"{role}_overrides": {"spec": {"schedulerName": "mine"}}}
    with pytest.raises(
        InvalidArgumentError, match=f"'{role}_overrides' has 'spec.schedulerName' 'mine', but with 'gang"
    ):
        bench.job(gang_scheduling=GangScheduling(), **overrides)


@pytest.mark.parametrize("role", ["worker", "launcher"])
def test_warns_of_a_harmful_variable_in_overrides(bench, role):
    harmful = [{"name": role, "env": [{"name": "RDMAV_FORK_SAFE", "value": "1"}]}]
    bench.job(**{f"{role}_overrides": {"spec": {"containers": harmful}}})
    (warning,) = bench.warnings
    assert "RDMAV_FORK_SAFE=1" in warning


def node_affinity(*terms):
    selector = {"nodeSelectorTerms": [{"matchExpressions": list(term)} for term in terms]}
    return {"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": selector}}}}


def rule(key, operator, *values):
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    "overrides",
    [
        {"spec": {"nodeSelector": {"karpenter.sh/nodepool": "gpu"}}},
        node_affinity([rule("karpenter.sh/nodepool", "In", "gpu")]),
        node_affinity([rule("karpenter.sh/nodepool", "Exists"), rule("team", "In", "vision")]),
        node_affinity([rule("karpenter.sh/nodepool", "In", "a")], [rule("karpenter.sh/nodepool", "In", "b")]),
        node_affinity([rule("eks.amazonaws.com/compute-type", "In", "auto")]),
    ],
)
def test_warns_of_nodes_of_karpenter_and_of_hugepages_there(bench, overrides):
    bench.job(worker_overrides=overrides)
    (warning,) = bench.warnings
    assert "Karpenter or EKS Auto Mode makes, and no EfaNodeGroup" in warning
    assert "Karpenter does not know which types have hugepages" in warning


@pytest.mark.parametrize(
    "overrides",
    [
        node_affinity([rule("karpenter.sh/nodepool", "DoesNotExist")]),
        node_affinity([rule("karpenter.sh/nodepool", "NotIn", "cpu")]),
        node_affinity([rule("eks.amazonaws.com/compute-type", "NotIn", "auto")]),
        # One of the terms will do.
        node_affinity([rule("karpenter.sh/nodepool", "Exists")], [rule("team", "In", "vision")]),
        {"spec": {"nodeSelector": {"team": "vision"}}},
    ],
)
def test_warns_of_no_affinity_that_nodes_of_a_node_group_meet(bench, overrides):
    bench.job(worker_overrides=overrides)
    assert bench.warnings == []


@pytest.mark.parametrize("role", ["worker", "launcher"])
@pytest.mark.parametrize(
    "terms",
    [
        [[rule(LABEL, "In", "p5.48xlarge")]],
        [[rule(LABEL, "NotIn", "p4d.24xlarge")]],
        [[rule(LABEL, "DoesNotExist")]],
        [[rule("beta.kubernetes.io/instance-type", "In", "p5.48xlarge", "p5e.48xlarge")]],
        [[rule(LABEL, "In", "p5.48xlarge")], [rule("team", "In", "vision"), rule(LABEL, "In", "p5e.48xlarge")]],
        [[rule(LABEL, "In", "p5.48xlarge")], [rule("beta.kubernetes.io/instance-type", "In", "p5.48xlarge")]],
    ],
)
def test_refuses_required_node_affinity_for_another_type(bench, role, terms):
    with pytest.raises(InvalidArgumentError, match=r"affinity has .*instance-type, and takes no p4d.24xlarge, which"):
        bench.job(**{f"{role}_overrides": node_affinity(*terms)})
    assert bench.manifests == []


@pytest.mark.parametrize(
    "terms",
    [
        [[rule(LABEL, "In", "p5.48xlarge", "p4d.24xlarge")]],
        [[rule(LABEL, "NotIn", "p5.48xlarge")]],
        [[rule(LABEL, "Exists")]],
        [[rule(LABEL, "In", "p5.48xlarge")], [rule("team", "In", "vision")]],
    ],
)
def test_takes_required_node_affinity_that_the_type_meets(bench, terms):
    bench.job(worker_overrides=node_affinity(*terms))
    check_manifests(bench.manifests)


def test_lets_a_launcher_elsewhere_prefer_and_need_what_it_likes(bench):
    preferred = [{"weight": 1, "preference": {"matchExpressions": [rule(LABEL, "In", "m7i.large")]}}]
    bench.job(
        launcher=Launcher(placement=LauncherPlacement.OTHER_NODE),
        launcher_overrides={
            "spec": {
                "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}},
                "nodeSelector": {"karpenter.sh/nodepool": "cpu"},
            }
        },
    )
    assert bench.warnings == []


def labelled(**metadata):
    return {"metadata": metadata}


@pytest.mark.parametrize("role", ["worker", "launcher"])
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (labelled(labels={"team": "a b"}), "metadata.labels' has team='a b': the value of a label"),
        (labelled(labels={"a b": "c"}), "metadata.labels' has the key 'a b'"),
        (labelled(annotations={"a b": "any text"}), "metadata.annotations' has the key 'a b'"),
        ({"spec": {"nodeSelector": {"a b": "c"}}}, "spec.nodeSelector' has the key 'a b'"),
        ({"spec": {"volumes": [{"name": "My_Vol"}]}}, r"spec.volumes\[0\].name' is 'My_Vol': a name is at most 63"),
        ({"spec": {"priorityClassName": "High"}}, "spec.priorityClassName' is 'High': a name is"),
        ({"spec": {"containers": [sidecar() | {"name": "Log"}]}}, r"spec.containers\[0\].name' is 'Log'"),
        ({"spec": {"initContainers": [sidecar() | {"name": "a.b"}]}}, r"spec.initContainers\[0\].name' is 'a.b'"),
        (
            {"spec": {"containers": [sidecar(ports=[{"containerPort": 8080, "name": "a-much-too-long-name"}])]}},
            r"spec.containers\[0\].ports\[0\]' has the name 'a-much-too-long-name': the name of a port is at most 15",
        ),
        (
            {"spec": {"containers": [sidecar(ports=[{"containerPort": 70000}])]}},
            r"spec.containers\[0\].ports\[0\]' has the port 70000: a port is at least 1 and at most 65535",
        ),
        (
            {"spec": {"containers": [sidecar(env=[{"name": "1 A"}])]}},
            r"spec.containers\[0\].env' has the variable '1 A'",
        ),
        ({"spec": {"tolerations": [{"operator": "Exist"}]}}, r"spec.tolerations\[0\]' has the operator 'Exist'"),
    ],
)
def test_refuses_names_that_the_api_server_would_refuse(bench, role, overrides, message):
    with pytest.raises(InvalidArgumentError, match=f"'{role}_overrides.{message}"):
        bench.job(**{f"{role}_overrides": overrides})
    assert bench.manifests == []


def test_takes_names_that_the_api_server_takes(bench):
    bench.job(
        worker_overrides={
            "metadata": {"labels": {"example.com/Team": "Vision_1", "empty": ""}, "annotations": {"note": "any text"}},
            "spec": {
                "containers": [
                    sidecar(ports=[{"containerPort": 9100, "name": "metrics-1"}], env=[{"name": "lower.case-2"}])
                ],
                "priorityClassName": "high.team-a",
                "tolerations": [{"key": "example.com/team", "effect": "NoSchedule"}],
                "volumes": [{"name": "data-1", "emptyDir": {}}],
            },
        }
    )
    check_manifests(bench.manifests)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"initContainers": [sidecar() | {"name": "worker"}]}, "the worker has two containers of the name 'worker'"),
        ({"containers": [sidecar(), sidecar()]}, "the worker has two containers of the name 'log': give each"),
        ({"volumes": [{"name": "x"}, {"name": "x"}]}, "the worker has two volumes of the name 'x'"),
    ],
)
def test_refuses_two_of_one_name(bench, spec, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(worker_overrides={"spec": spec})


OTHER_HOSTFILE = [{"name": "PRTE_MCA_prte_default_hostfile", "value": "/data/hosts"}]


@pytest.mark.parametrize("role", ["worker", "launcher"])
@pytest.mark.parametrize(
    "variable", [OTHER_HOSTFILE[0], {"name": "PRTE_MCA_prte_default_hostfile", "value": None}], ids=["other", "none"]
)
def test_refuses_to_change_how_open_mpi_5_finds_the_workers(bench, role, variable):
    overrides = {"spec": {"containers": [{"name": role, "env": [variable]}]}}
    message = f"'{role}_overrides' (sets|removes) .*"
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(mpi_implementation=MpiImplementation.OPEN_MPI_5, **{f"{role}_overrides": overrides})
    assert bench.manifests == []


@pytest.mark.parametrize(
    ("implementation", "variable"),
    [
        (MpiImplementation.OPEN_MPI, OTHER_HOSTFILE[0]),
        (
            MpiImplementation.OPEN_MPI_5,
            {"name": "PRTE_MCA_prte_default_hostfile", "value": "/etc/mpi/hostfile"},
        ),
        (MpiImplementation.OPEN_MPI_5, {"name": "PRTE_MCA_prte_set_max_slots", "value": "8"}),
    ],
    ids=["which Open MPI 4 ignores", "the same", "another"],
)
def test_takes_variables_of_open_mpi_5_that_do_not_change_it(bench, implementation, variable):
    bench.job(
        mpi_implementation=implementation,
        launcher_overrides={"spec": {"containers": [{"name": "launcher", "env": [variable]}]}},
    )
    assert variable in bench.launcher["env"]


def test_removes_what_is_none_as_a_json_merge_patch_does(bench):
    limits = {"aws.amazon.com/neuron": None, "aws.amazon.com/neuroncore": 32}
    bench.job(
        instance_type="trn1.32xlarge",
        pod_labels={"team": "a", "tier": "b"},
        worker_overrides={
            "metadata": {"labels": {"tier": None}},
            "spec": {
                "automountServiceAccountToken": None,
                "containers": [{"name": "worker", "resources": {"limits": limits}, "readinessProbe": None}],
                "volumes": [{"name": "shared-memory", "emptyDir": None, "hostPath": {"path": "/mnt/shm"}}],
            },
        },
    )
    resources = bench.worker["resources"]
    assert "aws.amazon.com/neuron" not in resources["limits"] | resources["requests"]
    assert resources["limits"]["aws.amazon.com/neuroncore"] == resources["requests"]["aws.amazon.com/neuroncore"] == 32
    assert "readinessProbe" not in bench.worker
    assert "automountServiceAccountToken" not in bench.pod("Worker")
    assert bench.pod("Worker")["volumes"] == [{"name": "shared-memory", "hostPath": {"path": "/mnt/shm"}}]
    assert bench.spec["mpiReplicaSpecs"]["Worker"]["template"]["metadata"]["labels"] == {"team": "a"}
    check_manifests(bench.manifests)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"metadata": {"labels": None}},
            "'worker_overrides' removes 'metadata.labels', where there is nothing to remove",
        ),
        ({"spec": {"priorityClassName": None}}, "removes 'spec.priorityClassName', where there is nothing to remove"),
        ({"spec": {"containers": None}}, "removes 'spec.containers', which Kubernetes requires: leave it out"),
        (
            {"spec": {"containers": [sidecar(args=None)]}},
            r"removes 'spec.containers\[0\].args', where there is nothing",
        ),
        (
            container(env=[{"name": "A", "value": None}]),
            r"removes 'spec.containers\[0\].env\[0\].value', where there",
        ),
        ({"spec": {"tolerations": [{"key": "a", "effect": None}]}}, r"removes 'spec.tolerations\[0\].effect', where"),
        (container(resources={"limits": {"nvidia.com/mig": None}}), "limits.nvidia.com/mig', where there is nothing"),
        (container(image=None), r"'worker_overrides' has 'spec.containers\[0\].image': use the job's own"),
        ({"spec": {"imagePulPolicy": None}}, "'spec.imagePulPolicy', which no pod has"),
        (container(securityContext={"capabilities": None}), "'worker' has no IPC_LOCK, but libfabric registers memory"),
    ],
)
def test_refuses_to_remove_what_is_not_there_or_must_stay(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(worker_overrides=overrides)
    assert bench.manifests == []


def test_refuses_to_remove_the_variables_that_mpirun_hands_on(bench):
    with pytest.raises(InvalidArgumentError, match=r"removes 'spec.containers\[0\].env': set 'base_environment' and"):
        bench.job(launcher_overrides={"spec": {"containers": [{"name": "launcher", "env": None}]}})
    assert bench.manifests == []


@pytest.mark.parametrize("context", [{"capabilities": {"add": ["ALL"]}}, {"privileged": True, "capabilities": None}])
def test_takes_any_way_to_let_workers_lock_memory(bench, context):
    bench.job(worker_overrides=container(securityContext=context))
    check_manifests(bench.manifests)


@pytest.mark.parametrize(
    ("context", "may"),
    [
        # Kubernetes refuses such containers where they may not.
        ({"privileged": True}, True),
        ({"capabilities": {"add": ["CAP_SYS_ADMIN", "IPC_LOCK"]}}, True),
        ({"allowPrivilegeEscalation": True}, True),
        ({"privileged": False}, False),
        ({"runAsGroup": 0}, False),
    ],
)
def test_lets_a_privileged_worker_gain_privileges_and_no_other(bench, context, may):
    bench.job(worker_overrides=container(securityContext=context))
    assert bench.worker["securityContext"]["allowPrivilegeEscalation"] is may


TEAM = k8s.Taint(key="team", value="vision", effect="NoSchedule")


def test_counts_tolerations_of_overrides(bench):
    tolerations = {"spec": {"tolerations": [{"key": "team", "operator": "Exists"}]}}
    bench.job(node_taints=[TEAM], worker_overrides=tolerations, launcher_overrides=tolerations)
    assert bench.pod("Worker")["tolerations"][-1] == {"key": "team", "operator": "Exists"}


@pytest.mark.parametrize("role", ["worker", "launcher"])
def test_refuses_to_remove_tolerations_that_the_nodes_ask_for(bench, role):
    with pytest.raises(
        InvalidArgumentError, match="the nodes have the taint team=vision:NoSchedule, which the pods do"
    ):
        bench.job(
            node_taints=[TEAM],
            tolerations=[k8s.Toleration(key="team", operator="Exists")],
            **{f"{role}_overrides": {"spec": {"tolerations": None}}},
        )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hugepages-2Mi": "3Mi"}, "'worker' of the worker is limited to 3Mi of hugepages-2Mi, but pages are whole"),
        ({"vpc.amazonaws.com/efa": "500m"}, "is limited to 500m of vpc.amazonaws.com/efa, but devices are whole"),
    ],
)
def test_refuses_parts_of_pages_and_devices(bench, values, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(worker_overrides=limits(values))


def test_refuses_hugepages_without_memory_and_cpu(bench):
    nothing = {"limits": {"memory": None}, "requests": {"memory": None, "cpu": None}}
    with pytest.raises(InvalidArgumentError, match="asks for hugepages, which Kubernetes gives only beside"):
        bench.job(worker_overrides=container(resources=nothing))
    nothing["limits"] |= {"hugepages-2Mi": None}
    bench.job(worker_overrides=container(resources=nothing))


HUGE = {"memory": "1085000Mi"}


@pytest.mark.parametrize(
    ("overrides", "warning"),
    [
        (
            {"worker_overrides": container(resources={"limits": HUGE, "requests": HUGE})},
            "a worker and the launcher beside it ask for .* of 'memory', and only .* are sure to be free on a p4d",
        ),
        (
            {"worker_overrides": {"spec": {"containers": [sidecar(**asking(cpu="1"))]}}},
            "ask for 95.69 of 'cpu', and only",
        ),
        (
            {"launcher_overrides": {"spec": {"containers": [{"name": "launcher", **asking(cpu="1500m")}]}}},
            "ask for 95.19 of 'cpu', and only 94.69 are sure",
        ),
        ({"worker_overrides": limits({"nvidia.com/gpu": 4})}, "ask for 4 of the 8 'nvidia.com/gpu'"),
        ({"worker_overrides": limits({"nvidia.com/gpu": 4})}, "'processes_per_node' is 8, but a worker has 4 accel"),
    ],
)
def test_warns_of_tight_resources_by_what_the_pods_finally_ask_for(bench, overrides, warning):
    bench.job(**overrides)
    assert any(re.search(warning, given) for given in bench.warnings), bench.warnings


def test_warns_of_no_tight_resources_that_overrides_make_room_for(bench):
    bench.job(
        resources=WorkerResources(memory=Size.gibibytes(1050), cpu=94.5, efa_interfaces=1),
        worker_overrides=container(
            resources={
                "limits": {"memory": "64Gi", "vpc.amazonaws.com/efa": 4},
                **asking(memory="64Gi", cpu="90")["resources"],
            }
        ),
    )
    assert bench.warnings == []


def test_refuses_two_volumes_at_one_path(bench):
    mounts = [{"name": "x", "mountPath": "/data"}, {"name": "y", "mountPath": "//data"}]
    with pytest.raises(
        InvalidArgumentError,
        match="the worker has a container 'worker' that mounts two volumes at /data: leave one out",
    ):
        bench.job(worker_overrides=container(volumeMounts=mounts))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"containers": [{"name": "worker", "volumeMounts": [{"name": "x"}]}]},
            r"'spec.containers\[0\].volumeMounts\[0\]' without 'mountPath'",
        ),
        ({"containers": [{"name": "worker", "env": [{"value": "x"}]}]}, r"env\[0\]' without 'name'"),
        ({"containers": [{"image": "a:1"}]}, r"'spec.containers\[0\]' without 'name', which Kubernetes requires"),
        ({"volumes": [{"emptyDir": {}}]}, r"'spec.volumes\[0\]' without 'name'"),
    ],
)
def test_refuses_entries_without_what_kubernetes_tells_them_apart_by(bench, spec, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(worker_overrides={"spec": spec})


def test_refuses_affinity_that_would_let_the_launcher_onto_efa_nodes(bench):
    terms = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    with pytest.raises(InvalidArgumentError, match="'launcher_overrides' has required node affinity"):
        bench.job(
            launcher=Launcher(placement=LauncherPlacement.OTHER_NODE),
            launcher_overrides={"spec": {"affinity": affinity}},
        )
    bench.job(launcher_overrides={"spec": {"affinity": affinity}})


def test_takes_a_fraction_of_a_cpu_as_kubernetes_does(bench):
    sidecar = {"name": "log", "image": "log:1", "resources": {"requests": {"cpu": 0.5, "memory": "64Mi"}}}
    bench.job(worker_overrides={"spec": {"containers": [sidecar]}})
    assert bench.pod("Worker")["containers"][1]["resources"]["requests"]["cpu"] == 0.5


def test_refuses_a_mount_of_a_volume_that_the_pod_does_not_have(bench):
    mount = {"name": "nope", "mountPath": "/x"}
    with pytest.raises(InvalidArgumentError, match="mounts the volume 'nope', which the pod does not have"):
        bench.job(worker_overrides={"spec": {"containers": [{"name": "worker", "volumeMounts": [mount]}]}})
