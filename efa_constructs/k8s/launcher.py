"""The launcher of an MPI job: the pod that starts the ranks on the workers, and whose log has their output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cdk8s import Size

from ..argument_kinds import check_fields, member_of
from ..errors import InvalidArgumentError
from .field_kinds import CPUS, SIZE, SWITCH
from .quantities import whole_mebibytes

__all__ = ["Launcher", "LauncherPlacement"]


class LauncherPlacement(StrEnum):
    """On which nodes the launcher runs."""

    # On one of the workers' nodes, beside a worker.
    WORKER_NODE = "worker-node"
    # On a node without EFA: the cluster needs one.
    OTHER_NODE = "other-node"


_KINDS = {"placement": member_of(LauncherPlacement), "wait_for_workers": SWITCH, "cpu": CPUS, "memory": SIZE}
_MEMORY_DEFAULT_MIB = 2048


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Where the launcher runs, and when.

    :param placement: Default: ``WORKER_NODE``, which needs no further node.
    :param wait_for_workers: Whether the launcher is made when every worker's sshd answers, or at once: then it fails,
        and starts again, until their names resolve. Default: True
    :param cpu: vCPUs requested, 0.001 or more; no limit is set. Default: 1
    :param memory: Request and limit, in whole MiB. Default: 2 GiB
    :raises InvalidArgumentError: a field is of another kind, or there would be no CPU or memory.
    """

    placement: LauncherPlacement = LauncherPlacement.WORKER_NODE
    wait_for_workers: bool = True
    cpu: float = 1
    memory: Size | None = None

    def __post_init__(self) -> None:
        check_fields(self, _KINDS)
        if self.cpu_millicores < 1:
            raise InvalidArgumentError(f"Launcher: 'cpu' must be at least 0.001, got {self.cpu}")
        if self.memory_mib < 1:
            raise InvalidArgumentError(f"Launcher: 'memory' must be at least 1 MiB, got {self.memory_mib} MiB")

    @property
    def cpu_millicores(self) -> int:
        """What is requested of a node's CPUs."""
        return round(self.cpu * 1000)

    @property
    def memory_mib(self) -> int:
        """What is requested of a node's memory, and the limit."""
        return _MEMORY_DEFAULT_MIB if self.memory is None else whole_mebibytes("Launcher", "memory", self.memory)

    @property
    def cpu_millicores_of_worker_node(self) -> int:
        """What a worker on the launcher's node cannot have."""
        return self.cpu_millicores if self.placement is LauncherPlacement.WORKER_NODE else 0

    @property
    def memory_mib_of_worker_node(self) -> int:
        """What a worker on the launcher's node cannot have."""
        return self.memory_mib if self.placement is LauncherPlacement.WORKER_NODE else 0
