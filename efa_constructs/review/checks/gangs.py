"""Checks of MPIJobs whose pods start together, or that wait in a queue for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...pods.known_programs import KUEUE_QUEUE_LABEL, KnownProgram
from ...pods.mpi_job_schema import API_VERSION
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about, about_pods
from ..clusters import ReviewedCluster, clusters_of
from ..jobs import each_job, gang_scheduler_of, pods_of_operator, replicas_of
from ..shapes import as_mapping, at_path
from ..values import is_known, whole_number

__all__ = ["GANG_CHECKS"]

# Of runPolicy.schedulingPolicy, what is for gangs alone: Kueue reads the priority class, too.
_DEFAULT_SCHEDULER = "default-scheduler"
# What a scheduler may be, or have its settings in.
_PROGRAMS = ("ConfigMap", "DaemonSet", "Deployment", "Pod", "StatefulSet")
_OF_GANGS = ("minAvailable", "queue", "scheduleTimeoutSeconds")


def _gangs_that_wait(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in each_job(blueprint):
        workers, least = replicas_of(spec, "Worker"), whole_number(_policy(spec).get("minAvailable"))
        # The gang may be the workers alone.
        without_launcher = least is not None and workers is not None and least <= workers
        waits = spec.get("launcherCreationPolicy") == "WaitForWorkersReady"
        if waits and not without_launcher and gang_scheduler_of(cluster) is not None:
            yield about(job)


def _too_large_gangs(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in each_job(blueprint):
        workers, launchers = replicas_of(spec, "Worker"), replicas_of(spec, "Launcher")
        least = whole_number(_policy(spec).get("minAvailable"))
        if least is None or workers is None or launchers is None or not _may_schedule_gangs(cluster):
            continue
        # More launchers than one are another mistake.
        if least > workers + max(launchers, 1):
            yield about(job, least=least, pods=workers + 1, workers=workers)


def _other_schedulers(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in pods_of_operator(blueprint):
        name, scheduler = template.spec.get("schedulerName"), gang_scheduler_of(cluster)
        if name and scheduler is not None and is_known([name, scheduler]) and name != scheduler:
            yield about_pods(template, name=name, scheduler=scheduler)


def _gangs_in_queues(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in each_job(blueprint):
        queue = at_path(job.content, "metadata", "labels", KUEUE_QUEUE_LABEL)
        if not isinstance(queue, str) or not queue:
            continue
        scheduler = gang_scheduler_of(cluster)
        fields = [name for name in _OF_GANGS if _policy(spec).get(name) is not None]
        if scheduler is not None:
            yield about(job, queue=queue, gangs=f"the MPI Operator schedules gangs with {scheduler}")
        elif fields and _may_schedule_gangs(cluster):
            yield about(job, queue=queue, gangs=f"sets runPolicy.schedulingPolicy.{fields[0]}, for gangs")


def _nobody_schedules(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        # A chart of whatever name may bring a scheduler.
        if cluster.resource is None or cluster.charts or cluster.applies_more or not cluster.knows_programs:
            continue
        gangs, operators = gang_scheduler_of(cluster), list(cluster.running(KnownProgram.MPI_OPERATOR))
        others = [
            one for one in cluster.objects if one.kind in _PROGRAMS and all(one is not each.of for each in operators)
        ]
        for template in cluster.pods:
            of_operator = (template.of.kind, template.of.content.get("apiVersion")) == ("MPIJob", API_VERSION)
            scheduler = gangs if of_operator and gangs is not None else template.spec.get("schedulerName")
            if not isinstance(scheduler, str) or scheduler in ("", _DEFAULT_SCHEDULER) or not is_known(scheduler):
                continue
            # Its name is that of a program, an argument, or in a file of settings.
            if not any(scheduler in str(one.content) for one in others if one is not template.of):
                by_operator = scheduler == gangs and of_operator
                yield about_pods(
                    template,
                    scheduler=scheduler,
                    because=", by which the MPI Operator schedules gangs" if by_operator else "",
                    setting="--gang-scheduling of the MPI Operator" if by_operator else "schedulerName",
                )


def _policy(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_mapping(as_mapping(spec.get("runPolicy")).get("schedulingPolicy"))


def _may_schedule_gangs(cluster: ReviewedCluster) -> bool:
    """Whether the MPI Operator schedules gangs, or is not among what templates show."""
    return gang_scheduler_of(cluster) is not None or not any(cluster.running(KnownProgram.MPI_OPERATOR))


GANG_CHECKS = (
    Check(rule=rules.WAITING_DOES_NOT_BLOCK_GANGS, violations=_gangs_that_wait),
    Check(rule=rules.GANGS_ARE_NO_LARGER_THAN_JOBS, violations=_too_large_gangs),
    Check(rule=rules.GANGS_HAVE_ONE_SCHEDULER, violations=_other_schedulers),
    Check(rule=rules.KUEUE_OR_GANGS, violations=_gangs_in_queues),
    Check(rule=rules.SCHEDULER_IS_THERE, violations=_nobody_schedules),
)
