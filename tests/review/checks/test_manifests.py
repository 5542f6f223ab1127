"""Each mistake in a manifest is found by its rule, and by no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from efa_constructs.rules import RULES, Severity

from ..cases.interfaces import layout
from ..manifests import Manifests, broken_rules_of_manifests, review_of_manifests

FOLDER = "/var/lib/kubelet/device-plugins"
OPERATOR = "kubeflow.org/mpi-operator"
OWN_NAMESPACE = {"fieldRef": {"fieldPath": "metadata.namespace"}}
RBAC = "rbac.authorization.k8s.io"
TAINT = {"Key": "team", "Value": "vision", "Effect": "NO_SCHEDULE"}
QUEUE = "kueue.x-k8s.io/queue-name"
TOPOLOGY = "kueue.x-k8s.io/podset-required-topology"
EFA = "vpc.amazonaws.com/efa"
HUGE_PAGES = "hugepages-2Mi"
DIGEST = f"sha256:{'0123' * 16}"


def taint(*tolerated: str) -> Callable[[Manifests], None]:
    """Taint the nodes, and let some tolerate it."""

    def change(manifests: Manifests) -> None:
        manifests.group["Taints"] = [TAINT]
        pods = {
            "efa": manifests.efa_plugin["spec"]["template"]["spec"],
            "nvidia": manifests.find("DaemonSet", "nvidia")["spec"]["template"]["spec"],
            "worker": manifests.pod("Worker"),
            "launcher": manifests.pod("Launcher"),
            "operator": manifests.find("Deployment", "mpi-operator")["spec"]["template"]["spec"],
        }
        for name in tolerated:
            pods[name].setdefault("tolerations", []).append({"key": "team", "operator": "Exists"})

    return change


def select(key: str, *values: str) -> Callable[[Manifests], None]:
    """Let the EFA plugin select nodes by something else."""

    def change(manifests: Manifests) -> None:
        term = {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}
        manifests.efa_plugin["spec"]["template"]["spec"]["affinity"] = {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        }

    return change


def ask(**amounts: Any) -> Callable[[Manifests], None]:
    """Let the workers ask for something else. None: for nothing of it."""

    def change(manifests: Manifests) -> None:
        for kind in ("limits", "requests"):
            resources = manifests.worker["resources"][kind]
            for name, amount in amounts.items():
                resources[_NAMES[name]] = amount
                if amount is None:
                    del resources[_NAMES[name]]

    return change


_NAMES = {"efa": EFA, "gpu": "nvidia.com/gpu", "huge_pages": HUGE_PAGES, "memory": "memory"}


def command(*replaced: str) -> Callable[[Manifests], None]:
    old, new = replaced

    def change(manifests: Manifests) -> None:
        launcher = manifests.pod("Launcher")["containers"][0]
        launcher["command"] = [new if word == old else word for word in launcher["command"]]

    return change


def workers(count: int) -> Callable[[Manifests], None]:
    def change(manifests: Manifests) -> None:
        manifests.job["spec"]["mpiReplicaSpecs"]["Worker"]["replicas"] = count
        command("16", str(8 * count))(manifests)

    return change


def run(manifests: Manifests, name: str, image: str = "registry.example.com/one:1.0", **container: Any) -> None:
    """Run something else on the cluster."""
    pod = {"containers": [{"name": "one", "image": image, **container}]}
    one = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "kube-system"}}
    manifests.objects.append({**one, "spec": {"template": {"spec": pod}}})


def gangs(manifests: Manifests) -> None:
    manifests.job["spec"]["launcherCreationPolicy"] = "WaitForWorkersReady"
    operator = manifests.find("Deployment", "mpi-operator")["spec"]["template"]["spec"]["containers"][0]
    operator.setdefault("args", []).append("--gang-scheduling=volcano")
    run(manifests, "volcano-scheduler")


def volume(manifests: Manifests, role: str, name: str, path: str) -> None:
    """Mount an empty volume into the first container of a pod."""
    pod = manifests.pod(role)
    pod.setdefault("volumes", []).append({"name": name, "emptyDir": {}})
    pod["containers"][0].setdefault("volumeMounts", []).append({"name": name, "mountPath": path})


def gangs_of(least: object) -> Callable[[Manifests], None]:
    """Schedule gangs, of so many pods."""

    def change(manifests: Manifests) -> None:
        gangs(manifests)
        manifests.job["spec"].update(launcherCreationPolicy="AtStartup")
        manifests.job["spec"]["runPolicy"]["schedulingPolicy"] = {"minAvailable": least}

    return change


def own_scheduler(name: str) -> Callable[[Manifests], None]:
    def change(manifests: Manifests) -> None:
        gangs_of(3)(manifests)
        manifests.pod("Worker")["schedulerName"] = name

    return change


def queued_gangs(manifests: Manifests) -> None:
    gangs_of(3)(manifests)
    manifests.job["metadata"]["labels"] = {QUEUE: "gpu"}


def without_right(resource: str) -> Callable[[Manifests], None]:
    def change(manifests: Manifests) -> None:
        for rule in manifests.find("ClusterRole", "mpi-operator")["rules"]:
            rule["resources"] = [each for each in rule["resources"] if each != resource]

    return change


def without_verb(resource: str, verb: str) -> Callable[[Manifests], None]:
    """Take one verb on a resource from the operator."""

    def change(manifests: Manifests) -> None:
        rules = manifests.find("ClusterRole", "mpi-operator")["rules"]
        for rule in [each for each in rules if resource in each["resources"]]:
            rule["resources"].remove(resource)
            verbs = [each for each in rule["verbs"] if each != verb]
            rules.append({**rule, "resources": [resource], "verbs": verbs})

    return change


def set_in(*path: Any) -> Callable[[Manifests], None]:
    """Set a field of the job's specification, the last of ``path`` being its value."""
    *names, last, value = path

    def change(manifests: Manifests) -> None:
        part = manifests.job["spec"]
        for name in names:
            part = part[name]
        part[last] = value

    return change


def mpirun_with(*words: str, **environment: str) -> Callable[[Manifests], None]:
    """Let the launcher's mpirun have further options, and the launcher other variables."""

    def change(manifests: Manifests) -> None:
        launcher = manifests.pod("Launcher")["containers"][0]
        launcher["command"][1:1] = words
        launcher["env"] = [{"name": name, "value": value} for name, value in environment.items()]

    return change


def script(manifests: Manifests, text: str) -> None:
    manifests.pod("Launcher")["containers"][0]["command"] = ["bash", "-c", text]


def mount(manifests: Manifests, path: str) -> None:
    """Mount something of the node into the workers."""
    manifests.pod("Worker")["volumes"].append({"name": "node", "hostPath": {"path": path}})
    manifests.worker["volumeMounts"].append({"name": "node", "mountPath": "/node"})


def nvidia(manifests: Manifests, version: str, **environment: str) -> None:
    container = manifests.find("DaemonSet", "nvidia")["spec"]["template"]["spec"]["containers"][0]
    container["image"] = f"nvcr.io/nvidia/k8s-device-plugin:{version}"
    container["env"] = [{"name": name, "value": value} for name, value in environment.items()]


def queue(manifests: Manifests, one: dict[str, Any], field: str, name: str) -> None:
    """Give the job, or the template of its pods, a label or an annotation of Kueue's."""
    one.setdefault("metadata", {}).setdefault(field, {})[name] = "training"


def hand_over(manifests: Manifests, ranks: str) -> None:
    """Let a shell find the program that its arguments are for."""
    find = 'exec "$(readlink -f "$(command -v mpirun)")" "$@"'
    command = ["sh", "-c", find, "mpirun", "-np", ranks, "-x", "PATH", "all_reduce_perf", "-n", "100"]
    manifests.pod("Launcher")["containers"][0]["command"] = command


def claim(manifests: Manifests, device_class: str, kind: str = "ResourceClaimTemplate") -> None:
    """Let the workers have a device by dynamic resource allocation."""
    spec: dict[str, Any] = {"devices": {"requests": [{"name": "a", "exactly": {"deviceClassName": device_class}}]}}
    field = "resourceClaimName" if kind == "ResourceClaim" else "resourceClaimTemplateName"
    manifests.objects.append(
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": "one", "namespace": manifests.job["metadata"].get("namespace", "default")},
            "spec": spec if kind == "ResourceClaim" else {"spec": spec},
        }
    )
    manifests.pod("Worker")["resourceClaims"] = [{"name": "device", field: "one"}]


def repeat(manifests: Manifests, **annotations: str) -> None:
    """Apply the plugin a second time."""
    metadata = manifests.efa_plugin["metadata"]
    changed = metadata | {"annotations": annotations} if annotations else metadata
    manifests.objects.append(manifests.efa_plugin | {"metadata": changed})


def efa_plugin(manifests: Manifests, tag: str) -> None:
    container = manifests.efa_plugin["spec"]["template"]["spec"]["containers"][0]
    container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"


def on_p6(manifests: Manifests, tag: str) -> None:
    """Nodes of P6-B200, without the job, which is of P4d."""
    layout("p6-b200.48xlarge")(manifests.template)
    manifests.remove(manifests.job)
    efa_plugin(manifests, tag)


def put_first(role: str) -> Callable[[Manifests], None]:
    """Put another container before that of the launcher or the worker."""

    def change(manifests: Manifests) -> None:
        sidecar = {"name": "logs", "image": "registry.example.com/logs:1.0", "command": ["fluent-bit"]}
        manifests.pod(role)["containers"].insert(0, sidecar)

    return change


def operator(manifests: Manifests, *arguments: str, **environment: object) -> None:
    """Give the MPI Operator arguments and variables."""
    container = manifests.find("Deployment", "mpi-operator")["spec"]["template"]["spec"]["containers"][0]
    container.setdefault("args", []).extend(arguments)
    container["env"] = [{"name": name, **value} for name, value in environment.items()]


def unserved(manifests: Manifests) -> None:
    """The definition serves another version than the job is of."""
    (version,) = manifests.find("CustomResourceDefinition", "mpijobs")["spec"]["versions"]
    version["name"] = "v2"


def retired(manifests: Manifests) -> None:
    """The definition knows the version of the job, and serves a newer one alone."""
    (version,) = manifests.definitions[0]["spec"]["versions"]
    manifests.definitions[0]["spec"]["versions"].append({**version, "name": "v3"})
    version["served"] = False


def another_zone(manifests: Manifests) -> None:
    """A second group of the same nodes, in another zone."""
    group = {**manifests.group, "Subnets": [{"Ref": "OtherSubnet"}]}
    manifests.template["Resources"]["OtherNodes"] = {"Type": "AWS::EKS::Nodegroup", "Properties": group}


def pool(manifests: Manifests, kind: str = "NodePool", **spec: Any) -> None:
    """Let Karpenter make the nodes."""
    manifests.template["Resources"].pop("NodeGroup", None)
    one = {"apiVersion": "karpenter.sh/v1", "kind": kind, "metadata": {"name": kind.lower()}, "spec": spec}
    manifests.objects.append(one)


def suspended(manifests: Manifests, queue: str | None = None) -> None:
    set_in("runPolicy", "suspend", True)(manifests)
    manifests.job["metadata"]["labels"] = {} if queue is None else {QUEUE: queue}


def queues(manifests: Manifests, *covered: str, namespace: str = "default") -> None:
    """Kueue with a queue "gpu" of a namespace, in which the job waits, and a cluster queue that covers resources."""
    kueue = {"apiVersion": "kueue.x-k8s.io/v1beta2"}
    metadata = {"name": "gpu", "namespace": namespace}
    manifests.objects += [
        {**kueue, "kind": "LocalQueue", "metadata": metadata, "spec": {"clusterQueue": "all"}},
        {
            **kueue,
            "kind": "ClusterQueue",
            "metadata": {"name": "all"},
            "spec": {"resourceGroups": [{"coveredResources": list(covered)}]},
        },
    ]
    manifests.job["metadata"]["labels"] = {QUEUE: "gpu"}


_COVERED = ("cpu", "memory", "nvidia.com/gpu", EFA, HUGE_PAGES)


def large(manifests: Manifests, *sizes: int) -> None:
    """Add objects of so many bytes."""
    for number, size in enumerate(sizes):
        metadata = {"name": f"map-{number}"}
        data = {"text": "x" * size}
        manifests.objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def old_job(manifests: Manifests, version: str) -> None:
    """A job of an older version, whose definition is of elsewhere."""
    manifests.remove(manifests.find("CustomResourceDefinition", "mpijobs"))
    manifests.job["apiVersion"] = f"kubeflow.org/{version}"


def registry(manifests: Manifests, account: str, region: str) -> None:
    """Pull the EFA plugin from an account's registry in a Region."""
    suffix = ".cn" if region.startswith("cn-") else ""
    container = manifests.efa_plugin["spec"]["template"]["spec"]["containers"][0]
    name = container["image"].partition("/")[2]
    container["image"] = f"{account}.dkr.ecr.{region}.amazonaws.com{suffix}/{name}"


def plugins_folder(manifests: Manifests, on_node: str, in_container: str = FOLDER) -> None:
    """Mount another folder of the node, or elsewhere, into the EFA plugin."""
    pod = manifests.efa_plugin["spec"]["template"]["spec"]
    (volume,) = [each for each in pod["volumes"] if each["hostPath"]["path"] == FOLDER]
    (mount,) = [each for each in pod["containers"][0]["volumeMounts"] if each["name"] == volume["name"]]
    volume["hostPath"]["path"], mount["mountPath"] = on_node, in_container


def select_nodes(role: str, key: str, value: str) -> Callable[[Manifests], None]:
    """Let the launcher or the workers go only to nodes with a label."""
    return lambda manifests: manifests.pod(role).setdefault("nodeSelector", {}).update({key: value})


BROKEN: list[tuple[str, Callable[[Manifests], object]]] = [
    ("EFA-K8S-001", lambda manifests: manifests.remove(manifests.efa_plugin)),
    ("EFA-K8S-001", lambda manifests: manifests.remove(manifests.find("DaemonSet", "nvidia"))),
    ("EFA-K8S-002", taint("nvidia", "worker", "launcher", "operator")),
    ("EFA-K8S-002", taint("efa", "worker", "launcher", "operator")),
    ("EFA-K8S-003", select("node.kubernetes.io/instance-type", "p3dn.24xlarge", "p5.48xlarge")),
    ("EFA-K8S-004", select("team/efa", "true")),
    ("EFA-K8S-006", lambda manifests: manifests.efa_plugin["metadata"].update(annotations={"note": "x" * 270_000})),
    ("EFA-K8S-007", lambda manifests: manifests.worker.update(image="nccl-tests")),
    ("EFA-K8S-007", lambda manifests: manifests.worker.update(image="registry:5000/nccl-tests:latest")),
    ("EFA-K8S-008", lambda manifests: manifests.efa_plugin["spec"]["template"]["spec"].update(toleration=[])),
    ("EFA-K8S-009", lambda manifests: manifests.remove(manifests.find("Deployment", "mpi-operator"))),
    ("EFA-K8S-008", lambda manifests: manifests.job["spec"]["mpiReplicaSpecs"]["Launcher"].pop("template")),
    ("EFA-K8S-010", without_right("configmaps")),
    ("EFA-K8S-010", without_verb("configmaps", "update")),
    ("EFA-K8S-013", without_verb("pods", "delete")),
    ("EFA-K8S-013", without_verb("jobs", "update")),
    ("EFA-K8S-013", without_right("jobs/status")),
    ("EFA-JOB-001", ask(efa=8)),
    ("EFA-JOB-001", ask(memory="2Ti")),
    ("EFA-JOB-002", taint("efa", "nvidia", "launcher", "operator")),
    ("EFA-JOB-003", workers(4)),
    ("EFA-JOB-004", ask(huge_pages="5121Ki")),
    ("EFA-JOB-005", lambda manifests: manifests.worker["resources"]["requests"].update({HUGE_PAGES: "2560Mi"})),
    ("EFA-JOB-005", lambda manifests: manifests.worker["resources"]["limits"].pop(HUGE_PAGES)),
    ("EFA-JOB-006", lambda manifests: manifests.worker.pop("securityContext")),
    ("EFA-JOB-007", ask(huge_pages=None)),
    ("EFA-JOB-008", lambda manifests: claim(manifests, "gpu.nvidia.com")),
    ("EFA-JOB-008", lambda manifests: claim(manifests, "efa.networking.k8s.aws", kind="ResourceClaim")),
    ("EFA-JOB-009", command("16", "8")),
    # So NcclTests starts it.
    ("EFA-JOB-009", lambda manifests: hand_over(manifests, "32")),
    ("EFA-JOB-011", set_in("mpiReplicaSpecs", "Launcher", "replicas", 2)),
    ("EFA-JOB-012", lambda manifests: manifests.job["metadata"].update(name="n" * 60)),
    ("EFA-JOB-012", lambda manifests: manifests.job["metadata"].update(name="1st")),
    ("EFA-JOB-013", gangs),
    ("EFA-JOB-014", mpirun_with("-x", "FI_PROVIDER", FI_PROVIDER="tcp")),
    ("EFA-JOB-014", mpirun_with("-x", "FI_PROVIDER=tcp")),
    ("EFA-JOB-014", lambda manifests: script(manifests, "set -e\nmpirun -np 16 -x NCCL_PROTO=simple all_reduce_perf")),
    ("EFA-JOB-014", lambda manifests: manifests.worker.update(env=[{"name": "NCCL_PROTO", "value": "simple"}])),
    ("EFA-JOB-015", set_in("runPolicy", {})),
    ("EFA-JOB-016", lambda manifests: mount(manifests, "/dev/infiniband")),
    ("EFA-JOB-016", lambda manifests: mount(manifests, "/dev/")),
    ("EFA-JOB-017", ask(efa=2)),
    ("EFA-JOB-017", ask(efa=None)),
    ("EFA-JOB-018", lambda manifests: queue(manifests, manifests.template_of("Worker"), "labels", QUEUE)),
    ("EFA-JOB-018", lambda manifests: queue(manifests, manifests.job, "annotations", TOPOLOGY)),
    # It does not go there: its version is no matter.
    ("EFA-K8S-004", lambda manifests: (on_p6(manifests, "v0.5.4"), manifests.group["Labels"].pop("fabric"))),
    ("EFA-K8S-012", lambda manifests: on_p6(manifests, "v0.5.5")),
    ("EFA-K8S-012", lambda manifests: on_p6(manifests, f"v0.4.4-eksbuild.1@{DIGEST}")),
    ("EFA-K8S-011", lambda manifests: nvidia(manifests, "v0.20.0", MOFED_ENABLED="true")),
    ("EFA-K8S-011", lambda manifests: nvidia(manifests, "v0.19.2")),
    ("EFA-K8S-011", lambda manifests: nvidia(manifests, f"v0.19.0@{DIGEST}", FAIL_ON_INIT_ERROR="false")),
    ("EFA-JOB-015", set_in("runPolicy", "cleanPodPolicy", "None")),
    ("EFA-JOB-019", set_in("mpiImplementation", "OpenMpi")),
    ("EFA-JOB-019", set_in("launcherCreationPolicy", "AtStart")),
    ("EFA-JOB-019", set_in("runPolicy", "cleanPodPolicy", "running")),
    ("EFA-JOB-019", set_in("runPolicy", "cleanPodPolicy", "")),
    ("EFA-JOB-019", set_in("runPolicy", "suspended", True)),
    ("EFA-JOB-019", set_in("cleanPodPolicy", "Running")),
    ("EFA-JOB-019", set_in("mpiReplicaSpecs", "Worker", "restartPolicy", "Always")),
    ("EFA-JOB-019", set_in("mpiReplicaSpecs", "Launcher", "replicas", 0)),
    ("EFA-JOB-019", lambda manifests: manifests.job["spec"]["mpiReplicaSpecs"]["Worker"].pop("replicas")),
    ("EFA-JOB-020", put_first("Launcher")),
    ("EFA-JOB-020", put_first("Worker")),
    ("EFA-JOB-021", lambda manifests: manifests.pod("Worker").update(hostNetwork=True)),
    ("EFA-JOB-022", lambda manifests: manifests.worker.pop("volumeMounts")),
    ("EFA-JOB-023", select_nodes("Worker", "node.kubernetes.io/instance-type", "p5.48xlarge")),
    ("EFA-JOB-024", select_nodes("Launcher", "team", "vision")),
    ("EFA-JOB-025", set_in("runPolicy", "ttlSecondsAfterFinished", 0)),
    ("EFA-JOB-026", gangs_of(4)),
    ("EFA-JOB-027", own_scheduler("default-scheduler")),
    ("EFA-JOB-028", queued_gangs),
    ("EFA-JOB-029", set_in("slotsPerWorker", 0)),
    ("EFA-JOB-030", lambda manifests: volume(manifests, "Worker", "ssh-auth", "/keys")),
    ("EFA-JOB-030", lambda manifests: volume(manifests, "Launcher", "config", "/etc/mpi/")),
    ("EFA-JOB-031", lambda manifests: manifests.pod("Launcher").update(restartPolicy="OnFailure")),
    ("EFA-JOB-031", lambda manifests: manifests.worker.update(env=[{"name": "K_MPI_JOB_ROLE", "value": "x"}])),
    ("EFA-K8S-014", lambda manifests: repeat(manifests, note="another")),
    ("EFA-K8S-015", lambda manifests: manifests.efa_plugin["metadata"].update(name="EFA")),
    ("EFA-K8S-015", lambda manifests: manifests.efa_plugin["metadata"].update(labels={"a": "-"})),
    ("EFA-K8S-015", lambda manifests: manifests.efa_plugin["metadata"].update(annotations={"a/": "x"})),
    ("EFA-K8S-015", lambda manifests: manifests.worker.update(env=[{"name": "1ST", "value": "x"}])),
    ("EFA-K8S-015", lambda manifests: manifests.worker.update(ports=[{"containerPort": 0}])),
    ("EFA-K8S-016", lambda manifests: manifests.worker.update(image="registry.example.com/Train:1.0")),
    ("EFA-K8S-016", lambda manifests: manifests.worker.update(image="https://registry.example.com/train:1.0")),
    # Objects of which each is small enough, one by one.
    ("EFA-K8S-017", lambda manifests: large(manifests, 180_000, 180_000, 180_000)),
    ("EFA-K8S-018", unserved),
    ("EFA-K8S-018", retired),
    ("EFA-K8S-018", lambda manifests: manifests.find("ClusterRole", "edit").update(apiVersion=f"{RBAC}/v1beta1")),
    ("EFA-K8S-018", lambda manifests: old_job(manifests, "v1alpha2")),
    ("EFA-K8S-019", lambda manifests: registry(manifests, "602401143452", "eu-south-1")),
    ("EFA-K8S-019", lambda manifests: registry(manifests, "918309763551", "cn-north-1")),
    ("EFA-K8S-020", lambda manifests: manifests.objects.sort(key=lambda one: one["kind"] == "Namespace")),
    ("EFA-K8S-021", lambda manifests: operator(manifests, "--namespace=training")),
    ("EFA-K8S-021", lambda manifests: operator(manifests, "-namespace", "training")),
    ("EFA-K8S-021", lambda manifests: operator(manifests, KUBEFLOW_NAMESPACE={"value": "training"})),
    ("EFA-K8S-021", lambda manifests: operator(manifests, KUBEFLOW_NAMESPACE={"valueFrom": OWN_NAMESPACE})),
    ("EFA-K8S-022", lambda manifests: plugins_folder(manifests, "/var/lib/kubelet/plugins")),
    ("EFA-K8S-022", lambda manifests: plugins_folder(manifests, FOLDER, "/device-plugins")),
    ("EFA-JOB-032", another_zone),
    ("EFA-JOB-033", taint("efa", "nvidia", "worker")),
    ("EFA-JOB-034", pool),
    ("EFA-JOB-035", lambda manifests: manifests.pod("Launcher").update(schedulerName="topology")),
    ("EFA-JOB-035", lambda manifests: operator(manifests, "--gang-scheduling=volcano")),
    ("EFA-JOB-036", suspended),
    ("EFA-JOB-036", lambda manifests: (suspended(manifests), set_in("runPolicy", "managedBy", OPERATOR)(manifests))),
    ("EFA-JOB-036", lambda manifests: suspended(manifests, queue="gpu")),
    ("EFA-JOB-037", lambda manifests: queues(manifests, *_COVERED, namespace="vision")),
    ("EFA-JOB-038", lambda manifests: queues(manifests, *_COVERED[:-1])),
    ("EFA-JOB-039", set_in("runPolicy", "backoffLimit", 0)),
]


def test_sound_manifests_break_no_rule() -> None:
    assert [finding.problem for finding in review_of_manifests().findings] == []


@pytest.mark.parametrize(("rule", "change"), BROKEN, ids=[f"{rule}-{index}" for index, (rule, _) in enumerate(BROKEN)])
def test_finds_each_mistake_by_its_rule_and_no_other(rule: str, change: Callable[[Manifests], object]) -> None:
    assert broken_rules_of_manifests(change) == {rule}


def test_a_slot_for_each_gpu() -> None:
    def change(manifests: Manifests) -> None:
        manifests.job["spec"]["slotsPerWorker"] = 4
        command("16", "8")(manifests)

    assert broken_rules_of_manifests(change) == {"EFA-JOB-010"}


@pytest.mark.parametrize(
    "image",
    [
        "train:1.0",
        "Registry.example.com:5000/team/train_it--well:v1.0-rc_1",
        "[2001:db8::1]:5000/train:1.0",
        f"train@{DIGEST}",
        f"registry.example.com/train:1.0@{DIGEST}",
        "⟨?Registry⟩/Train",
    ],
)
def test_takes_every_reference_to_an_image(image: str) -> None:
    assert broken_rules_of_manifests(lambda manifests: manifests.worker.update(image=image)) == set()


@pytest.mark.parametrize(
    "image", ["train ing:1", "/train:1", "train:1:2", "registry.example.com//train:1", "train@sha256:0123", "Train"]
)
def test_says_once_that_an_image_is_none(image: str) -> None:
    (finding,) = review_of_manifests(lambda manifests: manifests.worker.update(image=image)).findings
    assert finding.rule.id == "EFA-K8S-016"
    assert f"has the image {image!r}, which is no reference to a container image" in finding.problem


@pytest.mark.parametrize(
    "manifest",
    ["[", "3", '[{"kind": "Pod", "metadata": {"name": "a"}}]', '[{"apiVersion": "v1", "kind": "Pod", "metadata": {}}]'],
)
def test_finds_a_manifest_that_is_none(manifest: str) -> None:
    assert "EFA-K8S-005" in {finding.rule.id for finding in Manifests().review(manifest).findings}


def test_looks_into_the_objects_of_a_list() -> None:
    manifests = Manifests()
    manifests.worker["image"] = "nccl-tests"
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests.others}
    findings = manifests.review(json.dumps([listed])).findings
    assert [finding.rule.id for finding in findings] == ["EFA-K8S-007"]


def test_every_rule_of_kubernetes_has_a_mistake_that_breaks_it() -> None:
    broken = {rule for rule, _ in BROKEN} | {"EFA-JOB-010", "EFA-K8S-005"}
    assert broken == {rule.id for rule in RULES if rule.id.startswith(("EFA-K8S", "EFA-JOB"))}


def test_the_operator_has_the_rights_that_are_bound_to_the_group_of_its_account() -> None:
    def change(manifests: Manifests) -> None:
        manifests.find("ClusterRoleBinding", "mpi-operator")["subjects"] = [
            {"kind": "Group", "name": "system:serviceaccounts:mpi-operator"}
        ]

    assert broken_rules_of_manifests(change) == set()


def test_a_role_of_another_namespace_gives_the_operator_nothing() -> None:
    def change(manifests: Manifests) -> None:
        role = manifests.find("ClusterRole", "mpi-operator")
        role |= {"kind": "Role", "metadata": {"name": "mpi-operator", "namespace": "elsewhere"}}
        binding = manifests.find("ClusterRoleBinding", "mpi-operator")
        binding["kind"] = "RoleBinding"
        binding["metadata"]["namespace"] = "mpi-operator"
        binding["roleRef"]["kind"] = "Role"

    assert broken_rules_of_manifests(change) == {"EFA-K8S-010", "EFA-K8S-013"}


def test_an_operator_that_lacks_what_only_suspended_jobs_need_is_a_warning_which_says_what_fails() -> None:
    (finding,) = review_of_manifests(without_right("jobs/status")).findings
    assert finding.rule.severity is Severity.WARNING
    assert finding.problem.endswith("so that it cannot resume a job that was suspended while its launcher ran")


def test_says_nothing_of_a_right_that_an_older_operator_does_not_use() -> None:
    def change(manifests: Manifests) -> None:
        without_right("jobs/status")(manifests)
        operator = manifests.find("Deployment", "mpi-operator")["spec"]["template"]["spec"]["containers"][0]
        operator["image"] = "mpioperator/mpi-operator:0.7.0"

    assert broken_rules_of_manifests(change) == set()


def test_says_nothing_of_what_may_run_on_a_cluster_of_elsewhere() -> None:
    def change(manifests: Manifests) -> None:
        manifests.template["Resources"]["Cluster"]["Type"] = "Custom::TheirCluster"
        manifests.objects = [manifests.job]

    assert broken_rules_of_manifests(change) == set()


def test_a_channel_of_a_compute_domain_may_be_claimed_beside_devices_of_plugins() -> None:
    def change(manifests: Manifests) -> None:
        manifests.objects.append(
            {
                "apiVersion": "resource.nvidia.com/v1beta1",
                "kind": "ComputeDomain",
                "metadata": {"name": "domain"},
                "spec": {"numNodes": 0, "channel": {"resourceClaimTemplate": {"name": "channel"}}},
            }
        )
        manifests.worker["resources"]["claims"] = [{"name": "channel"}]
        manifests.pod("Worker")["resourceClaims"] = [{"name": "channel", "resourceClaimTemplateName": "channel"}]

    assert broken_rules_of_manifests(change) == set()


def test_says_nothing_of_a_variable_that_the_launcher_keeps_for_itself() -> None:
    assert broken_rules_of_manifests(mpirun_with(FI_PROVIDER="tcp")) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda manifests: mount(manifests, "/dev/shm"),
        lambda manifests: mount(manifests, "/mnt/k8s-disks/0"),
        lambda manifests: nvidia(manifests, "v0.19.1", MOFED_ENABLED="false"),
        lambda manifests: queue(manifests, manifests.job, "labels", QUEUE),
        lambda manifests: queue(manifests, manifests.template_of("Worker"), "annotations", TOPOLOGY),
        lambda manifests: nvidia(manifests, "v0.19.3"),
        lambda manifests: hand_over(manifests, "16"),
        lambda manifests: nvidia(manifests, "v0.20.0"),
        lambda manifests: on_p6(manifests, "v0.5.6"),
        lambda manifests: on_p6(manifests, "v0.5.21-eksbuild.13"),
        # Of their own tags, or a digest alone, nobody knows.
        lambda manifests: on_p6(manifests, "2026-11-26"),
        lambda manifests: on_p6(manifests, "stable"),
        # Another type does not mind.
        lambda manifests: efa_plugin(manifests, "v0.5.4"),
        # Somebody measures TCP.
        lambda manifests: (ask(efa=None)(manifests), mpirun_with("-x", "NCCL_NET=Socket")(manifests)),
        lambda manifests: (ask(efa=None)(manifests), mpirun_with("-x", "FI_PROVIDER", FI_PROVIDER="tcp")(manifests)),
        # A part of a node may have a part of its interfaces.
        lambda manifests: (ask(efa=2, gpu=4)(manifests), set_in("slotsPerWorker", 4)(manifests)),
    ],
)
def test_says_nothing_of_what_does_no_harm(change: Callable[[Manifests], object]) -> None:
    assert broken_rules_of_manifests(change) - {"EFA-JOB-009"} == set()


def test_a_pod_has_metadata_that_a_pod_template_has_not() -> None:
    owner = {"apiVersion": "v1", "kind": "Node", "name": "a", "uid": "b"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "test-", "ownerReferences": [owner], "creationTimestamp": None},
        "spec": {"containers": [{"name": "test", "image": "registry.example.com/test:1"}]},
    }
    assert broken_rules_of_manifests(lambda manifests: manifests.objects.append(pod)) == set()


def test_knows_a_cluster_by_its_name_as_well() -> None:
    def change(manifests: Manifests) -> None:
        resources = manifests.template["Resources"]
        resources["Cluster"]["Properties"]["Name"] = "training"
        job = {
            **resources["Manifest"]["Properties"],
            "ClusterName": "training",
            "Manifest": json.dumps([manifests.job]),
        }
        resources["Job"] = {**resources["Manifest"], "Properties": job, "DependsOn": ["Manifest"]}
        manifests.remove(manifests.job)

    assert broken_rules_of_manifests(change) == set()


def test_says_nothing_of_a_plugin_that_the_ami_brings() -> None:
    def change(manifests: Manifests) -> None:
        manifests.group["AmiType"] = "BOTTLEROCKET_x86_64_NVIDIA"
        manifests.remove(manifests.find("DaemonSet", "nvidia"))

    assert broken_rules_of_manifests(change) == set()


def test_says_nothing_of_plugins_where_eks_auto_mode_runs_the_nodes() -> None:
    def change(manifests: Manifests) -> None:
        manifests.template["Resources"]["Cluster"]["Properties"]["ComputeConfig"] = {"Enabled": True}
        manifests.remove(manifests.efa_plugin)

    def switched_off(manifests: Manifests) -> None:
        change(manifests)
        manifests.template["Resources"]["Cluster"]["Properties"]["ComputeConfig"] = {"Enabled": "false"}

    assert broken_rules_of_manifests(change) == set()
    assert broken_rules_of_manifests(switched_off) == {"EFA-K8S-001"}


def test_a_role_may_have_a_name_that_other_objects_may_not() -> None:
    def change(manifests: Manifests) -> None:
        for kind in ("ClusterRole", "ClusterRoleBinding"):
            manifests.find(kind, "mpi-operator")["metadata"]["name"] = "team:mpi-operator"
        manifests.find("ClusterRoleBinding", "mpi-operator")["roleRef"]["name"] = "team:mpi-operator"

    assert broken_rules_of_manifests(change) == set()


def test_the_same_twice_does_no_harm() -> None:
    assert broken_rules_of_manifests(repeat) == set()


def test_says_nothing_of_what_only_the_deployment_knows() -> None:
    manifests = Manifests()
    manifests.worker["image"] = "IMAGE"
    manifests.worker["resources"]["limits"][EFA] = manifests.worker["resources"]["requests"][EFA] = "COUNT"
    text = json.dumps(manifests.others)
    before, _, after = text.partition("IMAGE")
    parts: list[Any] = [before, {"Ref": "Subnet"}]
    rest = after.split('"COUNT"')
    for index, part in enumerate(rest):
        parts += ([{"Ref": "Subnet"}] if index else []) + [part]
    found = {finding.rule.id for finding in manifests.review({"Fn::Join": ["", parts]}).findings}
    assert found == set()
