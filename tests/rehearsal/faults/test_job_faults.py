"""Each fault in a job is found, and told of that job alone; what is well passes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from efa_constructs.cli.rehearsal_text import print_report
from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.cluster.snapshot import condition
from efa_constructs.rehearsal.result import RehearsalResult
from tests.docs import shown

from . import job_faults
from .changed_assembly import JOB, rehearse_changed
from .judgement import cluster_faults, cluster_findings


@pytest.fixture(scope="module")
def together(default_app: Path, tmp_path_factory: pytest.TempPathFactory) -> RehearsalResult:
    """The rehearsal of all jobs that are wrong, beside the app's own."""
    return rehearse_changed(default_app, tmp_path_factory.mktemp("together"), job_faults.add_all)


@pytest.mark.parametrize("name", job_faults.FAULTS)
def test_says_why_a_job_would_not_run(together: RehearsalResult, name: str) -> None:
    _, code, words = job_faults.FAULTS[name]
    (found,) = _about(name, cluster_faults(together))
    assert found.code == code
    assert all(word in f"{found.problem} -> {found.fix}" for word in words), found
    assert not together.passes


@pytest.mark.parametrize("name", job_faults.WARNINGS)
def test_warns_of_a_job_that_is_perhaps_not_as_it_should_be(together: RehearsalResult, name: str) -> None:
    _, code, words = job_faults.WARNINGS[name]
    (found,) = _about(name, cluster_findings(together))
    assert (found.code, found.level) == (code, Level.WARNING)
    assert all(word in f"{found.problem} -> {found.fix}" for word in words), found


def test_finds_nothing_else_where_other_jobs_are_at_fault(together: RehearsalResult) -> None:
    assert len(cluster_findings(together)) == len(job_faults.FAULTS | job_faults.WARNINGS)
    (cluster,) = together.kubernetes
    for name in (JOB, job_faults.COMPARISON, "modest"):
        (job,) = (job for job in cluster.ended.mpi_jobs or () if job["metadata"]["name"] == name)
        assert condition(job, "Succeeded")


def test_the_documentation_shows_what_is_printed(together: RehearsalResult, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(together)
    shown.FAULT_OF_A_JOB.check(capsys.readouterr().out)


def test_says_which_jobs_want_the_same_nodes(default_app: Path, tmp_path: Path) -> None:
    result = rehearse_changed(default_app, tmp_path, job_faults.add_a_second)
    assert not result.passes
    findings = cluster_faults(result)
    assert {finding.code for finding in findings} == {"nodes-taken"}
    assert all("second" in finding.problem and JOB in finding.problem for finding in findings)
    assert all("Insufficient" in finding.problem for finding in findings)


def _about(name: str, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if f"MPIJob 'default/{name}'" in finding.problem]
