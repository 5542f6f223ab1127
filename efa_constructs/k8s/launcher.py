"""The launcher of an MPI job: the pod that starts the ranks on the workers, and whose log has their output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cdk8s import Size

from ..errors import InvalidArgumentError

__all__ = ["Launcher", "LauncherPlacement"]


class LauncherPlacement(StrEnum):
    """On which nodes the launcher runs."""

    # On one of the workers' nodes, beside a worker.
    WORKER_NODE = "worker-node"
    # On a node without EFA: the cluster needs one.
    OTHER_NODE = "other-node"


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Where the launcher runs, and when.

    :param placement: Default: ``WORKER_NODE``, which needs no further node.
    :param wait_for_workers: Whether the launcher is made when every worker's sshd answers, or at once: then it fails,
        and starts again, until their names resolve. Default: True
    :param cpu: vCPUs requested; no limit is set. Default: 1
    :param memory: Default: 2 GiB
    """

    placement: LauncherPlacement = LauncherPlacement.WORKER_NODE
    wait_for_workers: bool = True
    cpu: float = 1
    memory: Size | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.placement, LauncherPlacement):
            raise InvalidArgumentError(
                f"'placement' is {self.placement!r}: use LauncherPlacement.WORKER_NODE or .OTHER_NODE"
            )
        if not self.cpu > 0:
            raise InvalidArgumentError(f"'cpu' of the launcher must be greater than 0, got {self.cpu}")

    @property
    def cpu_millicores(self) -> int:
        """What is requested of a node's CPUs."""
        return round(self.cpu * 1000)

    @property
    def memory_mib(self) -> int:
        """What is requested of a node's memory, and the limit."""
        return 2048 if self.memory is None else int(self.memory.to_mebibytes())

    @property
    def cpu_millicores_of_worker_node(self) -> int:
        """What a worker on the launcher's node cannot have."""
        return self.cpu_millicores if self.placement is LauncherPlacement.WORKER_NODE else 0

    @property
    def memory_mib_of_worker_node(self) -> int:
        """What a worker on the launcher's node cannot have."""
        return self.memory_mib if self.placement is LauncherPlacement.WORKER_NODE else 0
