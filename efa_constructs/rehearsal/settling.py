"""Waits until a cluster has done what it will do, and then lets its jobs end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from ..cluster.kubernetes_api import API_ERRORS, KubernetesApi
from ..cluster.snapshot import ClusterSnapshot, KubernetesObject, condition, read_snapshot
from ..errors import RehearsalError
from ..pods.known_programs import is_launcher
from .account.process import ClusterFiles
from .twin.outcomes import OUTCOME_ANNOTATION, Outcome

__all__ = ["end_jobs", "settled"]

_POLL_SECONDS = 0.25
# How long nothing must change before it is taken to go on like that.
_QUIET_SECONDS = 6.0
# The same while an MPI Operator may still wait for the lease of one that ended: its lease is for 15 seconds.
_QUIET_SECONDS_OF_OPERATOR = 22.0
# Of client-go's leaderelection, before and after that.
_ATTEMPT = "attempting to acquire leader lease"
_SUCCESS = "successfully acquired lease"
_LONGEST_SECONDS = 600.0
_LONGEST_END_SECONDS = 30.0
_LONGEST_SILENCE_SECONDS = 15.0


def settled(files: ClusterFiles, seen: Callable[[ClusterSnapshot], None] | None = None) -> ClusterSnapshot:
    """Wait until every job of a cluster runs, has ended, or gets no further.

    :param seen: Called with what is there, whenever it has changed. Default: nothing is called.
    :raises RehearsalError: the API server does not answer.
    """
    return asyncio.run(_with_api(files, lambda api: _settled(api, files, seen or (lambda snapshot: None))))


def end_jobs(files: ClusterFiles) -> ClusterSnapshot:
    """Let every launcher that runs complete, and wait until the jobs say so, or go on without saying so.

    :raises RehearsalError: the API server does not answer.
    """
    return asyncio.run(_with_api(files, lambda api: _end_jobs(api, files)))


async def _with_api(
    files: ClusterFiles, work: Callable[[KubernetesApi], Coroutine[Any, Any, ClusterSnapshot]]
) -> ClusterSnapshot:
    async with aclosing(await KubernetesApi.connect(files.kubeconfig)) as api:
        return await work(api)


async def _settled(api: KubernetesApi, files: ClusterFiles, tell: Callable[[ClusterSnapshot], None]) -> ClusterSnapshot:
    start = last_change = time.monotonic()
    seen: object = None
    while True:
        snapshot = await _snapshot(api, files)
        now = time.monotonic()
        state = _state(snapshot)
        if state != seen:
            seen, last_change = state, now
            tell(snapshot)
        if not _undecided(snapshot) and now - last_change > _POLL_SECONDS:
            return snapshot
        quiet = _QUIET_SECONDS_OF_OPERATOR if _waits_for_operator(snapshot) else _QUIET_SECONDS
        if now - last_change > quiet or now - start > _LONGEST_SECONDS:
            return snapshot
        await asyncio.sleep(_POLL_SECONDS)


async def _end_jobs(api: KubernetesApi, files: ClusterFiles) -> ClusterSnapshot:
    snapshot = await _snapshot(api, files)
    # Others may start on the nodes that these leave.
    ending = {job["metadata"]["uid"] for job in snapshot.mpi_jobs or () if condition(job, "Running")}
    for pod in snapshot.pods:
        if is_launcher(dict(pod)) and pod["status"].get("phase") == "Running":
            metadata = pod["metadata"]
            with suppress(*API_ERRORS):
                await api.patch(
                    f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}",
                    {"metadata": {"annotations": {OUTCOME_ANNOTATION: str(Outcome.COMPLETE)}}},
                )
    end = time.monotonic() + _LONGEST_END_SECONDS
    while any(_runs(job, ending) for job in snapshot.mpi_jobs or ()) and time.monotonic() < end:
        await asyncio.sleep(_POLL_SECONDS)
        snapshot = await _snapshot(api, files)
    return snapshot


async def _snapshot(api: KubernetesApi, files: ClusterFiles) -> ClusterSnapshot:
    end = time.monotonic() + _LONGEST_SILENCE_SECONDS
    while True:
        try:
            return await read_snapshot(
                api, cluster_name=files.name, region=files.region, operator_log=_operator_log(files.logs)
            )
        except API_ERRORS as error:
            # A kind that has just been defined is not served at once.
            if time.monotonic() > end:
                raise RehearsalError(f"the API server of cluster '{files.name}' does not answer: {error}") from None
        await asyncio.sleep(_POLL_SECONDS)


def _operator_log(folder: Path) -> list[str]:
    """What a pod's log would have: the operators run on this machine, and write files."""
    return [
        line
        for file in sorted(folder.glob("mpi-operator-*.log"))
        for line in file.read_text(errors="replace").splitlines()
    ]


def _runs(job: KubernetesObject, among: Collection[str]) -> bool:
    return job["metadata"]["uid"] in among and condition(job, "Running")


def _undecided(snapshot: ClusterSnapshot) -> bool:
    """Whether anything is still on its way."""
    return (
        any(pod["status"].get("phase") == "Pending" for pod in snapshot.pods)
        or any(not _is_complete(item) for item in (*snapshot.daemon_sets, *snapshot.deployments))
        or any(not _is_decided(job) for job in snapshot.mpi_jobs or ())
        or any(not (condition(job, "Complete") or condition(job, "Failed")) for job in _other_jobs(snapshot))
    )


def _is_decided(job: KubernetesObject) -> bool:
    if job["spec"].get("runPolicy", {}).get("suspend"):
        return condition(job, "Suspended")
    return any(condition(job, kind) for kind in ("Running", "Succeeded", "Failed"))


def _is_complete(item: KubernetesObject) -> bool:
    """Whether a Deployment or DaemonSet has all the pods that it wants, ready."""
    status = item.get("status") or {}
    if status.get("observedGeneration") != item["metadata"]["generation"]:
        return False
    if "desiredNumberScheduled" in status:
        return bool(status["desiredNumberScheduled"] == status.get("numberReady"))
    return bool(item["spec"].get("replicas", 1) == status.get("readyReplicas", 0))


def _other_jobs(snapshot: ClusterSnapshot) -> Iterable[KubernetesObject]:
    return (job for job in snapshot.jobs if not any(owner["kind"] == "MPIJob" for owner in _owners(job)))


def _owners(item: KubernetesObject) -> Iterable[KubernetesObject]:
    owners: list[KubernetesObject] = item["metadata"].get("ownerReferences") or []
    return owners


def _waits_for_operator(snapshot: ClusterSnapshot) -> bool:
    """Whether a job waits for an operator that is there, and is not the leader yet."""
    attempts, successes = (sum(words in line for line in snapshot.operator_log) for words in (_ATTEMPT, _SUCCESS))
    if attempts <= successes:
        return False
    unseen = any(not (job.get("status") or {}).get("conditions") for job in snapshot.mpi_jobs or ())
    return unseen and any(
        item["metadata"]["name"].startswith("mpi-operator") and _is_complete(item) for item in snapshot.deployments
    )


def _state(snapshot: ClusterSnapshot) -> object:
    """What must not change while a cluster is at rest."""
    return (
        [(item["metadata"]["uid"], _conditions(item), item["status"].get("phase")) for item in snapshot.pods],
        [(item["metadata"]["uid"], _conditions(item)) for item in snapshot.mpi_jobs or ()],
        [(item["metadata"]["uid"], _conditions(item)) for item in snapshot.jobs],
        [
            (item["metadata"]["uid"], (item.get("status") or {}).get("numberReady"))
            for item in (*snapshot.daemon_sets, *snapshot.deployments)
        ],
        [(item["metadata"]["uid"], item["status"].get("allocatable")) for item in snapshot.nodes],
    )


def _conditions(item: KubernetesObject) -> list[tuple[str, str]]:
    return [(one["type"], one["status"]) for one in (item.get("status") or {}).get("conditions") or ()]
