"""What templates would make, as far as EFA is concerned: clusters, nodes, security groups, Kubernetes objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from ..catalogue import InstanceType
from ..catalogue.search import known_instance_type
from .launch_template import LaunchTemplate
from .manifests import KubernetesObject, kubernetes_objects
from .node_group import NodeGroup
from .resource import CLUSTER_TYPES, Resource
from .security_groups import GroupRule, group_rules
from .templates import Templates
from .values import known_text

__all__ = ["Blueprint"]

_Worked = TypeVar("_Worked")


class Blueprint:
    """What templates would make."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self._worked: dict[Callable[..., Any], tuple[Any, ...]] = {}

    def once(self, work: Callable[[Blueprint], Iterable[_Worked]]) -> tuple[_Worked, ...]:
        """What a function of the blueprint gives, worked out at the first call."""
        if work not in self._worked:
            self._worked[work] = tuple(work(self))
        return self._worked[work]

    @cached_property
    def launch_templates(self) -> tuple[LaunchTemplate, ...]:
        """All launch templates, those without a node group among them."""
        return tuple(
            LaunchTemplate(resource=resource) for resource in self.templates.of_type("AWS::EC2::LaunchTemplate")
        )

    @cached_property
    def node_groups(self) -> tuple[NodeGroup, ...]:
        """All managed node groups."""
        return tuple(
            NodeGroup(resource=resource, launch_template=self._launch_template(resource))
            for resource in self.templates.of_type("AWS::EKS::Nodegroup")
        )

    @cached_property
    def clusters(self) -> Sequence[Resource]:
        """The clusters that the templates make, by whichever of CDK's modules."""
        return self.templates.of_type(*CLUSTER_TYPES)

    def node_groups_of(self, template: LaunchTemplate) -> list[NodeGroup]:
        """Those that launch from it."""
        return [group for group in self.node_groups if group.launch_template is template]

    def cluster_of(self, group: NodeGroup) -> Resource | None:
        """The cluster that its nodes join. None: it is of elsewhere."""
        return self.cluster_named(group.resource.get("ClusterName"))

    def cluster_named(self, name: Any) -> Resource | None:
        """The cluster that a value names. None: it is of elsewhere."""
        return next(
            (
                cluster
                for cluster in self.clusters
                if self.templates.at(name) is cluster or (name is not None and cluster.get("Name") == name)
            ),
            None,
        )

    def type_of(self, template: LaunchTemplate) -> InstanceType | None:
        """The type of the instances that a launch template makes, where it is one that has EFA."""
        if template.instance_type_name is not None:
            return known_instance_type(template.instance_type_name)
        types = {group.instance_type for group in self.node_groups if group.launch_template is template}
        return types.pop() if len(types) == 1 else None

    @cached_property
    def group_rules(self) -> tuple[GroupRule, ...]:
        """The rules of all security groups, those of groups of elsewhere included."""
        return tuple(group_rules(self.templates))

    def rules_of(self, group: Resource) -> Sequence[GroupRule]:
        """The rules of a security group of the templates."""
        return self._rules_by_group.get(group, ())

    @cached_property
    def _rules_by_group(self) -> Mapping[Resource | None, Sequence[GroupRule]]:
        by_group: dict[Resource | None, list[GroupRule]] = {}
        for rule in self.group_rules:
            by_group.setdefault(rule.group, []).append(rule)
        return by_group

    def directions_to_itself(self, group: Resource) -> frozenset[str]:
        """The directions, of "Ingress" and "Egress", in which members of a group exchange all traffic by its rules."""
        return frozenset(
            rule.direction
            for rule in self.rules_of(group)
            if rule.is_of_all_traffic and self.templates.at(rule.peer_group) is group
        )

    @cached_property
    def objects(self) -> tuple[KubernetesObject, ...]:
        """All Kubernetes objects."""
        return kubernetes_objects(self.templates)

    def objects_of_kind(self, *kinds: str) -> list[KubernetesObject]:
        """Those of some kinds."""
        return [each for each in self.objects if each.kind in kinds]

    def _launch_template(self, group: Resource) -> LaunchTemplate | None:
        named = group.get("LaunchTemplate.Name")
        for template in self.launch_templates:
            at = self.templates.at(group.get("LaunchTemplate.Id")) or self.templates.at(named)
            if at is template.resource or (
                known_text(named) is not None and template.resource.get("LaunchTemplateName") == named
            ):
                return template
        return None
