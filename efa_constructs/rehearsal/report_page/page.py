"""Writes a rehearsal's result as one HTML page: no network, no script, light and dark, printable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ... import catalogue
from ...catalogue.search import known_instance_type
from ...cluster.fabric import kind_of
from ...cluster.finding import Finding
from ...cluster.summary import (
    ClusterSummary,
    SummarizedJob,
    SummarizedNode,
    SummarizedPod,
    alike,
    devices_in_words,
)
from ...lookups.deployed import DeployedCluster, DeployedNode
from ...review.page.environment import page_environment
from ..result import RehearsalResult
from ..result.efa_reachability import EfaReachability, efa_reachability
from ..result.rehearsed_cluster import RehearsedCluster
from ..result.rehearsed_summary import summarize_rehearsed
from .drawing import Accelerators, Holder, draw_hardware, draw_timeline

__all__ = ["report_page"]

# Colours for pods on the page.
_COLOURS = 6
_ACCELERATOR_RESOURCES = (catalogue.GPU_RESOURCE, catalogue.NEURON_RESOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pod:
    pod: SummarizedPod
    holds: str
    # None: it holds no device.
    colour: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A node as it is drawn, for itself and for others like it."""

    # Its name in Kubernetes, else its instance id.
    name: str
    instance: DeployedNode
    others: int
    # None: it is no node of a control plane here.
    offers: str | None
    ready: bool
    pods: tuple[_Pod, ...]
    hardware: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    job: SummarizedJob
    timeline: Markup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cluster:
    deployed: DeployedCluster
    nodes: tuple[_Node, ...]
    unplaced: Mapping[str, tuple[str, ...]]
    jobs: tuple[_Job, ...]
    summary: ClusterSummary | None
    matrix: EfaReachability | None


def report_page(result: RehearsalResult) -> str:
    """The page about a rehearsal."""
    return (
        page_environment(__package__)
        .get_template("page.html.jinja")
        .render(
            result=result,
            clusters=[_cluster(deployed, _rehearsed(result, deployed)) for deployed in result.clusters],
            # Nobody should have to look for them.
            findings=_findings(result),
            widest=max((stage.seconds for stage in result.stages), default=1.0) or 1.0,
        )
    )


def _rehearsed(result: RehearsalResult, deployed: DeployedCluster) -> RehearsedCluster | None:
    return next((one for one in result.kubernetes if one.running.cluster_name == deployed.name), None)


def _findings(result: RehearsalResult) -> list[Finding]:
    about_groups = [finding for verdict in result.verdicts for finding in verdict.findings]
    about_clusters = [finding for cluster in result.kubernetes for finding in cluster.findings]
    return list(dict.fromkeys([*about_groups, *about_clusters]))


def _cluster(deployed: DeployedCluster, rehearsed: RehearsedCluster | None) -> _Cluster:
    running = summarize_rehearsed(rehearsed.running) if rehearsed else None
    jobs = summarize_rehearsed(rehearsed.ended).jobs if rehearsed else ()
    matrix = efa_reachability(deployed)
    return _Cluster(
        deployed=deployed,
        nodes=tuple(_nodes(deployed, running)),
        unplaced=running.unplaced if running else {},
        jobs=tuple(_Job(job=job, timeline=_timeline(job)) for job in jobs),
        summary=summarize_rehearsed(rehearsed.ended) if rehearsed else None,
        matrix=matrix if sum(len(group.instance_ids) for group in matrix.groups) > 1 else None,
    )


def _nodes(deployed: DeployedCluster, running: ClusterSummary | None) -> Iterator[_Node]:
    instances = {node.instance_id: node for group in deployed.node_groups for node in group.nodes}
    if running is None:
        kinds: dict[object, list[DeployedNode]] = {}
        for group in deployed.node_groups:
            for instance in group.nodes:
                kinds.setdefault((group.name, kind_of(instance)), []).append(instance)
        for same in kinds.values():
            yield _node(same[0], len(same) - 1, None, ())
        return
    for nodes in alike(running):
        found = instances.get(nodes[0].instance_id or "")
        if found is not None:
            yield _node(found, len(nodes) - 1, nodes[0], running.pods_on(nodes[0]))


def _node(instance: DeployedNode, others: int, node: SummarizedNode | None, pods: Sequence[SummarizedPod]) -> _Node:
    shown = tuple(_pods(pods))
    devices = node.devices if node else None
    return _Node(
        name=node.name if node else instance.instance_id,
        instance=instance,
        others=others,
        offers=(devices_in_words(devices) or "no device") if devices is not None else None,
        ready=node.ready if node else True,
        pods=shown,
        hardware=Markup(
            draw_hardware(
                instance.interfaces,
                _accelerators(instance, devices),
                advertised_efas=len(instance.efa_interfaces)
                if devices is None
                else devices.get(catalogue.EFA_RESOURCE, 0),
                holders=[_holder(one) for one in shown if one.colour is not None],
            )
        ),
    )


def _pods(pods: Sequence[SummarizedPod]) -> Iterator[_Pod]:
    colour = 0
    for pod in pods:
        holding = _amount(pod, (catalogue.EFA_RESOURCE, *_ACCELERATOR_RESOURCES)) > 0
        colour += holding
        yield _Pod(pod=pod, holds=devices_in_words(pod.holds), colour=(colour - 1) % _COLOURS + 1 if holding else None)


def _holder(pod: _Pod) -> Holder:
    assert pod.colour is not None
    return Holder(
        colour=pod.colour,
        efas=_amount(pod.pod, (catalogue.EFA_RESOURCE,)),
        accelerators=_amount(pod.pod, _ACCELERATOR_RESOURCES),
    )


def _amount(pod: SummarizedPod, resources: Sequence[str]) -> int:
    return sum(int(pod.holds.get(resource, "0")) for resource in resources)


def _accelerators(instance: DeployedNode, devices: Mapping[str, int] | None) -> Accelerators | None:
    found = known_instance_type(instance.instance_type)
    # A type without EFA, such as that of nodes for the operator, is not known.
    if found is None or not found.accelerators:
        return None
    first = found.accelerators[0]
    offered = found.accelerator_count
    if devices is not None:
        offered = devices.get(catalogue.accelerator_resource(found) or "", 0)
    return Accelerators(name=f"x {first.manufacturer} {first.model}", count=found.accelerator_count, advertised=offered)


def _timeline(job: SummarizedJob) -> Markup | None:
    steps = sorted((one.last_transition_time, one.type) for one in job.conditions if one.last_transition_time)
    if not steps:
        return None
    start = datetime.fromisoformat(steps[0][0])
    return Markup(
        draw_timeline([(name, f"+{(datetime.fromisoformat(at) - start).total_seconds():.0f} s") for at, name in steps])
    )
