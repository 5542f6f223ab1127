"""When an MPI job starts, how long it may take, and what stays of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdk8s import Duration

from ..errors import InvalidArgumentError

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


@dataclass(frozen=True, kw_only=True)
class RunPolicy:
    """The life of a job.

    :param clean_pod_policy: Default: ``RUNNING``, so that workers give their GPUs back when the launcher has ended. (Of
        a job that says nothing the operator keeps them, whatever its documentation says.)
    :param suspend: Make the job, and start it only when somebody sets ``suspend`` to false. Default: False
    :param ttl_after_finished: When the launcher is deleted after the end; the MPIJob itself stays
        (https://github.com/kubeflow/mpi-operator/issues/644). Default: never.
    :param active_deadline: How long the job may take. Default: as long as it takes.
    :param backoff_limit: How often the launcher may fail before the job has failed. Default: that of Kubernetes, 6.
    :param launcher_restart_policy: Default: ``ON_FAILURE``, as the operator.
    :param worker_restart_policy: Default: ``NEVER``, as the operator.
    """

    clean_pod_policy: CleanPodPolicy = CleanPodPolicy.RUNNING
    suspend: bool = False
    ttl_after_finished: Duration | None = None
    active_deadline: Duration | None = None
    backoff_limit: int | None = None
    launcher_restart_policy: RestartPolicy = RestartPolicy.ON_FAILURE
    worker_restart_policy: RestartPolicy = RestartPolicy.NEVER

    def __post_init__(self) -> None:
        if self.backoff_limit is not None and self.backoff_limit < 0:
            raise InvalidArgumentError(f"'backoff_limit' must be at least 0, got {self.backoff_limit}")
        for field, kind in (
            ("clean_pod_policy", CleanPodPolicy),
            ("launcher_restart_policy", RestartPolicy),
            ("worker_restart_policy", RestartPolicy),
        ):
            value = getattr(self, field)
            if not isinstance(value, kind):
                allowed = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
                raise InvalidArgumentError(f"'{field}' is {value!r}: use one of {allowed}")

    def to_spec(self) -> dict[str, Any]:
        """As ``runPolicy`` of an MPIJob."""
        spec: dict[str, Any] = {"cleanPodPolicy": self.clean_pod_policy.value, "suspend": self.suspend}
        if self.ttl_after_finished is not None:
            spec["ttlSecondsAfterFinished"] = int(self.ttl_after_finished.to_seconds())
        if self.active_deadline is not None:
            spec["activeDeadlineSeconds"] = int(self.active_deadline.to_seconds())
        if self.backoff_limit is not None:
            spec["backoffLimit"] = self.backoff_limit
        return spec
