"""The MPIJobs of templates, and who runs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..pods.known_programs import KnownProgram
from ..pods.mpi_job_schema import API_VERSION, MANAGED_BY_MPI_OPERATOR
from .blueprint import Blueprint
from .clusters import ReviewedCluster, clusters_of, each_pod
from .manifests import KubernetesObject
from .pod_templates import PodTemplate
from .shapes import as_mapping, at_path
from .values import whole_number

__all__ = [
    "each_job",
    "gang_scheduler_of",
    "is_of_mpi_operator",
    "may_run_elsewhere",
    "pods_of_operator",
    "replicas_of",
    "words_of",
]


def each_job(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, KubernetesObject, Mapping[str, Any]]]:
    """The MPIJobs that templates put on clusters, and their specifications."""
    for cluster in clusters_of(blueprint):
        for job in cluster.of_kind("MPIJob"):
            yield cluster, job, as_mapping(job.content.get("spec"))


def replicas_of(spec: Mapping[str, Any], role: str) -> int | None:
    """How many pods of a role a job has. None: it is not said, or only the deployment knows."""
    of_role = as_mapping(as_mapping(spec.get("mpiReplicaSpecs")).get(role))
    # Workers have no default that the operator takes.
    return whole_number(of_role.get("replicas", 1 if role == "Launcher" else None)) if of_role else None


def is_of_mpi_operator(job: KubernetesObject) -> bool:
    """Whether the MPI Operator runs an MPIJob, as of its API that is known: the Training Operator has MPIJobs, too."""
    return job.content.get("apiVersion") == API_VERSION


def may_run_elsewhere(job: KubernetesObject) -> bool:
    """Whether something other than its cluster's operator has a job, such as Kueue, which may send it elsewhere."""
    return at_path(job.content, "spec", "runPolicy", "managedBy") not in (None, MANAGED_BY_MPI_OPERATOR)


def pods_of_operator(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, PodTemplate]]:
    """The pods of jobs that the MPI Operator runs, by SSH."""
    for cluster, template in each_pod(blueprint):
        if template.of.kind == "MPIJob" and is_of_mpi_operator(template.of):
            yield cluster, template


def gang_scheduler_of(cluster: ReviewedCluster) -> str | None:
    """With which scheduler the MPI Operator schedules gangs. None: it schedules none, or templates do not say."""
    for template in cluster.running(KnownProgram.MPI_OPERATOR):
        for container in template.spec["containers"]:
            for argument in words_of(container):
                flag, _, value = argument.lstrip("-").partition("=")
                if flag == "gang-scheduling" and value:
                    return value
    return None


def words_of(container: Mapping[str, Any]) -> list[str]:
    """What a container runs, word by word."""
    return [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]
