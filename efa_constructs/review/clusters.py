"""What templates put on each cluster, and whether they make the cluster itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import catalogue
from ..catalogue import EFA_RESOURCE, NODE_GROUP_LABEL, InstanceType
from ..catalogue.labels import ARCHITECTURE_LABEL, INSTANCE_TYPE_LABELS, KUBERNETES_ARCHITECTURES
from ..catalogue.search import known_instance_type
from ..pods.image_references import image_reference
from ..pods.known_programs import PLUGINS, KnownProgram, known_program
from ..pods.node_rules import unmet_requirement
from .blueprint import Blueprint
from .charts import may_bring
from .manifests import HELM_CHART, KubernetesObject
from .node_group import NodeGroup
from .pod_templates import PodTemplate, pod_templates
from .resource import Resource
from .shapes import as_mapping
from .values import is_known

__all__ = ["ReviewedCluster", "clusters_of", "each_pod"]

# Groups of objects by which something else applies what these templates do not show: Argo CD, Flux, k3s' Helm
# controller, NVIDIA's GPU Operator.
_BRINGING_MORE = frozenset(
    {"argoproj.io", "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "helm.cattle.io", "nvidia.com"}
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReviewedCluster:
    """A cluster, as far as templates say."""

    # Its name, or a mark of it.
    name: str
    # None: it is there already, and what else runs on it is not known.
    resource: Resource | None
    node_groups: tuple[NodeGroup, ...]
    objects: tuple[KubernetesObject, ...]
    # Helm charts.
    charts: tuple[Resource, ...]
    # Whether EKS runs Argo CD for it.
    has_argo_cd: bool

    @cached_property
    def pods(self) -> tuple[PodTemplate, ...]:
        """The pod templates of all objects."""
        return tuple(template for one in self.objects for template in pod_templates(one))

    @property
    def images(self) -> Iterator[str]:
        """What its pods run."""
        return (str(container.get("image", "")) for template in self.pods for container in template.containers)

    @property
    def may_be_automatic(self) -> bool:
        """Whether EKS may make nodes for it by itself, with what their devices need: EKS Auto Mode."""
        return self.resource is None or self.resource.get("ComputeConfig.Enabled") not in (None, False, "false")

    @property
    def applies_more(self) -> bool:
        """Whether something on it applies what the templates do not show."""
        return self.has_argo_cd or any(one.group in _BRINGING_MORE for one in self.objects)

    @property
    def knows_programs(self) -> bool:
        """Whether no pod runs an image that only the deployment knows."""
        return all(is_known(image_reference(image).name) for image in self.images)

    def surely_lacks(self, program: KnownProgram) -> bool:
        """Whether the templates make the cluster, and nothing that they put on it runs a program."""
        if self.resource is None or self.applies_more or not self.knows_programs or any(self.running(program)):
            return False
        return not any(may_bring(chart, program) for chart in self.charts)

    def surely_lacks_plugin(self, resource: str) -> bool:
        """Whether nothing offers a device on the cluster, unless the AMI of a node group does."""
        return not self.may_be_automatic and self.surely_lacks(PLUGINS[resource])

    def of_kind(self, kind: str) -> Iterator[KubernetesObject]:
        """The objects of a kind."""
        return (one for one in self.objects if one.kind == kind)

    def running(self, program: KnownProgram) -> Iterator[PodTemplate]:
        """The pod templates that run a program."""
        for template in self.pods:
            containers = [{**each, "image": str(each.get("image", ""))} for each in template.spec["containers"]]
            if known_program({"spec": {"containers": containers}}) is program:
                yield template

    def node_groups_with(self, resource: str) -> Iterator[NodeGroup]:
        """The node groups whose nodes have a device."""
        return (group for group in self.node_groups if _has(group, resource))

    def groups_for(self, template: PodTemplate) -> list[NodeGroup]:
        """The node groups that have a device which a pod asks for, and whose nodes it does not exclude."""
        wanted = [resource for resource in PLUGINS if template.asks_for(resource)]
        return [
            group
            for group in self.node_groups
            if wanted
            and all(group in self.node_groups_with(resource) for resource in wanted)
            and unmet_requirement(template.spec, self.node_of(group)) is None
        ]

    def type_for(self, template: PodTemplate) -> InstanceType | None:
        """The type of the nodes that a pod goes to: that which it selects, or of all groups that have its devices."""
        for label in INSTANCE_TYPE_LABELS:
            wanted = as_mapping(template.spec.get("nodeSelector")).get(label)
            if isinstance(wanted, str) and is_known(wanted):
                return known_instance_type(wanted)
        types = {group.instance_type for group in self.groups_for(template)}
        return types.pop() if len(types) == 1 else None

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
            labels[ARCHITECTURE_LABEL] = KUBERNETES_ARCHITECTURES[instance.architecture]
        taints = [taint for taint in group.taints if isinstance(taint.get("key"), str)]
        return {"metadata": {"name": group.resource.logical_id, "labels": labels}, "spec": {"taints": taints}}


def clusters_of(blueprint: Blueprint) -> tuple[ReviewedCluster, ...]:
    """The clusters that templates make, or put something on."""
    return blueprint.once(_clusters)


def _clusters(blueprint: Blueprint) -> tuple[ReviewedCluster, ...]:
    made = {str(resource.reference): resource for resource in blueprint.clusters}
    for resource in list(made.values()):
        name = resource.get("Name")
        if isinstance(name, str):
            made.setdefault(name, resource)
    # Manifests may name by its name the cluster that node groups refer to.
    keys = {name: str(resource.reference) for name, resource in made.items()}

    def key(name: str) -> str:
        return keys.get(name, name)

    charts = blueprint.templates.of_type(HELM_CHART)
    capabilities = blueprint.templates.of_type("AWS::EKS::Capability")
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
            charts=tuple(chart for chart in charts if key(str(chart.get("ClusterName"))) == name),
            has_argo_cd=any(
                each.get("Type") == "ARGOCD" and key(str(each.get("ClusterName"))) == name for each in capabilities
            ),
        )
        for name in names
    )


def each_pod(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, PodTemplate]]:
    """The pod templates that templates put on clusters."""
    for cluster in clusters_of(blueprint):
        for template in cluster.pods:
            yield cluster, template


def _has(group: NodeGroup, resource: str) -> bool:
    if resource == EFA_RESOURCE:
        return bool(group.efa_interfaces)
    return group.instance_type is not None and catalogue.accelerator_resource(group.instance_type) == resource
