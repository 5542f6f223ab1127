"""Gang scheduling: all pods of a job start, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InvalidArgumentError

__all__ = ["GangScheduler"]

_VOLCANO = "volcano"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class GangScheduler:
    """A scheduler that starts all pods of a job or none, and for which the MPI Operator makes PodGroups.

    Make one with ``volcano()`` or ``scheduler_plugins()``. The scheduler, and its CustomResourceDefinition of
    PodGroup, must be on the cluster already. Without Kueue only: both would hold the same pods back.

    A job with ``launcherCreationPolicy: WaitForWorkersReady`` waits for ever under it unless its
    ``schedulingPolicy.minAvailable`` leaves the launcher out
    (https://github.com/kubeflow/mpi-operator/issues/608).
    """

    # As pods name it: the operator sets it as their schedulerName.
    scheduler_name: str

    def __post_init__(self) -> None:
        if not isinstance(self.scheduler_name, str) or _NAME.fullmatch(self.scheduler_name) is None:
            raise InvalidArgumentError(
                f"'scheduler_name' is {self.scheduler_name!r}, which is no name of a scheduler: give one such as "
                "'scheduler-plugins-scheduler'"
            )

    @classmethod
    def volcano(cls) -> GangScheduler:
        """Return the choice of Volcano."""
        return cls(_VOLCANO)

    @classmethod
    def scheduler_plugins(cls, scheduler_name: str = "scheduler-plugins-scheduler") -> GangScheduler:
        """Return the choice of coscheduling from kubernetes-sigs/scheduler-plugins.

        :param scheduler_name: The name of the scheduler's profile. Default: that of the project's own chart.
        :raises InvalidArgumentError: it is 'volcano', by which the operator knows Volcano.
        """
        if scheduler_name == _VOLCANO:
            raise InvalidArgumentError("'scheduler_name' is 'volcano': use GangScheduler.volcano()")
        return cls(scheduler_name)

    @property
    def api_group(self) -> str:
        """Of its PodGroups."""
        # mpi-operator:pkg/controller/podgroup.go: any name but volcano stands for scheduler-plugins.
        return "scheduling.volcano.sh" if self.scheduler_name == _VOLCANO else "scheduling.x-k8s.io"
