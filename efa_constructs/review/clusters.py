"""What templates put on each cluster, and whether they make the cluster itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import catalogue
from ..catalogue import EFA_RESOURCE, NODE_GROUP_LABEL
from ..catalogue.labels import INSTANCE_TYPE_LABELS, KUBERNETES_ARCHITECTURES
from ..pods.known_programs import KnownProgram, known_program
from .blueprint import Blueprint, NodeGroup
from .manifests import HELM_CHART, KubernetesObject
from .pod_templates import PodTemplate, pod_templates
from .templates import Resource

__all__ = ["ReviewedCluster", "clusters_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReviewedCluster:
    """A cluster, as far as templates say."""

    # Its name, or a mark of it.
    name: str
    # None: it is there already, and what else runs on it is not known.
    resource: Resource | None
    node_groups: tuple[NodeGroup, ...]
    objects: tuple[KubernetesObject, ...]

    @cached_property
    def pods(self) -> tuple[PodTemplate, ...]:
        """The pod templates of all objects."""
        return tuple(template for one in self.objects for template in pod_templates(one))

    # Whether Helm charts are installed on it, which may bring anything.
    has_charts: bool

    @property
    def is_listed(self) -> bool:
        """Whether all that runs on the cluster is in the templates, but for what EKS runs by itself."""
        return self.resource is not None and not self.has_charts

    @property
    def is_whole(self) -> bool:
        """Whether EKS runs nothing by itself on its nodes, either."""
        auto_mode = self.resource is not None and self.resource.get("ComputeConfig.Enabled") is True
        return self.is_listed and not auto_mode

    def of_kind(self, kind: str) -> Iterator[KubernetesObject]:
        """The objects of a kind."""
        return (one for one in self.objects if one.kind == kind)

    def running(self, program: KnownProgram) -> Iterator[PodTemplate]:
        """The pod templates that run a program."""
        for template in self.pods:
            images = [{"image": str(container.get("image", ""))} for container in template.spec["containers"]]
            if known_program({"spec": {"containers": images}}) is program:
                yield template

    def node_groups_with(self, resource: str) -> Iterator[NodeGroup]:
        """The node groups whose nodes have a device."""
        return (group for group in self.node_groups if _has(group, resource))

    def node_of(self, group: NodeGroup) -> Mapping[str, Any]:
        """A node of a group as the scheduler sees it, as far as the templates say."""
        name = group.resource.get("NodegroupName")
        labels = {
            "kubernetes.io/os": "linux",
            NODE_GROUP_LABEL: name if isinstance(name, str) else group.resource.logical_id,
            **group.labels,
        }
        instance = group.instance_type
        if instance is not None:
            labels |= dict.fromkeys(INSTANCE_TYPE_LABELS, instance.name)
            labels["kubernetes.io/arch"] = KUBERNETES_ARCHITECTURES[instance.architecture]
        taints = [taint for taint in group.taints if isinstance(taint.get("key"), str)]
        return {"metadata": {"name": group.resource.logical_id, "labels": labels}, "spec": {"taints": taints}}


def clusters_of(blueprint: Blueprint) -> tuple[ReviewedCluster, ...]:
    """The clusters that templates make, or put something on."""
    made = {str(resource.reference): resource for resource in blueprint.templates.of_type("AWS::EKS::Cluster")}
    for resource in list(made.values()):
        name = resource.get("Name")
        if isinstance(name, str):
            made.setdefault(name, resource)
    # Manifests may name by its name the cluster that node groups refer to.
    keys = {name: str(resource.reference) for name, resource in made.items()}

    def key(name: str) -> str:
        return keys.get(name, name)

    charts = {key(str(chart.get("ClusterName"))) for chart in blueprint.templates.of_type(HELM_CHART)}
    names = dict.fromkeys(
        key(name)
        for name in (*(group.cluster for group in blueprint.node_groups), *(one.cluster for one in blueprint.objects))
    )
    return tuple(
        ReviewedCluster(
            name=name,
            resource=made.get(name),
            node_groups=tuple(group for group in blueprint.node_groups if key(group.cluster) == name),
            objects=tuple(one for one in blueprint.objects if key(one.cluster) == name),
            has_charts=name in charts,
        )
        for name in names
    )


def _has(group: NodeGroup, resource: str) -> bool:
    if resource == EFA_RESOURCE:
        return bool(group.efa_interfaces)
    return group.instance_type is not None and catalogue.accelerator_resource(group.instance_type) == resource
