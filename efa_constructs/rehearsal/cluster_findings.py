"""What is wrong in a cluster, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from ..lookups.deployed import DeployedCluster
from .cluster_snapshot import ClusterSnapshot
from .diagnosis.diagnosis import diagnose
from .fabric import Finding, Level

__all__ = ["RehearsedCluster", "judge_cluster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedCluster:
    """A cluster while its jobs ran, and once they had ended. The same twice: they were left to run."""

    running: ClusterSnapshot
    ended: ClusterSnapshot
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault. Warnings do not count."""
        return all(finding.level is Level.WARNING for finding in self.findings)


def judge_cluster(
    running: ClusterSnapshot, ended: ClusterSnapshot, deployed: DeployedCluster | None
) -> RehearsedCluster:
    """Judge a cluster by its objects while its jobs ran, and once they had ended.

    :param ended: The same as ``running``: they were left to run.
    :param deployed: The same cluster as AWS describes it. None: it is not there any more.
    """
    return RehearsedCluster(running=running, ended=ended, findings=diagnose(running, ended, deployed))
