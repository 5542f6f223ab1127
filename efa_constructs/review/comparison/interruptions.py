"""What a change of a resource or a Kubernetes object interrupts, in words.

Sources: Amazon EKS User Guide, "Update a managed node group for your cluster" and "Understand each phase of node
updates", "Grant IAM users access to Kubernetes with EKS access entries"; Amazon EKS API Reference, "DeleteAddon";
Kubernetes documentation, "Perform a Rolling Update on a DaemonSet" and "Device Plugins".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..manifests import KubernetesObject
from ..pod_templates import KINDS_WITH_ROLES
from ..resource import CLUSTER_TYPES, Resource
from .replacement import Replacement

__all__ = ["interruption_by_object", "interruption_by_removal", "interruption_by_resource"]

_NODE_GROUP_REPLACED = (
    "EKS makes a new node group, then deletes this one with its nodes: every job that runs on them ends, and meanwhile "
    "the account needs capacity for both."
)
_NODES_REPLACED = (
    "EKS replaces the nodes a few at a time: an MPI job that has a worker on one of them ends, so let running jobs "
    "finish first."
)
# What EKS changes without touching the nodes.
_IN_PLACE = ("ScalingConfig", "UpdateConfig", "NodeRepairConfig", "Labels", "Taints", "Tags")

_REPLACED = {
    "AWS::EKS::Cluster": "A new, empty cluster takes the place of this one: everything that runs in it ends.",
    "AWS::EKS::Nodegroup": _NODE_GROUP_REPLACED,
    "AWS::EC2::VPC": "Everything in the network is made anew with it.",
    "AWS::EC2::Subnet": "What stands in the subnet is made anew with it.",
    "AWS::EC2::NatGateway": "Connections to the internet that are open break, and the address that others see changes.",
    "AWS::EC2::EIP": "The address that others see, and may have let in, changes.",
    "AWS::EC2::PlacementGroup": "Nodes move to the new placement group, so they are replaced.",
    "AWS::EC2::SecurityGroup": "Interfaces get the new group with their next instance, so nodes are replaced.",
    "AWS::EKS::Addon": "The add-on is away until the new one is there.",
    "AWS::EKS::AccessEntry": "The principal cannot reach the cluster for a moment.",
    "AWS::IAM::Role": "What uses the role loses its permissions until it has the new one.",
}


def interruption_by_resource(resource: Resource, paths: Iterable[str], replacement: Replacement) -> str | None:
    """What a change of these properties interrupts. None: nothing that is known."""
    if replacement is Replacement.YES:
        return _REPLACED.get(resource.type)
    paths = list(paths)
    changed = {path.partition(".")[0] for path in paths}
    if resource.type == "AWS::EKS::Nodegroup" and changed.difference(_IN_PLACE):
        return _NODES_REPLACED
    if resource.type == "AWS::EKS::Nodegroup" and "ScalingConfig" in changed:
        return "Where the group gets smaller, nodes go, and the jobs on them end."
    if resource.type in CLUSTER_TYPES and resource.path_of("Version") in paths:
        return "EKS upgrades the control plane in place, which takes minutes and cannot be taken back; nodes go on."
    return None


_REMOVED = {
    **dict.fromkeys(CLUSTER_TYPES, "EKS deletes the cluster: everything that runs in it ends."),
    "AWS::EKS::Nodegroup": "EKS deletes the node group with its nodes: every job that runs on them ends.",
    "AWS::EC2::NatGateway": "What reaches the internet by it reaches it no more, and open connections break.",
}
_ADDON = "EKS deletes the add-on, with what it runs in the cluster."
_PRINCIPAL_LOCKED_OUT = (
    "The principal reaches the cluster no more, unless the ConfigMap aws-auth has it: what runs there goes on, and "
    "what it would have done in the cluster fails."
)
_NODES_LOCKED_OUT = (
    "Nodes with this role reach the API server no more, unless the ConfigMap aws-auth has it: none joins, those that "
    "run become NotReady, and their pods are evicted."
)
_JOBS = ("Job", *KINDS_WITH_ROLES)


def interruption_by_removal(resource: Resource, each: KubernetesObject | None) -> str | None:
    """What the deletion of a resource, or of an object in it, interrupts. None: nothing that is known."""
    if each is None:
        return _by_removed_resource(resource)
    return "Its pods end, if they run." if each.kind in _JOBS else None


def _by_removed_resource(resource: Resource) -> str | None:
    if resource.type == "AWS::EKS::AccessEntry":
        return _PRINCIPAL_LOCKED_OUT if resource.get("Type", "STANDARD") == "STANDARD" else _NODES_LOCKED_OUT
    if resource.type == "AWS::EKS::Addon":
        return _ADDON if resource.get("PreserveOnDelete") in (None, False, "false") else None
    return _REMOVED.get(resource.type)


def interruption_by_object(each: KubernetesObject, paths: Iterable[str]) -> str | None:
    """What a change of these fields interrupts. None: nothing that is known."""
    words = _BY_KIND.get(each.kind)
    return words(list(paths)) if words else None


def _by_daemon_set(paths: list[str]) -> str | None:
    if not any(path.startswith("spec.template") for path in paths):
        return None
    return "Its pods start anew, node by node: pods that run keep their devices; none starts on a node meanwhile."


def _by_deployment(paths: list[str]) -> str | None:
    return "Its pods start anew." if any(path.startswith("spec.template") for path in paths) else None


def _by_mpi_job(paths: list[str]) -> str | None:
    if not any(path.startswith("spec") for path in paths):
        return None
    return (
        "Pods of the job that run keep what they were started with: delete the job and deploy again to run the new one."
    )


_BY_KIND: dict[str, Callable[[list[str]], str | None]] = {
    "DaemonSet": _by_daemon_set,
    "Deployment": _by_deployment,
    "StatefulSet": _by_deployment,
    "MPIJob": _by_mpi_job,
}
