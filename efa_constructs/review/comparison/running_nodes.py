"""What a deployment does to nodes that run, and stay: rules of security groups, labels and taints change in place.

Sources: Amazon EC2 User Guide, "Security group rules" and "Security group connection tracking"; Amazon EKS API
Reference, "UpdateNodegroupConfig"; Kubernetes documentation, "DaemonSet" and "Taints and Tolerations".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...pods.node_rules import Taint, unmet_requirement
from ..blueprint import Blueprint
from ..clusters import ReviewedCluster, clusters_of
from ..node_group import NodeGroup
from ..resource import Resource
from ..templates import Templates

__all__ = ["interruptions_of_running_nodes"]

_Key = tuple[str, str]
_EFA_STOPS = (
    "A rule is taken away by which EFA traffic passes between nodes, those that run included: unless another of their "
    "groups lets it pass, jobs over several nodes hang or fail, at the latest when they connect anew."
)


def interruptions_of_running_nodes(before: Templates, after: Templates) -> Mapping[_Key, str]:
    """What changes for nodes that stay, in words, by the stack and the logical id of what is changed or deleted."""
    old, new = Blueprint(before), Blueprint(after)
    return {**dict(_by_rules(old, new)), **dict(_by_node_groups(old, new))}


def _by_rules(old: Blueprint, new: Blueprint) -> Iterator[tuple[_Key, str]]:
    """The rules by which the members of a group reached each other, and do no more."""
    still = {_key(group): group for group in _groups_of_efa(new)}
    for group in _groups_of_efa(old):
        if _key(group) not in still or len(old.directions_to_itself(group)) < 2:
            continue
        lost = old.directions_to_itself(group) - new.directions_to_itself(still[_key(group)])
        for rule in old.rules_of(group):
            if rule.direction in lost and rule.is_of_all_traffic and old.templates.at(rule.peer_group) is group:
                yield _key(rule.resource), _EFA_STOPS


def _groups_of_efa(blueprint: Blueprint) -> Iterator[Resource]:
    """The security groups of the templates that EFA interfaces carry."""
    values = (
        value for template in blueprint.launch_templates for one in template.efa_interfaces for value in one.groups
    )
    for value in dict.fromkeys(values):
        group = blueprint.templates.at(value)
        if group is not None and group.type == "AWS::EC2::SecurityGroup":
            yield group


def _by_node_groups(old: Blueprint, new: Blueprint) -> Iterator[tuple[_Key, str]]:
    later = {_key(group.resource): (cluster, group) for cluster, group in _node_groups(new)}
    for cluster, group in _node_groups(old):
        if _key(group.resource) in later:
            words = [
                *_by_labels(cluster, group, *later[_key(group.resource)]),
                *_by_taints(group, later[_key(group.resource)][1]),
            ]
            if words:
                yield _key(group.resource), " ".join(words)


def _node_groups(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, NodeGroup]]:
    for cluster in clusters_of(blueprint):
        for group in cluster.node_groups:
            yield cluster, group


def _by_labels(
    old_cluster: ReviewedCluster, old: NodeGroup, new_cluster: ReviewedCluster, new: NodeGroup
) -> Iterator[str]:
    """The DaemonSets whose pods leave nodes: of other pods, those that run stay."""
    if old.labels == new.labels:
        return
    ran = {
        template.of.title
        for template in old_cluster.pods
        if unmet_requirement(template.spec, old_cluster.node_of(old)) is None
    }
    for template in new_cluster.pods:
        if template.of.kind == "DaemonSet" and template.of.title in ran:
            unmet = unmet_requirement(template.spec, new_cluster.node_of(new), judges=lambda key: key in old.labels)
            if unmet is not None:
                yield (
                    f"The pods of {template.of.title} leave its nodes, which are no longer as it selects them "
                    f"({unmet[1]}): no new pod there gets what they provide."
                )


def _by_taints(old: NodeGroup, new: NodeGroup) -> Iterator[str]:
    before = [dict(taint) for taint in old.taints]
    for taint in new.taints:
        if taint["effect"] == "NoExecute" and dict(taint) not in before and isinstance(taint["key"], str):
            yield f"The taint {Taint.of(taint)} ends the pods on its nodes that do not tolerate it."


def _key(resource: Resource) -> _Key:
    return resource.stack.name, resource.logical_id
