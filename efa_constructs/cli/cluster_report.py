"""The part of the report of ``efa rehearse`` about a Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..cluster.summary import (
    ClusterEvent,
    ClusterSummary,
    PodRole,
    SummarizedJob,
    SummarizedNode,
    SummarizedPod,
    alike,
    devices_in_words,
)
from ..lookups.deployed import DeployedCluster
from ..rehearsal.cluster_findings import RehearsedCluster
from ..rehearsal.efa_reachability import EfaReachability, EqualNodes, efa_reachability
from ..rehearsal.rehearsed_summary import summarize_rehearsed
from .report_parts import print_facts, print_finding, print_heading, print_indented

__all__ = ["print_cluster", "print_reachability"]

# Of objects that an event names.
_MOST_OBJECTS = 2
_TRANSPORT = {
    "efa": "EFA would carry it between every two of its nodes",
    "tcp-instead": "TCP would carry it, although its workers ask for EFAs",
    "tcp": "TCP would carry it: its workers ask for no EFA",
    "single-node": "none between nodes: all its workers are on one",
}


def print_cluster(out: Console, cluster: RehearsedCluster) -> None:
    """Print nodes with their pods, jobs, warnings and findings."""
    running, ended = summarize_rehearsed(cluster.running), summarize_rehearsed(cluster.ended)
    print_heading(out, f"On cluster {cluster.running.cluster_name}")
    _print_nodes(out, running)
    for why, names in running.unplaced.items():
        print_indented(out, Text.assemble(("no node takes ", "bold red"), f"{_some(names)}: {why}"))
    for job in ended.jobs:
        _print_job(out, job)
    _print_warnings(out, ended.warnings)
    for finding in cluster.findings:
        print_finding(out, finding)


def _print_nodes(out: Console, summary: ClusterSummary) -> None:
    if not summary.nodes:
        print_indented(out, "no node")
    for nodes in alike(summary):
        _print_node(out, nodes, summary.pods_on(nodes[0]))


def _print_node(out: Console, nodes: list[SummarizedNode], pods: Iterable[SummarizedPod]) -> None:
    node = nodes[0]
    devices = devices_in_words(node.devices) or "no device"
    others = f", and {len(nodes) - 1:,} more like it" if len(nodes) > 1 else ""
    ready = "" if node.ready else ", NOT READY"
    print_indented(
        out,
        Text.assemble(
            (f"{node.name}{others}", "bold"),
            f": {node.instance_type} in {node.availability_zone}{ready}, offers ",
            (devices, "green" if node.devices else "red"),
        ),
    )
    print_facts(out, _pods_in_words(pods), by=2)


def _pods_in_words(pods: Iterable[SummarizedPod]) -> Iterator[tuple[str, str]]:
    """A line for each pod, but one for all those that are no concern of EFA's and run."""
    by_the_way = []
    for pod in pods:
        if pod.role is PodRole.OTHER and pod.state == "Running" and not pod.holds:
            by_the_way.append(f"{pod.namespace}/{pod.name}")
        else:
            yield str(pod.role).replace("-", " "), _pod_in_words(pod)
    if by_the_way:
        yield "others", f"{len(by_the_way)} Running ({_some(by_the_way)})"


def _pod_in_words(pod: SummarizedPod) -> str:
    holds = f", holds {devices_in_words(pod.holds)}" if pod.holds else ""
    said = f": {pod.message}" if pod.message else ""
    return f"{pod.namespace}/{pod.name} {pod.state}{holds}{said}"


def _print_job(out: Console, job: SummarizedJob) -> None:
    print_indented(out, Text(f"{job.kind} {job.namespace}/{job.name}: {job.state}", style="bold"))
    facts = [
        # "2026-11-25T16:55:43Z"
        (one.type, f"{one.last_transition_time[11:19]} {one.message}")
        for one in sorted(job.conditions, key=lambda one: one.last_transition_time)
    ]
    if job.transport is not None:
        facts.append(("traffic", f"{_TRANSPORT.get(job.transport, job.transport)} (computed)"))
    print_facts(out, facts, by=2)


def _print_warnings(out: Console, warnings: Iterable[ClusterEvent]) -> None:
    for event in warnings:
        times = f", {event.count} times" if event.count > 1 else ""
        print_indented(
            out,
            Text.assemble((f"{event.reason}: ", "yellow"), f"{_some(event.objects)}{times}: {event.message}"),
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_OBJECTS
    return ", ".join(names[:_MOST_OBJECTS]) + (f" and {more:,} more" if more > 0 else "")


def print_reachability(out: Console, cluster: DeployedCluster) -> None:
    """Print from which nodes EFA packets reach which. Nothing, for fewer than two nodes."""
    matrix = efa_reachability(cluster)
    if sum(len(group.instance_ids) for group in matrix.groups) < 2:
        return
    print_heading(out, "EFA packets from each node (row) to each node (column)")
    out.print(Padding(_matrix(matrix), (0, 0, 0, 2)))


def _matrix(matrix: EfaReachability) -> Table:
    table = Table(box=box.ASCII, show_edge=False, pad_edge=False)
    table.add_column("", overflow="fold")
    places = range(len(matrix.groups))
    for place in places:
        table.add_column(str(place + 1), no_wrap=True)
    for sender in places:
        cells = [_cell(matrix.reaches[sender, receiver]) for receiver in places]
        table.add_row(f"{sender + 1} {_named(matrix.groups[sender])}", *cells)
    return table


def _named(group: EqualNodes) -> str:
    first, *others = group.instance_ids
    return f"{first} and {len(others):,} like it" if others else first


def _cell(reaches: bool | None) -> Text:
    if reaches is None:
        return Text("-")
    return Text("pass", style="green") if reaches else Text("stop", style="bold red")
