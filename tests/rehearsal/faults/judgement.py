"""What a rehearsal must have said about a fault."""

from __future__ import annotations

from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.rehearsal.result import RehearsalResult

from .changed_assembly import Fault

__all__ = ["assert_found", "cluster_faults", "cluster_findings"]


def cluster_findings(result: RehearsalResult) -> tuple[Finding, ...]:
    """What was found in the only cluster."""
    (cluster,) = result.kubernetes
    return cluster.findings


def cluster_faults(result: RehearsalResult) -> list[Finding]:
    """The same without warnings."""
    return [finding for finding in cluster_findings(result) if finding.level is not Level.WARNING]


def assert_found(fault: Fault, result: RehearsalResult) -> None:
    """Fail unless the rehearsal says no, and names the cause of the fault, once."""
    assert not result.passes
    if fault.code is None:
        text = "\n".join(result.refusals)
        assert all(words in text for words in fault.words), text
        return
    assert not result.refusals
    found = [*(finding for verdict in result.verdicts for finding in verdict.findings), *cluster_findings(result)]
    text = "\n".join(f"{finding.code}: {finding.problem} -> {finding.fix}" for finding in found)
    causes = [finding for finding in found if finding.code == fault.code and finding.level is not Level.WARNING]
    told = [all(words in f"{cause.problem} -> {cause.fix}" for words in fault.words) for cause in causes]
    assert told.count(True) == 1, text
    # Nothing that only follows from it.
    assert {finding.code for finding in cluster_faults(result)} <= {fault.code, *fault.others}, text
