"""Finds an MPIJob by its name, with the pods of its launcher and its workers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from ..errors import InvalidArgumentError, KubernetesRequestError
from ..pods.known_programs import JOB_NAME_LABEL, job_role
from ..pods.mpi_job_schema import API_VERSION
from .diagnosis.cluster_objects import ClusterObjects
from .diagnosis.diagnosis import diagnose
from .kubeconfig import Kubeconfig, connected, read_kubeconfig
from .kubernetes_api import API_ERRORS, KubernetesApi, check_name, server_words, status_code
from .pod_logs import with_logs
from .snapshot import KubernetesObject, condition, read_snapshot

__all__ = ["FoundJob", "JobQuestion", "api_words", "found_job", "why_not_started"]

_PATH = f"/apis/{API_VERSION}"
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuestion:
    """Which MPIJob, and how its cluster is reached."""

    name: str
    # Default: that of the kubeconfig's context.
    namespace: str | None = None
    kubeconfig: Path | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundJob:
    """An MPIJob of a cluster."""

    name: str
    namespace: str
    api: KubernetesApi
    kubeconfig: Kubeconfig
    # The oldest first: a launcher that failed may have a successor.
    launchers: Sequence[KubernetesObject]
    # By number.
    workers: Sequence[KubernetesObject]
    # How many there should be.
    worker_count: int
    # Whether it has succeeded or failed.
    ended: bool

    def __str__(self) -> str:
        return f"MPIJob '{self.namespace}/{self.name}'"


@asynccontextmanager
async def found_job(question: JobQuestion) -> AsyncIterator[FoundJob]:
    """An MPIJob, while its cluster can be asked.

    :raises InvalidArgumentError: there is no kubeconfig, or no such job.
    :raises KubernetesRequestError: the API server does not answer, or refuses.
    """
    check_name("--job", question.name)
    check_name("--namespace", question.namespace)
    kubeconfig = read_kubeconfig(question.kubeconfig, question.context)
    if kubeconfig is None:
        raise InvalidArgumentError(
            "there is no kubeconfig: write one with 'aws eks update-kubeconfig --name CLUSTER', or name one with "
            "'--kubeconfig'"
        )
    namespace = question.namespace or kubeconfig.namespace
    async with connected(kubeconfig) as api:
        with api_words(f"MPIJob '{namespace}/{question.name}'"):
            job = await _job(api, question.name, namespace)
            selector = f"{JOB_NAME_LABEL}={question.name}"
            pods = (await api.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector))["items"]
        yield FoundJob(
            name=question.name,
            namespace=namespace,
            api=api,
            kubeconfig=kubeconfig,
            launchers=sorted(
                (pod for pod in pods if job_role(pod) == "launcher"),
                key=lambda pod: str(pod["metadata"].get("creationTimestamp")),
            ),
            workers=sorted((pod for pod in pods if job_role(pod) == "worker"), key=_number),
            worker_count=(job["spec"]["mpiReplicaSpecs"].get("Worker") or {}).get("replicas", 1),
            ended=condition(job, "Succeeded") or condition(job, "Failed"),
        )


async def why_not_started(job: FoundJob) -> str:
    """Why a job has no launcher that runs or ran, as far as its cluster says.

    :raises API_ERRORS: the API server does not answer.
    """
    snapshot = await read_snapshot(job.api, cluster_name=job.kubeconfig.context, region="", namespace=job.namespace)
    findings = diagnose(ClusterObjects(await with_logs(job.api, snapshot), None))
    about = [finding for finding in findings if f"'{job.namespace}/{job.name}'" in finding.problem]
    # What is wrong with another job says nothing of this one.
    about += [finding for finding in findings if "MPIJob '" not in finding.problem]
    return f"{about[0].problem}; {about[0].advice}" if about else "'efa status' shows what there is of it"


@contextmanager
def api_words(what: str) -> Iterator[None]:
    """Say in one sentence what the API server refuses.

    :param what: What cannot be read without it.
    """
    try:
        yield
    except API_ERRORS as error:
        raise KubernetesRequestError(f"{what} cannot be read: {server_words(error)}") from None


async def _job(api: KubernetesApi, name: str, namespace: str) -> KubernetesObject:
    try:
        job: KubernetesObject = await api.get(f"{_PATH}/namespaces/{namespace}/mpijobs/{name}")
    except API_ERRORS as error:
        if status_code(error) != HTTPStatus.NOT_FOUND:
            raise
        raise InvalidArgumentError(
            f"there is no MPIJob '{name}' in namespace '{namespace}': {await _those_there(api, name, namespace)}"
        ) from None
    return job


async def _those_there(api: KubernetesApi, name: str, namespace: str) -> str:
    try:
        jobs = [job["metadata"] for job in (await api.get(f"{_PATH}/mpijobs"))["items"]]
    except API_ERRORS as error:
        if status_code(error) == HTTPStatus.NOT_FOUND:
            return (
                "the cluster has no such kind: install the MPI Operator with its CustomResourceDefinition "
                "mpijobs.kubeflow.org"
            )
        return "list them with 'kubectl get mpijobs'"
    elsewhere = sorted(job["namespace"] for job in jobs if job["name"] == name)
    if elsewhere:
        return f"there is one in {', '.join(elsewhere)}; name it with '--namespace'"
    here = sorted(job["name"] for job in jobs if job["namespace"] == namespace)
    if here:
        return f"there {'is' if len(here) == 1 else 'are'} {', '.join(here[:_MOST_NAMED])}"
    others = sorted(f"{job['namespace']}/{job['name']}" for job in jobs)
    return (
        f"there is none; elsewhere there are {', '.join(others[:_MOST_NAMED])}" if others else "there is none anywhere"
    )


def _number(pod: KubernetesObject) -> tuple[int, str]:
    found = re.search(r"-(\d+)$", pod["metadata"]["name"])
    return int(found[1]) if found else 0, pod["metadata"]["name"]
