"""Faults in the manifests of plugins and operator, and in their order."""

from __future__ import annotations

from typing import Any

from .changed_assembly import ChangedAssembly, Fault

EFA_PLUGIN = "aws-efa-k8s-device-plugin"
NVIDIA_PLUGIN = "nvidia-device-plugin-daemonset"


def _stale_selector(app: ChangedAssembly) -> None:
    with app.pod("DaemonSet", EFA_PLUGIN) as pod:
        pod["nodeSelector"] = {"node.kubernetes.io/instance-type": "p3dn.24xlarge"}


def _no_efa_plugin(app: ChangedAssembly) -> None:
    app.remove("DaemonSet", EFA_PLUGIN)


def _no_nvidia_plugin(app: ChangedAssembly) -> None:
    app.remove("DaemonSet", NVIDIA_PLUGIN)


def _plugin_of_an_unknown_account(app: ChangedAssembly) -> None:
    with app.pod("DaemonSet", EFA_PLUGIN) as pod:
        pod["serviceAccountName"] = "efa"


def _rules(app: ChangedAssembly, keep: Any) -> None:
    with app.object("ClusterRole", "mpi-operator") as role:
        role["rules"] = [rule for rule in map(keep, role["rules"]) if rule and rule["resources"] and rule["verbs"]]


def _without_status(app: ChangedAssembly) -> None:
    def keep(rule: dict[str, Any]) -> dict[str, Any]:
        return {**rule, "resources": [each for each in rule["resources"] if each != "mpijobs/status"]}

    _rules(app, keep)


def _without_config_maps(app: ChangedAssembly) -> None:
    def keep(rule: dict[str, Any]) -> dict[str, Any]:
        return {**rule, "resources": [each for each in rule["resources"] if each != "configmaps"]}

    _rules(app, keep)


def _no_binding(app: ChangedAssembly) -> None:
    app.remove("ClusterRoleBinding", "mpi-operator")


def _no_leases(app: ChangedAssembly) -> None:
    app.remove("RoleBinding")


def _no_service_account(app: ChangedAssembly) -> None:
    app.remove("ServiceAccount")


def _another_namespace(app: ChangedAssembly) -> None:
    with app.pod("Deployment") as pod:
        pod["containers"][0]["args"].append("--namespace=training")


def _unknown_flag(app: ChangedAssembly) -> None:
    with app.pod("Deployment") as pod:
        pod["containers"][0]["args"].append("--gang-scheduler=volcano")


def _no_operator(app: ChangedAssembly) -> None:
    app.remove("Deployment")


def _gang_scheduling(app: ChangedAssembly) -> None:
    with app.pod("Deployment") as pod:
        pod["containers"][0]["args"].append("--gang-scheduling=scheduler-plugins-scheduler")


def _whole_definition(app: ChangedAssembly) -> None:
    """As upstream ships it: with the whole schema of a pod, and what each field means."""
    with app.object("CustomResourceDefinition") as definition:
        schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        schema["description"] = "what each field of a pod means " * 10_000


def _no_definition(app: ChangedAssembly) -> None:
    app.without(app.workloads, app.name_of("CustomResourceDefinition"))


def _no_namespace(app: ChangedAssembly) -> None:
    app.without(app.workloads, app.name_of("Namespace"))


def _job_first(app: ChangedAssembly) -> None:
    resources = app.workloads["Resources"]
    job, definition = app.name_of("MPIJob"), app.name_of("CustomResourceDefinition")
    resources[job]["DependsOn"] = list(resources[definition]["DependsOn"])
    resources[definition]["DependsOn"] = [job]


def _no_container(app: ChangedAssembly) -> None:
    with app.worker() as pod:
        pod["containers"] = []


def _job_in_a_namespace_that_is_not_there(app: ChangedAssembly) -> None:
    with app.object("MPIJob") as job:
        job["metadata"]["namespace"] = "training"


FAULTS = {
    "a plugin that selects a stale list of types": Fault(
        _stale_selector,
        "device-plugin-selects-no-node",
        ("node.kubernetes.io/instance-type=p3dn.24xlarge", "MPIJob 'default/nccl-tests-p4d-24xlarge' waits for it"),
    ),
    "no EFA plugin": Fault(_no_efa_plugin, "device-plugin-missing", ("vpc.amazonaws.com/efa", "nccl-tests")),
    "no NVIDIA plugin": Fault(_no_nvidia_plugin, "device-plugin-missing", ("nvidia.com/gpu", "nccl-tests")),
    "a plugin with an account that does not exist": Fault(
        _plugin_of_an_unknown_account, "device-plugin-not-created", ('serviceaccount "efa" not found',)
    ),
    "no right to mpijobs/status": Fault(
        _without_status,
        "mpi-operator-forbidden",
        ('resource "mpijobs/status"', "resources: [mpijobs/status], verbs: [update]", "ClusterRole 'mpi-operator'"),
    ),
    "no right to config maps": Fault(
        _without_config_maps, "mpi-operator-forbidden", ('resource "configmaps"', "nccl-tests")
    ),
    "a ClusterRole that is not bound": Fault(
        _no_binding, "mpi-operator-forbidden", ("no ClusterRoleBinding", "mpi-operator:mpi-operator")
    ),
    "a Role for leader election that is not bound": Fault(
        _no_leases, "mpi-operator-forbidden", ('resource "leases"', "nccl-tests")
    ),
    "no service account": Fault(
        _no_service_account, "mpi-operator-not-running", ('serviceaccount "mpi-operator" not found', "nccl-tests")
    ),
    "an operator that watches another namespace": Fault(
        _another_namespace, "mpi-operator-watches-another-namespace", ("'training'", "nccl-tests")
    ),
    "an operator with a flag that it does not know": Fault(
        _unknown_flag, "mpi-operator-crash-loop", ("gang-scheduler", "nccl-tests")
    ),
    "no operator": Fault(_no_operator, "mpi-operator-missing", ("nccl-tests",)),
    "gang scheduling with a launcher that waits": Fault(
        _gang_scheduling,
        "gang-scheduling-deadlock",
        ("WaitForWorkersReady", "minAvailable"),
        others=("mpi-operator-forbidden",),
    ),
    "a definition as large as upstream's": Fault(
        _whole_definition, None, ("Too long", "262144", "leave out the descriptions")
    ),
    "no definition of MPIJobs": Fault(_no_definition, None, ("MPIJob", "CustomResourceDefinition")),
    "no namespace": Fault(
        _no_namespace, None, ('namespaces "mpi-operator" not found', "apply the Namespace mpi-operator before")
    ),
    "a job without containers": Fault(_no_container, None, ("containers in body should have at least 1 items",)),
    "a job in a namespace that is not there": Fault(
        _job_in_a_namespace_that_is_not_there,
        None,
        ('namespaces "training" not found', "apply the Namespace training before"),
    ),
    "a job before its definition": Fault(_job_first, None, ("MPIJob", "CustomResourceDefinition")),
}
