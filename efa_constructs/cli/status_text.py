"""What ``efa status`` prints for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, HUGEPAGES_RESOURCE, NEURON_RESOURCE
from ..cluster.status import ClusterStatus
from ..cluster.summary import ClusterSummary, SummarizedNode, devices_in_words, summarize
from ..lookups.node_group_states import ClusterState, NodeGroupState
from ..pods.requests import amounts, written
from .cluster_text import print_job, print_nodes, print_unplaced, print_warnings
from .text_parts import print_facts, print_finding, print_heading, print_indented, print_list

__all__ = ["print_status"]

_SHOWN = (EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE, HUGEPAGES_RESOURCE)


def print_status(out: Console, status: ClusterStatus, *, findings_first: bool = False) -> None:
    """Print both halves of a cluster, what is wrong, and what could not be read.

    :param findings_first: Whether what is wrong comes before nodes and jobs, for where the end may not be seen.
    """
    summary = summarize(status.snapshot) if status.snapshot else None
    out.print(Text(_title(status), style="bold"))
    if status.state is not None:
        # Who may not see nodes does not know how many are Ready.
        nodes = summary.nodes if summary and "nodes" not in status.unread else None
        _print_node_groups(out, status, status.state, nodes)
    if findings_first:
        _print_findings(out, status)
    if summary is not None:
        _print_kubernetes(out, status, summary)
    if not findings_first:
        _print_findings(out, status)
    print_list(out, "Not checked", status.not_checked)


def _title(status: ClusterStatus) -> str:
    if status.state is not None:
        state = status.state
        return f"Cluster {state.name} in {state.region}: Kubernetes {state.version}, {state.status}"
    assert status.kubeconfig is not None
    where = f" in {status.region}" if status.region else ""
    name = f" {status.cluster_name}{where}," if status.cluster_name else ""
    return f"Cluster{name} of context {status.kubeconfig.context} ({status.kubeconfig.server})"


def _print_node_groups(
    out: Console, status: ClusterStatus, state: ClusterState, nodes: Sequence[SummarizedNode] | None
) -> None:
    if not state.node_groups:
        print_indented(out, "no managed node group")
    # What a launch template names, EKS does not repeat.
    types = {group.name: group.instance_type for group in (status.deployed.node_groups if status.deployed else ())}
    print_facts(
        out,
        (
            (group.name, _node_group_in_words(group, group.instance_types or (types.get(group.name, ""),), nodes))
            for group in state.node_groups
        ),
    )


def _node_group_in_words(
    group: NodeGroupState, instance_types: Sequence[str], nodes: Sequence[SummarizedNode] | None
) -> str:
    sizes = f"{group.desired_size} desired (min {group.min_size}, max {group.max_size})"
    if nodes is not None:
        own = [node for node in nodes if node.node_group == group.name]
        sizes = f"{sum(node.ready for node in own)} of {len(own)} nodes Ready, {sizes}"
    facts = (group.status, sizes, *filter(None, instance_types), group.capacity_type.lower().replace("_", "-"))
    return ", ".join(facts)


def _print_kubernetes(out: Console, status: ClusterStatus, summary: ClusterSummary) -> None:
    print_heading(out, "Nodes, and the pods on them")
    if "nodes" in status.unread:
        print_indented(out, "not known, for they may not be read")
    else:
        print_nodes(out, summary, offers=lambda node: _offers(node, status.expected.get(node.name, {})), restarts=True)
    print_unplaced(out, summary)
    print_heading(out, "Jobs")
    if not summary.jobs:
        may_not = status.unread & {"mpi_jobs", "jobs"}
        print_indented(out, "none that may be read" if may_not else "none")
    for job in summary.jobs:
        print_job(out, job)
    if summary.warnings:
        print_heading(out, "Warnings")
        print_warnings(out, summary.warnings)


def _offers(node: SummarizedNode, expected: Mapping[str, int]) -> str:
    """``4 EFAs, 8 GPUs, 21122Mi of hugepages-2Mi``, and of how many where they are fewer than there should be."""
    offered = {name: amount for name, amount in amounts(node.allocatable).items() if name in _SHOWN}
    words = []
    for resource in _SHOWN:
        has, should = offered.get(resource, Decimal(0)), Decimal(expected.get(resource, 0))
        if has or should:
            short = f" (should be {written(resource, should)})" if has < should else ""
            words.append(devices_in_words({resource: written(resource, has)}) + short)
    return ", ".join(words)


def _print_findings(out: Console, status: ClusterStatus) -> None:
    if status.findings:
        print_heading(out, "What is wrong")
    for finding in status.findings:
        print_finding(out, finding)
    if not status.findings:
        out.print()
        if status.half_missing:
            print_indented(
                out, Text("Whether all is well is not known: half of it was not read.", style="yellow"), by=0
            )
        else:
            print_indented(out, Text("Nothing is wrong with what was read.", style="green"), by=0)
