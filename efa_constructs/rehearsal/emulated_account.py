"""The emulated account of one rehearsal: started where its stacks go, and ended, or kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from .account.process import AccountProcess, ClusterFiles
from .control_plane.binaries import Binaries
from .inputs.environment import Environment
from .workbench import Workbench

__all__ = ["EmulatedAccount", "KeptAccount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccount:
    """How to reach an account that goes on running. Empty: it does not."""

    environment: Mapping[str, str] = field(default_factory=dict)
    process_id: int | None = None
    # Of a user who may do everything, by the cluster's name.
    kubeconfigs: Mapping[str, Path] = field(default_factory=dict)


class EmulatedAccount:
    """The account of a rehearsal. With the context it ends, unless it is kept, and so do the programs before it."""

    def __init__(
        self, workbench: Workbench, expected: Environment, *, cluster_facts: Path | None, binaries: Binaries | None
    ) -> None:
        """
        :param expected: Where stacks go that do not say it, and where the others will most likely go.
        :param cluster_facts: Of the cluster that is put into it. None: it is empty.
        :param binaries: Programs of its clusters' control planes. None: they have none.
        """
        self.number = expected.account
        self.region = expected.region
        self.binaries = binaries
        self._workbench = workbench
        self._cluster_facts = cluster_facts
        self._process: AccountProcess | None = None

    def __enter__(self) -> EmulatedAccount:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self._workbench.programs.stop()
            self._stop()

    def start(self, number: str | None = None) -> None:
        """Start it. If it runs with another number, start it anew.

        :param number: Of the account. Default: as before.
        """
        number = number or self.number
        if self._process is not None and self.number == number:
            return
        self._stop()
        self.number = number
        with self._workbench.stages("start the account"):
            self._process = AccountProcess(
                account=number, region=self.region, cluster_facts=self._cluster_facts, kubernetes=self.binaries
            )
            self._process.start()

    def environment(self, region: str | None = None) -> dict[str, str]:
        """Environment variables with which AWS clients reach it, and cannot reach any other account.

        :param region: Default: where stacks go that do not say it.
        """
        used = region or self.region
        return {**self._running.environment, "AWS_REGION": used, "AWS_DEFAULT_REGION": used}

    def clusters(self) -> Sequence[ClusterFiles]:
        """Its EKS clusters that have a control plane."""
        return self._running.clusters()

    def kubeconfigs(self) -> dict[str, Path]:
        """Of a user who may do everything, by the cluster's name."""
        return {cluster.name: cluster.kubeconfig for cluster in self.clusters()}

    def taken_on_trust(self) -> tuple[str, ...]:
        """What it accepted although it could not check it."""
        return self._running.taken_on_trust()

    def keep(self) -> KeptAccount:
        """Let it go on running, also when this process has ended."""
        environment, kubeconfigs = self.environment(), self.kubeconfigs()
        process_id = self._running.release()
        self._process = None
        return KeptAccount(environment=environment, process_id=process_id, kubeconfigs=kubeconfigs)

    @property
    def _running(self) -> AccountProcess:
        assert self._process is not None
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None
