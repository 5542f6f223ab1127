"""How a job is started as a whole, where the MPI Operator has a gang scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdk8s import Duration

from ..argument_kinds import check_fields
from ..errors import InvalidArgumentError
from ..rules.jobs import GANGS_ARE_NO_LARGER_THAN_JOBS, WAITING_DOES_NOT_BLOCK_GANGS
from .field_kinds import COUNT, DURATION, name_of
from .names import check_subdomain_name
from .quantities import INT32_MAX, check_range, whole_seconds

__all__ = ["GangScheduling"]


_KINDS = {
    "min_available": COUNT,
    "queue": name_of("a queue of Volcano"),
    "priority_class": name_of("a PriorityClass"),
    "schedule_timeout": DURATION,
}


@dataclass(frozen=True, kw_only=True)
class GangScheduling:
    """All pods of the job at once, or none: for an operator that was installed with gang scheduling.

    :param min_available: How many pods must fit. Default: the workers where the launcher waits for these, else the
        workers and the launcher.
    :param queue: Queue of Volcano. Default: Volcano's default.
    :param priority_class: Default: none.
    :param schedule_timeout: How long scheduler-plugins waits for the whole gang. Default: the scheduler's.
    :raises InvalidArgumentError: a field is of another kind, the timeout is not of one or more whole seconds, or a
        number is larger than the API server takes.
    """

    min_available: int | None = None
    queue: str | None = None
    priority_class: str | None = None
    schedule_timeout: Duration | None = None

    def __post_init__(self) -> None:
        check_fields(self, _KINDS)
        if self.min_available is not None:
            check_range("GangScheduling", "min_available", self.min_available, least=1)
        for name in ("queue", "priority_class"):
            value = getattr(self, name)
            if value is not None:
                check_subdomain_name(name, value)
        self._timeout_seconds()

    def _timeout_seconds(self) -> int | None:
        if self.schedule_timeout is None:
            return None
        return whole_seconds("GangScheduling", "schedule_timeout", self.schedule_timeout, most=INT32_MAX)

    def to_spec(self, *, workers: int, wait_for_workers: bool) -> dict[str, Any]:
        """As ``schedulingPolicy`` of an MPIJob's ``runPolicy``.

        :raises InvalidArgumentError: the gang would wait for the launcher, and the launcher for the gang.
        """
        everyone = workers + 1
        available = self.min_available
        if available is None:
            available = workers if wait_for_workers else everyone
        if not 1 <= available <= everyone:
            message = f"'min_available' must be from 1 to {everyone}, the workers and the launcher, got {available}"
            raise InvalidArgumentError(GANGS_ARE_NO_LARGER_THAN_JOBS.cited(message))
        if wait_for_workers and available > workers:
            # https://github.com/kubeflow/mpi-operator/issues/608
            raise InvalidArgumentError(
                WAITING_DOES_NOT_BLOCK_GANGS.refusal(
                    f"'min_available' is {available}, but only {workers} pods exist before the launcher, which waits "
                    "for the workers: nothing would ever start",
                    f"use at most {workers}, or a Launcher that does not wait",
                )
            )
        spec: dict[str, Any] = {"minAvailable": available}
        if self.queue is not None:
            spec["queue"] = self.queue
        if self.priority_class is not None:
            spec["priorityClass"] = self.priority_class
        timeout = self._timeout_seconds()
        if timeout is not None:
            spec["scheduleTimeoutSeconds"] = timeout
        return spec
