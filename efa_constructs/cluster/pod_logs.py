"""The logs that say why something does not run: of MPI Operators, and of containers that ended with an error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from ..pods.known_programs import JOB_NAME_LABEL, KnownProgram, job_role, known_program
from .kubernetes_api import API_ERRORS, KubernetesApi, server_words
from .snapshot import ClusterSnapshot, KubernetesObject

__all__ = ["ended_badly", "log_path", "read_lines", "with_logs"]

_OPERATOR_LINES = 500
_LINES = 60
# Of pods whose containers ended: those of one job or DaemonSet say the same.
_MOST_PODS = 12
_MOST_BYTES = 1 << 20


async def with_logs(api: KubernetesApi, snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The same snapshot with the logs that matter.

    :raises API_ERRORS: the server does not answer.
    """
    operators = [pod for pod in snapshot.pods if known_program(dict(pod)) is KnownProgram.MPI_OPERATOR]
    others = [pod for pod in snapshot.pods if pod not in operators]
    ended = list(islice(_worth_reading(others), _MOST_PODS))
    unread = dict(snapshot.unread)

    async def read(pod: KubernetesObject, lines: int) -> list[str]:
        try:
            return await read_lines(api, pod, lines=lines, previous=_runs_again(pod))
        except API_ERRORS as error:
            # One pod may be gone meanwhile, and its node not there.
            unread.setdefault("logs", server_words(error))
            return []

    logs = await asyncio.gather(
        *(read(pod, _OPERATOR_LINES) for pod in operators), *(read(pod, _LINES) for pod in ended)
    )
    of_operators, of_others = logs[: len(operators)], logs[len(operators) :]
    return replace(
        snapshot,
        operator_log=[line for lines in of_operators for line in lines],
        logs={pod["metadata"]["uid"]: lines for pod, lines in zip(ended, of_others, strict=True) if lines},
        unread=unread,
    )


async def read_lines(api: KubernetesApi, pod: KubernetesObject, *, lines: int, previous: bool = False) -> list[str]:
    """The last lines of the log of a pod's first container.

    :param previous: Of the container before it was started again.
    :raises API_ERRORS: the server, or the node's kubelet, does not give it.
    """
    options = {
        "tailLines": str(lines),
        "limitBytes": str(_MOST_BYTES),
        "container": pod["spec"]["containers"][0]["name"],
    }
    if previous:
        options["previous"] = "true"
    text = b"".join([piece async for piece in api.read(log_path(pod), **options)])
    return text.decode(errors="replace").splitlines()


def log_path(pod: KubernetesObject) -> str:
    """Where the API server has the log of a pod."""
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log"


def ended_badly(pod: KubernetesObject) -> bool:
    """Whether a container of it ended with an error, and does not run again."""
    return any(_error_status(status) and not status.get("ready") for status in _statuses(pod))


def _worth_reading(pods: Iterable[KubernetesObject]) -> Iterator[KubernetesObject]:
    """Pods that ended with an error, one of each owner; with a launcher that did, a worker of its job, whose sshd has
    something to say."""
    seen: set[object] = set()
    for pod in sorted(filter(ended_badly, pods), key=_created, reverse=True):
        owners = [owner["uid"] for owner in pod["metadata"].get("ownerReferences") or () if owner.get("controller")]
        kind = (*owners, job_role(pod)) if owners else pod["metadata"]["uid"]
        if kind in seen:
            continue
        seen.add(kind)
        yield pod
        if job_role(pod) == "launcher":
            yield from islice((one for one in pods if _works_for(pod, one) and not ended_badly(one)), 1)


def _works_for(launcher: KubernetesObject, pod: KubernetesObject) -> bool:
    ours, theirs = (one["metadata"].get("labels") or {} for one in (launcher, pod))
    return (
        job_role(pod) == "worker"
        and pod["metadata"]["namespace"] == launcher["metadata"]["namespace"]
        and theirs.get(JOB_NAME_LABEL) == ours.get(JOB_NAME_LABEL)
        and pod["status"].get("phase") == "Running"
    )


def _created(pod: KubernetesObject) -> str:
    return str(pod["metadata"].get("creationTimestamp", ""))


def _runs_again(pod: KubernetesObject) -> bool:
    """Whether its first container was started again: what it said before is in another log."""
    for status in _statuses(pod)[:1]:
        state = status.get("state") or {}
        return bool(not state.get("terminated") and (status.get("lastState") or {}).get("terminated"))
    return False


def _error_status(status: Mapping[str, Any]) -> int:
    for state in (status.get("state") or {}, status.get("lastState") or {}):
        code = (state.get("terminated") or {}).get("exitCode")
        if code:
            return int(code)
    return 0


def _statuses(pod: KubernetesObject) -> list[Mapping[str, Any]]:
    return pod["status"].get("containerStatuses") or []
