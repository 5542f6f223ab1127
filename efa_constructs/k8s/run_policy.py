"""When an MPI job starts, how long it may take, and what stays of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdk8s import Duration

from ..errors import InvalidArgumentError

__all__ = ["CleanPodPolicy", "GangScheduling", "Kueue", "RestartPolicy", "RunPolicy"]


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


@dataclass(frozen=True, kw_only=True)
class GangScheduling:
    """All pods of the job at once, or none: for an operator that was installed with gang scheduling.

    :param min_available: How many pods must fit. Default: the workers where the launcher waits for these, else the
        workers and the launcher.
    :param queue: Queue of Volcano. Default: Volcano's default.
    :param priority_class: Default: none.
    :param schedule_timeout: How long scheduler-plugins waits for the whole gang. Default: the scheduler's.
    """

    min_available: int | None = None
    queue: str | None = None
    priority_class: str | None = None
    schedule_timeout: Duration | None = None

    def to_spec(self, *, workers: int, wait_for_workers: bool) -> dict[str, Any]:
        """As ``schedulingPolicy`` of an MPIJob's ``runPolicy``.

        :raises InvalidArgumentError: the gang would wait for the launcher, and the launcher for the gang.
        """
        everyone = workers + 1
        available = self.min_available
        if available is None:
            available = workers if wait_for_workers else everyone
        if not 1 <= available <= everyone:
            raise InvalidArgumentError(
                f"'min_available' must be from 1 to {everyone}, the workers and the launcher, got {available}"
            )
        if wait_for_workers and available > workers:
            # https://github.com/kubeflow/mpi-operator/issues/608
            raise InvalidArgumentError(
                f"'min_available' is {available}, but only {workers} pods exist before the launcher, which waits for "
                f"the workers: nothing would ever start; use at most {workers}, or a Launcher that does not wait"
            )
        spec: dict[str, Any] = {"minAvailable": available}
        if self.queue is not None:
            spec["queue"] = self.queue
        if self.priority_class is not None:
            spec["priorityClass"] = self.priority_class
        if self.schedule_timeout is not None:
            spec["scheduleTimeoutSeconds"] = int(self.schedule_timeout.to_seconds())
        return spec


@dataclass(frozen=True, kw_only=True)
class Kueue:
    """Let Kueue admit the job. The cluster queue must cover every resource of the workers, ``hugepages-2Mi`` included.

    Source: Kueue documentation, "Run MPIJobs" and "Topology Aware Scheduling".

    :param queue: The local queue, in the job's namespace.
    :param topology: The node label within one value of which all workers go, such as
        ``"topology.k8s.aws/network-node-layer-3"``. Default: no constraint.
    :param topology_required: Whether the job waits until they can; otherwise it is only preferred. Default: True
    :param priority_class: A ``WorkloadPriorityClass``. Default: none.
    """

    queue: str
    topology: str | None = None
    topology_required: bool = True
    priority_class: str | None = None

    def job_labels(self) -> dict[str, str]:
        """Labels of the MPIJob; on pods they would do nothing."""
        labels = {"kueue.x-k8s.io/queue-name": self.queue}
        if self.priority_class is not None:
            labels["kueue.x-k8s.io/priority-class"] = self.priority_class
        return labels

    def worker_annotations(self) -> dict[str, str]:
        """Annotations of the workers' pod template; on the MPIJob they would do nothing."""
        if self.topology is None:
            return {}
        kind = "required" if self.topology_required else "preferred"
        return {f"kueue.x-k8s.io/podset-{kind}-topology": self.topology}

    def launcher_annotations(self) -> dict[str, str]:
        """Annotations of the launcher's pod template: it may be anywhere."""
        return {} if self.topology is None else {"kueue.x-k8s.io/podset-unconstrained-topology": "true"}
