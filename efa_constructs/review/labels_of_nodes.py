"""The labels of the nodes that templates make, and whether a cluster may have other nodes than those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from ..catalogue import NODE_GROUP_LABEL
from ..catalogue.labels import (
    ARCHITECTURE_LABEL,
    CAPACITY_TYPE_LABEL,
    INSTANCE_TYPE_LABELS,
    KUBERNETES_ARCHITECTURES,
    ZONE_LABELS,
)
from .blueprint import Blueprint
from .charts import may_bring_nodes
from .clusters import ReviewedCluster
from .node_group import NodeGroup
from .subnets import zone_of
from .templates import Templates
from .values import is_known, known_text

__all__ = [
    "is_for_groups_to_set",
    "knows_labels",
    "labels_by_aws",
    "may_have_nodes_beside_karpenters",
    "may_have_other_nodes",
]

# Domains of labels that the kubelet, EKS, Karpenter, NVIDIA's feature discovery and the like set on nodes.
_OF_OTHERS = ("eks.amazonaws.com", "k8s.aws", "k8s.io", "karpenter.sh", "kubernetes.io", "nvidia.com", "x-k8s.io")
# What joins a cluster without being a managed node group, or makes nodes that do.
_OTHER_NODES = (
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::EC2::EC2Fleet",
    "AWS::EC2::Instance",
    "AWS::EC2::SpotFleet",
    "AWS::EKS::FargateProfile",
    "AWS::SageMaker::Cluster",
)
_KINDS_OF_KARPENTER = ("EC2NodeClass", "NodeClass", "NodePool", "Provisioner")


def labels_by_aws(templates: Templates, group: NodeGroup) -> Iterator[Mapping[str, str]]:
    """The labels that AWS sets on nodes of a group, for each kind of node that it may launch.

    Those that only the deployment knows are missing.
    """
    same = {
        NODE_GROUP_LABEL: known_text(group.resource.get("NodegroupName")),
        CAPACITY_TYPE_LABEL: known_text(group.resource.get("CapacityType", "ON_DEMAND")),
        ARCHITECTURE_LABEL: KUBERNETES_ARCHITECTURES.get((group.ami_type and group.ami_type.architecture) or ""),
    }
    for instance_type, zone in product(_instance_types(group), _zones(templates, group)):
        labels = same | dict.fromkeys(INSTANCE_TYPE_LABELS, instance_type) | dict.fromkeys(ZONE_LABELS, zone)
        yield {key: value for key, value in labels.items() if value is not None}


def _instance_types(group: NodeGroup) -> list[str | None]:
    known = group.instance_type_names
    return [*known] if known and len(known) >= len(group.resource.items("InstanceTypes")) else [None]


def _zones(templates: Templates, group: NodeGroup) -> list[str | None]:
    zones = [zone_of(templates, subnet) for subnet in group.resource.items("Subnets")]
    return list(dict.fromkeys(zones)) or [None]


def is_for_groups_to_set(key: str) -> bool:
    """Whether nodes have a label only where their node group says so, or people set it."""
    domain = key.rpartition("/")[0]
    # Of a field of the node: "metadata.name".
    return key != "metadata.name" and not any(f".{domain}".endswith(f".{other}") for other in _OF_OTHERS)


def knows_labels(group: NodeGroup) -> bool:
    """Whether the labels that a group says are all that it sets: user data may set others."""
    if not group.has_own_template or not is_known(group.resource.get("Labels")):
        return False
    user_data = b"" if group.launch_template is None else group.launch_template.user_data
    if user_data is None:
        return False
    text = user_data.decode("utf-8", "replace")
    # The flag of the kubelet, and the table of Bottlerocket's settings. What is no text may say anything.
    return is_known(text) and "\ufffd" not in text and "node-labels" not in text


def may_have_other_nodes(blueprint: Blueprint, cluster: ReviewedCluster) -> bool:
    """Whether a cluster may have nodes that are of no node group of these templates."""
    return (
        not cluster.node_groups
        or cluster.may_be_automatic
        or any(map(may_bring_nodes, cluster.charts))
        or cluster.applies_more
        or bool(blueprint.templates.of_type(*_OTHER_NODES))
        or bool(blueprint.objects_of_kind(*_KINDS_OF_KARPENTER))
        or any("karpenter" in image for image in cluster.images)
    )


def may_have_nodes_beside_karpenters(blueprint: Blueprint, cluster: ReviewedCluster) -> bool:
    """Whether a cluster may have nodes that neither a node group of these templates makes nor Karpenter."""
    return cluster.resource is None or cluster.applies_more or bool(blueprint.templates.of_type(*_OTHER_NODES))
