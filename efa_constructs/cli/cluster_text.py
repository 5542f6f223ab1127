"""What commands print about a Kubernetes cluster: nodes with their pods, jobs, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.console import Console
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
from .text_parts import print_facts, print_indented

__all__ = ["print_job", "print_nodes", "print_unplaced", "print_warnings"]

# Of objects that an event names.
_MOST_OBJECTS = 2
_TRANSPORT = {
    "efa": "EFA would carry it between every two of its nodes",
    "tcp-instead": "TCP would carry it, although its workers ask for EFAs",
    "tcp": "TCP would carry it: its workers ask for no EFA",
    "single-node": "none between nodes: all its workers are on one",
}


def print_nodes(
    out: Console,
    summary: ClusterSummary,
    *,
    offers: Callable[[SummarizedNode], str] | None = None,
    restarts: bool = False,
) -> None:
    """Print the nodes with what they offer, each with its pods.

    :param offers: What a node offers, in words. Default: its devices.
    :param restarts: Whether to say how often containers were started again.
    """
    if not summary.nodes:
        print_indented(out, "no node")
    for nodes in alike(summary):
        devices = offers(nodes[0]) if offers else devices_in_words(nodes[0].devices)
        _print_node(out, nodes, devices or "no device")
        print_facts(out, _pods_in_words(summary.pods_on(nodes[0]), restarts=restarts), by=2)


def print_unplaced(out: Console, summary: ClusterSummary) -> None:
    """Print the pods that no node has, and why."""
    for why, names in summary.unplaced.items():
        print_indented(out, Text.assemble(("no node takes ", "bold red"), f"{_some(names)}: {why}"))


def _print_node(out: Console, nodes: list[SummarizedNode], devices: str) -> None:
    node = nodes[0]
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


def _pods_in_words(pods: Iterable[SummarizedPod], *, restarts: bool) -> Iterator[tuple[str, str]]:
    """A line for each pod, but one for all those that are no concern of EFA's and run."""
    by_the_way = []
    for pod in pods:
        if pod.role is PodRole.OTHER and pod.state == "Running" and not pod.holds:
            by_the_way.append(f"{pod.namespace}/{pod.name}")
        else:
            yield str(pod.role).replace("-", " "), _pod_in_words(pod, restarts=restarts)
    if by_the_way:
        yield "others", f"{len(by_the_way)} Running ({_some(by_the_way)})"


def _pod_in_words(pod: SummarizedPod, *, restarts: bool) -> str:
    holds = f", holds {devices_in_words(pod.holds)}" if pod.holds else ""
    said = f": {pod.message}" if pod.message else ""
    again = f", {pod.restarts} restart{'s' * (pod.restarts != 1)}" if restarts and pod.restarts else ""
    return f"{pod.namespace}/{pod.name} {pod.state}{holds}{again}{said}"


def print_job(out: Console, job: SummarizedJob) -> None:
    """Print a job with its conditions."""
    print_indented(out, Text(f"{job.kind} {job.namespace}/{job.name}: {job.state}", style="bold"))
    facts = [
        # "2026-11-25T16:55:43Z"
        (one.type, f"{one.last_transition_time[11:19]} {one.message}")
        for one in sorted(job.conditions, key=lambda one: one.last_transition_time)
    ]
    if job.transport is not None:
        facts.append(("traffic", f"{_TRANSPORT.get(job.transport, job.transport)} (computed)"))
    print_facts(out, facts, by=2)


def print_warnings(out: Console, warnings: Iterable[ClusterEvent]) -> None:
    """Print warnings, those that say the same as one."""
    for event in warnings:
        times = f", {event.count} times" if event.count > 1 else ""
        print_indented(
            out,
            Text.assemble((f"{event.reason}: ", "yellow"), f"{_some(event.objects)}{times}: {event.message}"),
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_OBJECTS
    return ", ".join(names[:_MOST_OBJECTS]) + (f" and {more:,} more" if more > 0 else "")
