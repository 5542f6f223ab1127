"""What the page tells of pods: their images, their rights on the node, and the nodes that take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...pods.node_rules import unmet_requirement, untolerated_taints
from ..clusters import ReviewedCluster
from ..node_group import NodeGroup
from ..pod_templates import PodTemplate
from ..shapes import as_list, as_mappings, at_path

__all__ = [
    "all_pods",
    "devices_and_memory",
    "image_names",
    "is_part_of_job",
    "is_privileged",
    "may_run_on",
    "rights_on_the_node",
    "title_of",
]

_NAMESPACES_OF_THE_NODE = {
    "hostNetwork": "network of the node",
    "hostPID": "processes of the node",
    "hostIPC": "shared memory of the node",
}
# Labels with these beginnings come from the kubelet and from EKS: templates do not say them.
_OF_NODES_THEMSELVES = ("kubernetes.io/", "node.kubernetes.io/", "topology.kubernetes.io/", "eks.amazonaws.com/")


def is_part_of_job(pods: PodTemplate) -> bool:
    """Whether its object has pods of several roles."""
    return pods.role != "pod"


def title_of(pods: PodTemplate) -> str:
    """``Worker of MPIJob default/nccl-tests``."""
    return f"{pods.role.capitalize()} of {pods.of.title}" if is_part_of_job(pods) else pods.of.title


def image_names(pods: PodTemplate) -> Iterator[str]:
    """The images of all containers."""
    return (str(container.get("image", "")) for container in pods.containers)


def devices_and_memory(pods: PodTemplate) -> Iterator[str]:
    """The limits of all containers in words: ``4 vpc.amazonaws.com/efa``."""
    for container in pods.containers:
        limits: Mapping[str, Any] = at_path(container, "resources", "limits") or {}
        yield from (f"{amount} {name}" for name, amount in limits.items())


def is_privileged(pods: PodTemplate) -> bool:
    """Whether one of its containers may do on the node what root may."""
    return any(at_path(container, "securityContext", "privileged") is True for container in pods.containers)


def rights_on_the_node(pods: PodTemplate) -> tuple[str, ...]:
    """What its pods may do on their node that others may not, in words."""
    found = [words for key, words in _NAMESPACES_OF_THE_NODE.items() if pods.spec.get(key) is True]
    found += ["privileged: what root of the node may"] if is_privileged(pods) else []
    for container in pods.containers:
        added = as_list(at_path(container, "securityContext", "capabilities", "add"))
        found += [f"capability {name}" for name in added]
    paths = [at_path(volume, "hostPath", "path") for volume in as_mappings(pods.spec.get("volumes"))]
    found += [f"folder {path} of the node" for path in paths if path is not None]
    return tuple(dict.fromkeys(found))


def may_run_on(cluster: ReviewedCluster, pods: PodTemplate, group: NodeGroup) -> bool | None:
    """Whether nodes of a group take the pods, by labels and taints. None: it depends on labels that EKS sets."""
    node = cluster.node_of(group)
    if untolerated_taints(pods.spec, node, daemon=pods.of.kind == "DaemonSet"):
        return False
    unmet = unmet_requirement(pods.spec, node)
    if unmet is None:
        return True
    key, _ = unmet
    said = key in node["metadata"]["labels"]
    return None if not said and key.startswith(_OF_NODES_THEMSELVES) else False


def all_pods(clusters: Sequence[ReviewedCluster]) -> tuple[PodTemplate, ...]:
    """Those of all clusters."""
    return tuple(pods for cluster in clusters for pods in cluster.pods)
