"""Runs one command in all workers of an MPIJob, and gives what each wrote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from ..errors import KubernetesRequestError
from .kubernetes_api import API_ERRORS, server_words, status_code
from .mpi_jobs import FoundJob, JobQuestion, found_job, why_not_started
from .printable import printable
from .snapshot import KubernetesObject, condition

__all__ = ["WorkerOutput", "run_in_workers"]

_SECONDS = 60.0
_POLL_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 1800.0
# More at once keep the API server no busier.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOutput:
    """What a command wrote in a worker."""

    namespace: str
    pod: str
    node: str
    text: str


def run_in_workers(question: JobQuestion, command: Sequence[str], *, wait: bool = False) -> tuple[WorkerOutput, ...]:
    """Run a command in the first container of every worker.

    :param wait: Whether to wait for workers that do not run yet, for half an hour. Default: they must run.
    :raises InvalidArgumentError: there is no such job.
    :raises KubernetesRequestError: a worker does not run, or the command in it did not, or the API server refuses.
    """
    return asyncio.run(_run(question, command, wait=wait))


async def _run(question: JobQuestion, command: Sequence[str], *, wait: bool) -> tuple[WorkerOutput, ...]:
    end = time.monotonic() + (_LONGEST_WAIT_SECONDS if wait else 0.0)
    while True:
        async with found_job(question) as job:
            ready = [pod for pod in job.workers if condition(pod, "Ready")]
            if len(ready) == job.worker_count:
                return await _run_in_all(job, command)
            if time.monotonic() >= end:
                what = f"{len(ready)} of {job.worker_count} workers of {job} are Ready"
                raise KubernetesRequestError(f"{what}: {await _why(job)}")
        await asyncio.sleep(_POLL_SECONDS)


async def _run_in_all(job: FoundJob, command: Sequence[str]) -> tuple[WorkerOutput, ...]:
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(pod: KubernetesObject) -> WorkerOutput:
        async with limit:
            return await _run_in(job, pod, command)

    # All have ended before the connection does.
    done = await asyncio.gather(*(one(pod) for pod in job.workers), return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return tuple(each for each in done if isinstance(each, WorkerOutput))


async def _why(job: FoundJob) -> str:
    try:
        return await why_not_started(job)
    except API_ERRORS as error:
        return server_words(error)


async def _run_in(job: FoundJob, pod: KubernetesObject, command: Sequence[str]) -> WorkerOutput:
    name = pod["metadata"]["name"]
    path = f"/api/v1/namespaces/{job.namespace}/pods/{name}"
    try:
        done = await job.api.execute(path, pod["spec"]["containers"][0]["name"], command, seconds=_SECONDS)
    except API_ERRORS as error:
        hint = "; it takes the right to create pods/exec" if status_code(error) == HTTPStatus.FORBIDDEN else ""
        raise KubernetesRequestError(
            f"cannot run a command in pod '{job.namespace}/{name}': {server_words(error)}{hint}"
        ) from None
    if done.exit_status:
        words = printable(" ".join(done.errors.decode(errors="replace").split()))
        raise KubernetesRequestError(
            f"the command in pod '{job.namespace}/{name}' ended with {done.exit_status}: {words}"
        )
    return WorkerOutput(
        namespace=job.namespace, pod=name, node=str(pod["spec"]["nodeName"]), text=done.output.decode(errors="replace")
    )
