"""Judges a deployed node group: does EFA work between all its nodes, on the whole fabric that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from .. import catalogue
from ..errors import NotAnEfaInstanceTypeError, UnknownInstanceTypeError
from ..lookups.deployed import DeployedCluster, DeployedNode, DeployedNodeGroup, SecurityGroup
from .fabric import Finding, Level, PairVerdict, has_rule_to_itself, interfaces_in_words, judge_pair

__all__ = ["NodeGroupVerdict", "judge_node_group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroupVerdict:
    """Whether EFA works in a node group."""

    cluster_name: str
    node_group_name: str
    # False: no interface of the group has EFA, so there was nothing to judge.
    has_efa: bool
    # Whether fewer than two nodes exist, and two like the launch template's were judged.
    imagined: bool
    pairs_judged: int
    findings: tuple[Finding, ...]

    @property
    def traffic_passes(self) -> bool:
        """Whether EFA packets pass between every two nodes."""
        return self.has_efa and not any(finding.level is Level.BLOCKS for finding in self.findings)

    @property
    def sound(self) -> bool:
        """Whether they pass, and nothing else is at fault. Warnings do not count."""
        return self.has_efa and all(finding.level is Level.WARNING for finding in self.findings)


def judge_node_group(node_group: DeployedNodeGroup, cluster: DeployedCluster) -> NodeGroupVerdict:
    """Judge every pair of a node group's nodes, and each node by itself.

    Traffic needs two nodes: a group that has fewer is judged as if its launch template had made two.
    """
    nodes, imagined = _nodes_to_judge(node_group)
    has_efa = any(node.efa_interfaces for node in nodes)
    pairs = list(_pairs(nodes)) if has_efa else []
    verdicts = [judge_pair(first, second, cluster.security_groups) for first, second in _distinct(pairs)]
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    if has_efa:
        findings += _about_the_cluster_group(node_group, nodes, verdicts, cluster)
        findings += [finding for node in nodes for finding in _about_the_node(node, cluster)]
        findings += _about_the_group(node_group)
    findings += _about_the_status(node_group)
    return NodeGroupVerdict(
        cluster_name=cluster.name,
        node_group_name=node_group.name,
        has_efa=has_efa,
        imagined=imagined,
        pairs_judged=len(pairs),
        findings=_once_each(findings),
    )


def _nodes_to_judge(node_group: DeployedNodeGroup) -> tuple[tuple[DeployedNode, ...], bool]:
    if len(node_group.nodes) > 1:
        return node_group.nodes, False
    first = node_group.nodes[0] if node_group.nodes else node_group.template_node
    return (first, replace(node_group.template_node, instance_id="a second node")), True


def _pairs(nodes: Iterable[DeployedNode]) -> Iterator[tuple[DeployedNode, DeployedNode]]:
    return combinations(nodes, 2)


def _distinct(
    pairs: Iterable[tuple[DeployedNode, DeployedNode]],
) -> Iterator[tuple[DeployedNode, DeployedNode]]:
    """One pair of each kind: a thousand equal nodes have half a million pairs with one answer."""
    seen = set()
    for first, second in pairs:
        kind = (_kind(first), _kind(second))
        if kind not in seen:
            seen.add(kind)
            yield first, second


def _kind(node: DeployedNode) -> tuple[object, ...]:
    """What the verdict about a node depends on."""
    interfaces = tuple(
        (one.network_card_index, one.device_index, one.interface_type, one.security_group_ids)
        for one in node.interfaces
    )
    return node.instance_type, node.availability_zone, node.vpc_id, interfaces


def _about_the_cluster_group(
    node_group: DeployedNodeGroup,
    nodes: Iterable[DeployedNode],
    verdicts: Iterable[PairVerdict],
    cluster: DeployedCluster,
) -> Iterator[Finding]:
    """EFA that passes only by the rules that EKS wrote into its own group, though another group was meant for it."""
    if not all(verdict.passes for verdict in verdicts):
        return
    nodes = [_without_group(node, cluster.security_group_id) for node in nodes]
    if all(judge_pair(a, b, cluster.security_groups).passes for a, b in _distinct(_pairs(nodes))):
        return
    groups = cluster.security_groups
    carried = {id for node in nodes for one in node.efa_interfaces for id in one.security_group_ids} & set(groups)
    used = {id for each in cluster.node_groups for node in _all_nodes(each) for id in _carried_groups(node)}
    for id in sorted(carried):
        if has_rule_to_itself(groups[id], egress=False) is not has_rule_to_itself(groups[id], egress=True):
            yield _half_a_rule(groups[id], cluster)
    lacks_its_own = not any(groups[id].made_for_efa for id in carried)
    for id in sorted(set(groups) - used - {cluster.security_group_id}):
        # A group of another stack serves something else: there may be hundreds in the VPC.
        if node_group.stack_id and groups[id].stack_id == node_group.stack_id and _lets_efa_pass(groups[id]):
            meant = lacks_its_own and groups[id].made_for_efa and not _serves_others(groups[id])
            yield _not_carried(groups[id], cluster, meant=meant)


def _half_a_rule(group: SecurityGroup, cluster: DeployedCluster) -> Finding:
    name = f"{group.id} '{group.name}'"
    missing = "egress" if has_rule_to_itself(group, egress=False) else "ingress"
    rule = f"add an {missing} rule to {name}: all traffic (protocol -1), itself at the other end"
    if group.made_for_efa:
        return Finding(
            code="half-a-rule",
            level=Level.FAULT,
            problem=f"by {name} EFA would not pass: it has no {missing} rule to itself. EFA passes only by what EKS "
            f"wrote into the cluster's own group {cluster.security_group_id}",
            fix=rule,
        )
    return Finding(
        code="half-a-rule",
        level=Level.WARNING,
        problem=f"EFA passes by the cluster's group {cluster.security_group_id}; {name} would not carry it alone: it "
        f"has no {missing} rule to itself",
        fix=f"nothing, unless the group is there for EFA: then {rule}",
    )


def _not_carried(group: SecurityGroup, cluster: DeployedCluster, *, meant: bool) -> Finding:
    name = f"{group.id} '{group.name}'"
    listing = f"list {name} on every interface of the launch template"
    if meant:
        return Finding(
            code="group-not-carried",
            level=Level.FAULT,
            problem=f"by {name} EFA would not pass: its rules are right, but no interface carries it. EFA passes only "
            f"by what EKS wrote into the cluster's own group {cluster.security_group_id}",
            fix=listing,
        )
    return Finding(
        code="group-not-carried",
        level=Level.WARNING,
        problem=f"EFA passes by the cluster's group {cluster.security_group_id}; {name} would not carry it alone: no "
        "interface carries that group",
        fix=f"nothing, unless the group is there for these nodes: then {listing}",
    )


def _lets_efa_pass(group: SecurityGroup) -> bool:
    return has_rule_to_itself(group, egress=False) and has_rule_to_itself(group, egress=True)


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


def _about_the_node(node: DeployedNode, cluster: DeployedCluster) -> Iterator[Finding]:
    yield from _too_few_interfaces(node)
    lacking = [one for one in node.interfaces if cluster.security_group_id not in one.security_group_ids]
    primary = [one for one in lacking if (one.network_card_index, one.device_index) == (0, 0)]
    others = [one for one in lacking if one not in primary]
    if primary:
        yield Finding(
            code="primary-without-cluster-group",
            level=Level.FAULT,
            problem=f"the primary interface of {node.instance_id} does not carry the cluster's security group "
            f"{cluster.security_group_id}: the node and the control plane would not reach each other",
            fix="list the cluster's security group beside the EFA group: EKS adds it only to a template without any",
        )
    if others:
        yield Finding(
            code="interface-without-cluster-group",
            level=Level.WARNING,
            problem=f"interfaces of {node.instance_id} do not carry the cluster's security group: "
            f"{interfaces_in_words(others)}",
            fix="list the cluster's security group on every interface",
        )


def _too_few_interfaces(node: DeployedNode) -> Iterator[Finding]:
    try:
        most = catalogue.get(node.instance_type).maximum_efa_interfaces
    except (UnknownInstanceTypeError, NotAnEfaInstanceTypeError):
        return
    if most is not None and len(node.efa_interfaces) < most:
        yield Finding(
            code="too-few-efa-interfaces",
            level=Level.FAULT,
            problem=f"{node.instance_id} has {len(node.efa_interfaces)} EFA interfaces "
            f"({interfaces_in_words(node.efa_interfaces) or 'none'}), a {node.instance_type} can have {most}: "
            "EFA would not pass on the whole fabric",
            fix=f"give the launch template the interfaces that 'efa instances {node.instance_type}' shows",
        )


def _about_the_group(node_group: DeployedNodeGroup) -> Iterator[Finding]:
    if len(node_group.availability_zones) > 1:
        yield Finding(
            code="several-zones",
            level=Level.FAULT,
            problem=f"the subnets are in several Availability Zones ({', '.join(node_group.availability_zones)}), "
            "which EFA does not cross, and EKS may put a node into either",
            fix="give the node group exactly one subnet",
        )
    if node_group.placement_group is None and not node_group.capacity_reservation:
        yield Finding(
            code="no-placement-group",
            level=Level.WARNING,
            problem="the nodes are in no cluster placement group, so they may land far from each other",
            fix="name a placement group of strategy cluster in the launch template",
        )
    if node_group.placement_group is not None and node_group.placement_group.strategy != "cluster":
        yield Finding(
            code="placement-group-spreads",
            level=Level.WARNING,
            problem=f"the strategy of placement group '{node_group.placement_group.name}' is "
            f"{node_group.placement_group.strategy}, which keeps nodes apart",
            fix="use a placement group of strategy cluster",
        )


def _about_the_status(node_group: DeployedNodeGroup) -> Iterator[Finding]:
    if node_group.status != "ACTIVE" or node_group.health_issues:
        yield Finding(
            code="not-active",
            level=Level.FAULT,
            problem="; ".join((f"the node group is {node_group.status}", *node_group.health_issues)),
            fix="see what EKS says about its health",
        )
    if len(node_group.nodes) < node_group.desired_size:
        yield Finding(
            code="nodes-missing",
            level=Level.FAULT,
            problem=f"{node_group.desired_size} nodes are wanted, {len(node_group.nodes)} exist",
            fix="see the activity of the node group's Auto Scaling group",
        )


def _once_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each thing to mend, however many pairs or nodes show it, the worst first."""
    order = list(Level)
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.code, finding.fix), finding)
    return tuple(sorted(first.values(), key=lambda finding: order.index(finding.level)))
