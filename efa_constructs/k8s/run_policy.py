"""When an MPI job starts, how long it may take, and what stays of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdk8s import Duration

from ..argument_kinds import check_fields, member_of
from ..rules.jobs import MPI_JOBS_ARE_SOUND
from .field_kinds import COUNT, DURATION, SWITCH
from .quantities import INT32_MAX, INT64_MAX, check_range, whole_seconds

__all__ = ["CleanPodPolicy", "RestartPolicy", "RunPolicy"]


class CleanPodPolicy(StrEnum):
    """Which workers the operator deletes when the launcher has ended."""

    NONE = "None"
    RUNNING = "Running"
    ALL = "All"


class RestartPolicy(StrEnum):
    """What happens to a pod whose container fails: the operator takes no other policy."""

    NEVER = "Never"
    ON_FAILURE = "OnFailure"


_KINDS = {
    "clean_pod_policy": member_of(CleanPodPolicy),
    "suspend": SWITCH,
    "ttl_after_finished": DURATION,
    "active_deadline": DURATION,
    "backoff_limit": COUNT,
    "launcher_restart_policy": member_of(RestartPolicy),
    "worker_restart_policy": member_of(RestartPolicy),
}


@dataclass(frozen=True, kw_only=True)
class RunPolicy:
    """The life of a job.

    :param clean_pod_policy: Default: ``RUNNING``, so that workers give their GPUs back when the launcher has ended. (Of
        a job that says nothing the operator keeps them, whatever its documentation says.)
    :param suspend: Make the job, and start it only when somebody sets ``suspend`` to false. Default: False
    :param ttl_after_finished: When the launcher is deleted after the end, 0 s for at once; the MPIJob itself stays
        (https://github.com/kubeflow/mpi-operator/issues/644). Default: never.
    :param active_deadline: How long the job may take. Default: as long as it takes.
    :param backoff_limit: How often the launcher may fail before the job has failed. Default: that of Kubernetes, 6.
    :param launcher_restart_policy: Default: ``ON_FAILURE``, as the operator.
    :param worker_restart_policy: Default: ``NEVER``, as the operator.
    :raises InvalidArgumentError: a field is of another kind, a duration is not of whole seconds or, but for
        ``ttl_after_finished``, zero, or a number is larger than the API server takes.
    """

    clean_pod_policy: CleanPodPolicy = CleanPodPolicy.RUNNING
    suspend: bool = False
    ttl_after_finished: Duration | None = None
    active_deadline: Duration | None = None
    backoff_limit: int | None = None
    launcher_restart_policy: RestartPolicy = RestartPolicy.ON_FAILURE
    worker_restart_policy: RestartPolicy = RestartPolicy.NEVER

    def __post_init__(self) -> None:
        check_fields(self, _KINDS)
        if self.backoff_limit is not None:
            check_range("RunPolicy", "backoff_limit", self.backoff_limit, least=0, rule=MPI_JOBS_ARE_SOUND)
        # So that a duration is refused here, where it is written.
        self.to_spec()

    def to_spec(self) -> dict[str, Any]:
        """As ``runPolicy`` of an MPIJob."""
        spec: dict[str, Any] = {"cleanPodPolicy": self.clean_pod_policy.value, "suspend": self.suspend}
        if self.ttl_after_finished is not None:
            spec["ttlSecondsAfterFinished"] = whole_seconds(
                "RunPolicy", "ttl_after_finished", self.ttl_after_finished, least=0, most=INT32_MAX
            )
        if self.active_deadline is not None:
            spec["activeDeadlineSeconds"] = whole_seconds(
                "RunPolicy", "active_deadline", self.active_deadline, most=INT64_MAX
            )
        if self.backoff_limit is not None:
            spec["backoffLimit"] = self.backoff_limit
        return spec
