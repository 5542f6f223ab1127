"""Checks of jobs that wait: for a queue of Kueue, or for somebody to resume them."""

from __future__ import annotations

from collections.abc import Iterator

from ...pods.known_programs import KUEUE_QUEUE_LABEL
from ...pods.requests import total
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import ReviewedCluster, clusters_of
from ..jobs import each_job, may_run_elsewhere
from ..manifests import KubernetesObject
from ..pod_templates import KINDS_WITH_ROLES
from ..shapes import as_list, as_mappings, at_path
from ..values import is_known, known_text

__all__ = ["QUEUE_CHECKS"]

_KUEUE = "kueue"
_KUEUE_GROUP = "kueue.x-k8s.io"
# Of Kueue's configuration: jobs without a queue wait, too; some resources need no quota, others count as others.
_JOBS_WITHOUT_QUEUE = "manageJobsWithoutQueueName"
_OTHER_RESOURCES = ("excludeResourcePrefixes", "transformations")


def _left_suspended(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in each_job(blueprint):
        if at_path(spec, "runPolicy", "suspend") is not True or may_run_elsewhere(job):
            continue
        queue = at_path(job.content, "metadata", "labels", KUEUE_QUEUE_LABEL)
        if queue is None and not _mentions(cluster, _JOBS_WITHOUT_QUEUE):
            yield about(job, nobody=f"has no label {KUEUE_QUEUE_LABEL}, by which Kueue would resume it")
        elif queue is not None and _surely_lacks_kueue(cluster):
            yield about(job, nobody="Kueue, which its label is for, is not among what these templates run")


def _surely_lacks_kueue(cluster: ReviewedCluster) -> bool:
    made_here = cluster.resource is not None and not cluster.applies_more and cluster.knows_programs
    names = (*cluster.images, *(one.group for one in cluster.objects))
    return made_here and not cluster.charts and not any(_KUEUE in name for name in names)


def _mentions(cluster: ReviewedCluster, word: str) -> bool:
    """Whether an object or a chart of a cluster has a word."""
    every = (*(one.content for one in cluster.objects), *(chart.properties for chart in cluster.charts))
    return any(word in str(each) for each in every)


def _missing_queues(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, queue in _queued(blueprint):
        # Where the templates have none of this name, and none of the namespace, others make them.
        queues = [
            one
            for one in cluster.of_kind("LocalQueue")
            if one.group == _KUEUE_GROUP and (one.namespace == job.namespace or one.object_name == queue)
        ]
        if queues and _local_queue(cluster, job, queue) is None:
            others = ", ".join(f"{one.namespace}/{one.object_name}" for one in queues)
            if is_known(others):
                yield about(job, queue=queue, namespace=job.namespace, others=others)


def _uncovered(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, queue in _queued(blueprint):
        local = _local_queue(cluster, job, queue)
        name = at_path(local.content, "spec", "clusterQueue") if local is not None else None
        for one in cluster.of_kind("ClusterQueue"):
            if one.object_name != name or any(_mentions(cluster, word) for word in _OTHER_RESOURCES):
                continue
            groups = as_mappings(at_path(one.content, "spec", "resourceGroups"))
            covered = [resource for group in groups for resource in as_list(group.get("coveredResources"))]
            asked = total(template.requests for template in cluster.pods if template.of is job)
            missing = [resource for resource, amount in asked.items() if amount > 0 and resource not in covered]
            if covered and missing and is_known(covered):
                words = {"resources": ", ".join(missing), "covered": ", ".join(map(str, covered))}
                yield about(job, queue=name, **words)


def _queued(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, KubernetesObject, str]]:
    """The jobs that wait in a queue, and its name."""
    for cluster in clusters_of(blueprint):
        for job in (one for kind in KINDS_WITH_ROLES for one in cluster.of_kind(kind)):
            queue = known_text(at_path(job.content, "metadata", "labels", KUEUE_QUEUE_LABEL))
            if queue and is_known(job.namespace):
                yield cluster, job, queue


def _local_queue(cluster: ReviewedCluster, job: KubernetesObject, name: str) -> KubernetesObject | None:
    return next(
        (one for one in cluster.of_kind("LocalQueue") if (one.namespace, one.object_name) == (job.namespace, name)),
        None,
    )


QUEUE_CHECKS = (
    Check(rule=rules.SUSPENDED_JOBS_ARE_RESUMED, violations=_left_suspended),
    Check(rule=rules.QUEUE_IS_THERE, violations=_missing_queues),
    Check(rule=rules.QUEUE_COVERS_REQUESTS, violations=_uncovered),
)
