"""Says of a rehearsal what really ran, and what was computed, and from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...cluster.summary import ClusterSummary, PodRole
from .rehearsed_cluster import RehearsedCluster
from .rehearsed_summary import summarize_rehearsed

__all__ = ["computed", "executed"]

# What runs as itself, in the order in which a request meets them, and what it decides.
_SERVERS = {
    "kube-apiserver": "admission, validation and RBAC",
    "etcd": "",
    "kube-scheduler": "which node takes a pod",
    "kube-controller-manager": "DaemonSets, Deployments, Jobs",
}


def executed(
    deployed_by: Sequence[str], versions: Mapping[str, str], clusters: Sequence[RehearsedCluster]
) -> tuple[str, ...]:
    """The programs that ran as they would for a real account and a real cluster.

    :param deployed_by: What deployed, a phrase each.
    :param versions: Of the control planes' programs, by name. Empty: there was no control plane.
    :param clusters: The clusters that had one.
    """
    servers = [
        f"{name} {versions[name]}" + (f" ({decides})" if decides else "")
        for name, decides in _SERVERS.items()
        if clusters and name in versions
    ]
    operators = [
        f"mpi-operator {versions['mpi-operator']}, with its Deployment's arguments and its service account's rights"
        for cluster in clusters
        for pod in summarize_rehearsed(cluster.running).pods
        if pod.role is PodRole.MPI_OPERATOR
    ]
    return (*deployed_by, *servers, *dict.fromkeys(operators))


def computed(clusters: Sequence[RehearsedCluster]) -> tuple[str, ...]:
    """What no program did, and what it was computed from instead."""
    return (
        "the AWS account: emulated on this machine",
        *_computed_in([summarize_rehearsed(cluster.running) for cluster in clusters]),
        "EFA traffic: from the interfaces, zones and security groups that are deployed; no packet was sent",
    )


def _computed_in(clusters: Sequence[ClusterSummary]) -> Iterator[str]:
    if not clusters:
        return
    yield "nodes: from the instances of the node groups; kwok plays their kubelets, and no container ran"
    if any(node.devices for cluster in clusters for node in cluster.nodes):
        yield "devices of a node: from its interfaces and its type, while the pod of their device plugin runs on it"
    if any(pod.role is PodRole.LAUNCHER for cluster in clusters for pod in cluster.pods):
        yield (
            "launchers: their hostfile and its names were looked up in the cluster; mpirun did not run, and their end "
            "was played"
        )
