"""What is wrong in a cluster, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .cluster_snapshot import ClusterSnapshot
from .cluster_watch import condition
from .fabric import Finding, Level

__all__ = ["RehearsedCluster", "judge_cluster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedCluster:
    """A cluster while its jobs ran, and once they had ended."""

    running: ClusterSnapshot
    ended: ClusterSnapshot
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault. Warnings do not count."""
        return all(finding.level is Level.WARNING for finding in self.findings)


def judge_cluster(running: ClusterSnapshot, ended: ClusterSnapshot) -> tuple[Finding, ...]:
    return tuple(_findings(running, ended))


def _findings(running: ClusterSnapshot, ended: ClusterSnapshot) -> Iterator[Finding]:
    for line in running.operator_log:
        if "forbidden" in line.lower():
            yield Finding(code="forbidden", level=Level.FAULT, problem=line[:300], fix="rbac")
    for job in running.mpi_jobs or ():
        if not condition(job, "Running"):
            yield Finding(code="job-not-running", level=Level.FAULT, problem=job["metadata"]["name"], fix="?")
    for job in ended.mpi_jobs or ():
        if not condition(job, "Succeeded"):
            yield Finding(code="job-not-succeeded", level=Level.FAULT, problem=job["metadata"]["name"], fix="?")
