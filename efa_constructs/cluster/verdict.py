"""Judges a deployed node group: does EFA work between all its nodes, on the whole fabric that they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import comb

from ..lookups.deployed import DeployedCluster, DeployedNode, DeployedNodeGroup
from .fabric import distinct_pairs, judge_pair
from .finding import Finding, Level
from .node_group_findings import about_efa_nodes, about_missing_nodes, about_nodes_without_efa
from .node_group_health import about_health
from .security_group_findings import about_security_groups
from .way_out_findings import about_ways_out

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
    findings: list[Finding] = []
    if has_efa:
        verdicts = [judge_pair(first, second, cluster.security_groups) for first, second in distinct_pairs(nodes)]
        findings += [finding for verdict in verdicts for finding in verdict.findings]
        passes = all(verdict.passes for verdict in verdicts)
        findings += about_security_groups(node_group, nodes, cluster, traffic_passes=passes)
        findings += about_efa_nodes(node_group, nodes)
        findings += about_ways_out(node_group, cluster)
    else:
        findings += about_nodes_without_efa(node_group)
    findings += about_missing_nodes(node_group)
    return NodeGroupVerdict(
        cluster_name=cluster.name,
        node_group_name=node_group.name,
        has_efa=has_efa,
        imagined=imagined,
        pairs_judged=comb(len(nodes), 2) if has_efa else 0,
        # Each health issue is one to mend, also where two have the same fix.
        findings=_worst_first([*_once_each(findings), *about_health(node_group.status, node_group.health_issues)]),
    )


def _nodes_to_judge(node_group: DeployedNodeGroup) -> tuple[tuple[DeployedNode, ...], bool]:
    if len(node_group.nodes) > 1:
        return node_group.nodes, False
    first = node_group.nodes[0] if node_group.nodes else node_group.template_node
    return (first, replace(node_group.template_node, instance_id="a second node")), True


def _once_each(findings: Iterable[Finding]) -> Iterable[Finding]:
    """One finding for each thing to mend, however many pairs or nodes show it."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.code, finding.fix), finding)
    return first.values()


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    order = list(Level)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.level)))
