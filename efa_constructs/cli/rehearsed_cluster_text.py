"""What ``efa rehearse`` prints about a Kubernetes cluster."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..lookups.deployed import DeployedCluster
from ..rehearsal.result.efa_reachability import EfaReachability, EqualNodes, efa_reachability
from ..rehearsal.result.rehearsed_cluster import RehearsedCluster
from ..rehearsal.result.rehearsed_summary import summarize_rehearsed
from .cluster_text import print_job, print_nodes, print_unplaced, print_warnings
from .text_parts import print_finding, print_heading

__all__ = ["print_cluster", "print_reachability"]


def print_cluster(out: Console, cluster: RehearsedCluster) -> None:
    """Print nodes with their pods, jobs, warnings and findings."""
    running, ended = summarize_rehearsed(cluster.running), summarize_rehearsed(cluster.ended)
    print_heading(out, f"On cluster {cluster.running.cluster_name}")
    print_nodes(out, running)
    print_unplaced(out, running)
    for job in ended.jobs:
        print_job(out, job)
    print_warnings(out, ended.warnings)
    for finding in cluster.findings:
        print_finding(out, finding)


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
