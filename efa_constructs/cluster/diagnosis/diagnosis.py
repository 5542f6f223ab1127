"""Finds the causes in the order in which one thing waits for another: nodes, plugins, pods, operator, jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ... import catalogue
from ...pods.known_programs import KnownProgram
from ..finding import Finding, Level
from .cause import Cause, Owner
from .cluster_objects import RESOURCES, ClusterObjects
from .container_causes import about_containers
from .device_plugin_causes import PLUGIN_CRASHES, about_device_plugins, plugins_that_wait
from .mpi_job_causes import about_ends, about_jobs, about_schedulers
from .mpi_operator_causes import OPERATOR_FORBIDDEN, about_mpi_operators, unseen_jobs
from .placement_causes import about_missing_nodes, about_missing_objects, about_placement
from .unplaced_pods import find_unplaced
from .worker_causes import about_workers

__all__ = ["diagnose"]


def diagnose(
    objects: ClusterObjects, ended: ClusterObjects | None = None, further: Iterable[Cause] = ()
) -> tuple[Finding, ...]:
    """Say what is wrong in a cluster, each cause once, the worst first.

    :param objects: The cluster while its jobs run, or get no further.
    :param ended: The cluster once those that ran have ended. None: they were left to run.
    :param further: What else is known to be wrong with its jobs.
    """
    causes = list(_causes(objects))
    causes += about_jobs(objects, _explained(causes))
    causes += about_workers(objects, _explained(causes))
    causes += further
    if ended is not None and not any(cause.code == OPERATOR_FORBIDDEN for cause in causes):
        causes += about_ends(objects, ended, _explained(causes))
    order = list(Level)
    findings = dict.fromkeys(cause.finding() for cause in causes)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.level)))


def _causes(objects: ClusterObjects) -> Iterator[Cause]:
    unplaced = find_unplaced(objects)
    nowhere = [] if "nodes" in objects.snapshot.unread else list(about_missing_nodes(objects, unplaced))
    if nowhere:
        # Everything else follows from that.
        yield from nowhere
        return
    yield from about_schedulers(objects, unplaced)
    scheduled = [group for group in unplaced if group.scheduler_words]
    plugins = list(about_device_plugins(objects, scheduled))
    yield from plugins
    waiting_plugins = plugins_that_wait(objects, scheduled)
    owed = {cause.resource for cause in plugins}
    # Whoever asks for them is not at fault, even if nobody knows why.
    owed |= {resource for resource in RESOURCES.values() if objects.unserved(resource)}
    owed |= {
        resource
        for program, resource in RESOURCES.items()
        if any(owner in waiting_plugins for owner, _ in objects.programs(program))
    }
    if any(cause.code == PLUGIN_CRASHES and cause.resource == catalogue.EFA_RESOURCE for cause in plugins):
        # It crashes on nodes without EFA, and without EFA the AMI sets no huge pages aside.
        owed.add(catalogue.HUGEPAGES_RESOURCE)
    waiting_operators = {owner: unseen_jobs(objects) for owner, _ in objects.programs(KnownProgram.MPI_OPERATOR)}
    yield from about_placement(objects, scheduled, {**waiting_plugins, **waiting_operators}, owed)
    yield from about_missing_objects(objects)
    yield from about_containers(objects)
    yield from about_mpi_operators(objects)


def _explained(causes: list[Cause]) -> set[Owner]:
    return {owner for cause in causes for owner in (*cause.sufferers, *cause.explains)}
