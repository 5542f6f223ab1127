"""What an MPIJob printed: the logs of its launcher, as one stream of any length."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, NamedTuple

from ..catalogue import INSTANCE_TYPE_LABEL
from ..errors import KubernetesRequestError
from .kubernetes_api import API_ERRORS, server_words
from .mpi_jobs import FoundJob, JobQuestion, api_words, found_job, why_not_started
from .pod_logs import log_path
from .snapshot import KubernetesObject

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["JobLog", "open_job_log"]


class JobLog(NamedTuple):
    """A log to be read, once."""

    # Waits for what is to come.
    stream: BufferedReader
    # Of the nodes of the workers. None: they are of several types, or the user may not see nodes.
    instance_type: str | None


class _Pieces(RawIOBase):
    """Bytes that come in pieces."""

    def __init__(self, runner: asyncio.Runner, pieces: AsyncIterator[bytes]) -> None:
        self._runner = runner
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """
        :raises KubernetesRequestError: the API server gives no more.
        """
        if not self._rest:
            self._rest = self._runner.run(self._next())
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    async def _next(self) -> bytes:
        async for piece in self._pieces:
            if piece:
                return piece
        return b""


@contextmanager
def open_job_log(question: JobQuestion, *, follow: bool = False, workers: bool = False) -> Iterator[JobLog]:
    """Read what the launcher of a job printed, also before it was started again, in the order in which it did.

    :param follow: Whether to go on until the launcher ends. Default: to what there is.
    :param workers: Whether to read the logs of the workers, too, after the launcher's.
    :raises InvalidArgumentError: there is no such job.
    :raises KubernetesRequestError: its launcher has not started, or the API server does not answer, or refuses.
    """
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            job = runner.run(stack.enter_async_context(found_job(question)))
            pieces = _read(job, runner.run(_containers(job, follow=follow, workers=workers)))
            # Ended before the connection is closed that it reads from.
            stack.push_async_callback(pieces.aclose)
            yield JobLog(BufferedReader(_Pieces(runner, pieces)), runner.run(_instance_type(job)))
        finally:
            runner.run(stack.aclose())


async def _instance_type(job: FoundJob) -> str | None:
    types = set()
    for name in {pod["spec"].get("nodeName") for pod in job.workers} - {None}:
        try:
            node = await job.api.get(f"/api/v1/nodes/{name}")
        except API_ERRORS:
            return None
        types.add((node["metadata"].get("labels") or {}).get(INSTANCE_TYPE_LABEL))
    return types.pop() if len(types) == 1 else None


# A pod and options of its log.
_Container = tuple[KubernetesObject, dict[str, str]]


async def _containers(job: FoundJob, *, follow: bool, workers: bool) -> list[_Container]:
    """The containers to read, in order."""
    containers = [each for pod in job.launchers for each in _started(pod)]
    if not containers and job.ended:
        raise KubernetesRequestError(
            f"{job} has ended, and its launcher is gone with its log: keep the next one's longer "
            "(runPolicy.ttlSecondsAfterFinished), or follow it with '--follow'"
        )
    if not containers:
        with api_words(str(job)):
            raise KubernetesRequestError(f"the launcher of {job} has not started: {await why_not_started(job)}")
    if follow:
        containers[-1][1]["follow"] = "true"
    if workers:
        containers += [each for pod in job.workers for each in _started(pod)]
    return containers


def _started(pod: KubernetesObject) -> Iterator[_Container]:
    """The first container of a pod, if it ran or runs, and before it the one that it follows upon."""
    name = pod["spec"]["containers"][0]["name"]
    for status in pod["status"].get("containerStatuses") or ():
        if status["name"] == name:
            state = status.get("state") or {}
            if (status.get("lastState") or {}).get("terminated"):
                yield pod, {"container": name, "previous": "true"}
            if state.get("running") or state.get("terminated"):
                yield pod, {"container": name}


async def _read(job: FoundJob, containers: list[_Container]) -> AsyncGenerator[bytes, None]:
    for pod, options in containers:
        last = b"\n"
        try:
            async for piece in job.api.read(log_path(pod), **options):
                yield piece
                last = piece or last
        except API_ERRORS as error:
            if "previous" in options:
                # A node keeps what a container said before only for a while.
                continue
            raise KubernetesRequestError(
                f"the log of pod '{job.namespace}/{pod['metadata']['name']}' cannot be read: {server_words(error)}"
            ) from None
        if not last.endswith(b"\n"):
            yield b"\n"
