"""A rehearsed cluster, judged by its objects while its jobs ran and once they had ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...cluster.diagnosis.diagnosis import diagnose
from ...cluster.finding import Finding, Level
from ...cluster.snapshot import ClusterSnapshot
from ...lookups.deployed import DeployedCluster
from .fabric_causes import about_fabrics
from .rehearsed_objects import RehearsedObjects

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
    # What the operator was refused while jobs ended is a cause, too.
    objects = RehearsedObjects(replace(running, operator_log=ended.operator_log), deployed)
    later = None if ended is running else RehearsedObjects(ended, deployed)
    return RehearsedCluster(running=running, ended=ended, findings=diagnose(objects, later, about_fabrics(objects)))
