"""What is wrong with the security groups of a node group where EFA passes all the same, by the group that EKS made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..lookups.deployed import DeployedCluster, DeployedNode, DeployedNodeGroup, SecurityGroup
from ..rules.security_groups import (
    CLUSTER_GROUP_MISSING,
    CLUSTER_GROUP_MISSING_ON_PRIMARY,
    ONLY_THE_CLUSTER_GROUP,
)
from .fabric import distinct_pairs, interfaces_in_words, judge_pair
from .finding import Finding, Level

__all__ = ["about_security_groups"]


def about_security_groups(
    node_group: DeployedNodeGroup, nodes: Iterable[DeployedNode], cluster: DeployedCluster, *, traffic_passes: bool
) -> Iterator[Finding]:
    """Find fault with the groups on the nodes' interfaces, and with those that should be there.

    :param traffic_passes: Whether EFA passes between all nodes. Where it does not, that says it already.
    """
    if traffic_passes:
        yield from _about_the_efa_groups(node_group, nodes, cluster)
    for node in nodes:
        yield from _about_the_cluster_group(node, cluster)


def _about_the_cluster_group(node: DeployedNode, cluster: DeployedCluster) -> Iterator[Finding]:
    lacking = [one for one in node.interfaces if cluster.security_group_id not in one.security_group_ids]
    primary = [one for one in lacking if (one.network_card_index, one.device_index) == (0, 0)]
    others = [one for one in lacking if one not in primary]
    if primary:
        yield Finding(
            code="primary-without-cluster-group",
            level=Level.FAULT,
            problem=f"the primary interface of {node.instance_id} does not carry the cluster's security group "
            f"{cluster.security_group_id}: the node and the control plane would not reach each other",
            fix=CLUSTER_GROUP_MISSING_ON_PRIMARY.mend(),
            rule=CLUSTER_GROUP_MISSING_ON_PRIMARY,
        )
    if others:
        yield Finding(
            code="interface-without-cluster-group",
            level=Level.WARNING,
            problem=f"interfaces of {node.instance_id} do not carry the cluster's security group: "
            f"{interfaces_in_words(others)}",
            fix=CLUSTER_GROUP_MISSING.mend(),
            rule=CLUSTER_GROUP_MISSING,
        )


def _about_the_efa_groups(
    node_group: DeployedNodeGroup, nodes: Iterable[DeployedNode], cluster: DeployedCluster
) -> Iterator[Finding]:
    """EFA that passes only by the rules that EKS wrote into its own group, though another group was meant for it."""
    nodes = [_without_group(node, cluster.security_group_id) for node in nodes]
    if all(judge_pair(a, b, cluster.security_groups).passes for a, b in distinct_pairs(nodes)):
        return
    found = list(_about_groups_for_efa(node_group, nodes, cluster)) or [_only_the_clusters(cluster)]
    yield from (replace(finding, rule=ONLY_THE_CLUSTER_GROUP) for finding in found)


def _about_groups_for_efa(
    node_group: DeployedNodeGroup, nodes: Iterable[DeployedNode], cluster: DeployedCluster
) -> Iterator[Finding]:
    """What is wrong with groups that are, or may be, there for the EFA traffic of nodes.

    :param nodes: Without the cluster's own group.
    """
    groups = cluster.security_groups
    carried = {id for node in nodes for one in node.efa_interfaces for id in one.security_group_ids} & set(groups)
    used = {id for each in cluster.node_groups for node in _all_nodes(each) for id in _carried_groups(node)}
    for id in sorted(carried):
        if groups[id].has_rule_to_itself(egress=False) is not groups[id].has_rule_to_itself(egress=True):
            yield _half_a_rule(groups[id], cluster)
        elif groups[id].made_for_efa and not _lets_efa_pass(groups[id]):
            yield _no_rule(groups[id], cluster)
        if _lets_efa_pass(groups[id]):
            yield from _lacking_on_some(groups[id], nodes, cluster)
    lacks_its_own = not any(groups[id].made_for_efa for id in carried)
    for id in sorted(set(groups) - used - {cluster.security_group_id}):
        # A group of another stack serves something else: there may be hundreds in the VPC.
        if node_group.stack_id and groups[id].stack_id == node_group.stack_id and _lets_efa_pass(groups[id]):
            meant = lacks_its_own and groups[id].made_for_efa and not _serves_others(groups[id])
            yield _not_carried(groups[id], cluster, meant=meant)


def _only_the_clusters(cluster: DeployedCluster) -> Finding:
    return Finding(
        code="only-cluster-group",
        level=Level.WARNING,
        problem=f"EFA passes only by what EKS wrote into the cluster's own group {cluster.security_group_id}: no other "
        "group of the EFA interfaces would let it pass",
        fix="nothing, if that is meant; else put a group on every interface that lets all traffic in from and out to "
        "itself",
    )


def _no_rule(group: SecurityGroup, cluster: DeployedCluster) -> Finding:
    return _left_to_the_cluster(
        group,
        cluster,
        code="no-rule-to-itself",
        why="it has neither an ingress nor an egress rule to itself",
        fix=f"add both rules to {_name(group)}: all traffic (protocol -1), itself at the other end",
    )


def _half_a_rule(group: SecurityGroup, cluster: DeployedCluster) -> Finding:
    missing = "egress" if group.has_rule_to_itself(egress=False) else "ingress"
    return _left_to_the_cluster(
        group,
        cluster,
        code="half-a-rule",
        why=f"it has no {missing} rule to itself",
        fix=f"add an {missing} rule to {_name(group)}: all traffic (protocol -1), itself at the other end",
        meant=group.made_for_efa,
    )


def _lacking_on_some(
    group: SecurityGroup, nodes: Iterable[DeployedNode], cluster: DeployedCluster
) -> Iterator[Finding]:
    """A group that lets EFA pass and that some EFA interfaces carry, but not all."""
    for node in nodes:
        lacking = [one for one in node.efa_interfaces if group.id not in one.security_group_ids]
        if lacking:
            yield Finding(
                code="interface-without-efa-group",
                level=Level.FAULT if group.made_for_efa else Level.WARNING,
                problem=f"EFA interfaces of {node.instance_id} ({interfaces_in_words(lacking)}) lack "
                f"{_name(group)}, by which the others exchange EFA traffic. Theirs passes only by what EKS wrote into "
                f"the cluster's own group {cluster.security_group_id}",
                fix=f"list {_name(group)} on every interface of the launch template",
            )


def _not_carried(group: SecurityGroup, cluster: DeployedCluster, *, meant: bool) -> Finding:
    return _left_to_the_cluster(
        group,
        cluster,
        code="group-not-carried",
        why="its rules are right, but no interface carries it",
        fix=f"list {_name(group)} on every interface of the launch template",
        meant=meant,
    )


def _left_to_the_cluster(
    group: SecurityGroup, cluster: DeployedCluster, *, code: str, why: str, fix: str, meant: bool = True
) -> Finding:
    """A group by which EFA would not pass.

    :param meant: Whether it is there for EFA.
    """
    name, own = _name(group), cluster.security_group_id
    if meant:
        return Finding(
            code=code,
            level=Level.FAULT,
            problem=f"by {name} EFA would not pass: {why}. EFA passes only by what EKS wrote into the cluster's own "
            f"group {own}",
            fix=fix,
        )
    return Finding(
        code=code,
        level=Level.WARNING,
        problem=f"EFA passes by the cluster's group {own}; {name} would not carry it alone: {why}",
        fix=f"nothing, unless the group is there for EFA: then {fix}",
    )


def _name(group: SecurityGroup) -> str:
    return f"{group.id} '{group.name}'"


def _lets_efa_pass(group: SecurityGroup) -> bool:
    return group.has_rule_to_itself(egress=False) and group.has_rule_to_itself(egress=True)


def _serves_others(group: SecurityGroup) -> bool:
    """Whether the group exchanges all traffic with another: that of a file system does, say."""
    return any(rule.all_protocols and rule.group_id not in (None, group.id) for rule in group.rules)


def _all_nodes(group: DeployedNodeGroup) -> tuple[DeployedNode, ...]:
    return (group.template_node, *group.nodes)


def _carried_groups(node: DeployedNode) -> Iterator[str]:
    return (id for one in node.interfaces for id in one.security_group_ids)


def _without_group(node: DeployedNode, group_id: str) -> DeployedNode:
    return replace(
        node,
        interfaces=tuple(
            replace(one, security_group_ids=tuple(id for id in one.security_group_ids if id != group_id))
            for one in node.interfaces
        ),
    )
