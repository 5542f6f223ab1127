"""Each fault in a job is found, and told of that job alone; what is well passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.rehearsal.cluster_watch import condition
from efa_constructs.rehearsal.fabric import Level
from efa_constructs.rehearsal.result import RehearsalResult

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
    findings = cluster_faults(together)
    (found,) = (finding for finding in findings if f"MPIJob 'default/{name}'" in finding.problem)
    assert found.code == code
    assert all(word in f"{found.problem} -> {found.fix}" for word in words), found
    assert not together.passes


def test_finds_nothing_else_where_other_jobs_are_at_fault(together: RehearsalResult) -> None:
    assert len(cluster_faults(together)) == len(job_faults.FAULTS)
    assert not any(JOB in finding.problem for finding in cluster_findings(together))
    (cluster,) = together.kubernetes
    assert condition(next(job for job in cluster.ended.mpi_jobs or () if job["metadata"]["name"] == JOB), "Succeeded")


def test_passes_the_app_as_it_comes(default_app: Path, tmp_path: Path) -> None:
    result = rehearse_changed(default_app, tmp_path, lambda app: None)
    assert result.passes
    assert not cluster_findings(result)


def test_says_which_jobs_want_the_same_nodes(default_app: Path, tmp_path: Path) -> None:
    result = rehearse_changed(default_app, tmp_path, job_faults.two_jobs)
    assert not result.passes
    findings = cluster_faults(result)
    assert {finding.code for finding in findings} == {"nodes-taken"}
    assert all("second" in finding.problem and JOB in finding.problem for finding in findings)
    assert all("Insufficient" in finding.problem for finding in findings)


def test_warns_of_a_job_that_asks_for_no_efa(default_app: Path, tmp_path: Path) -> None:
    result = rehearse_changed(default_app, tmp_path, job_faults.without_efas)
    (finding,) = cluster_findings(result)
    assert (finding.code, finding.level) == ("no-efa-requested", Level.WARNING)
    assert result.passes


def test_says_nothing_of_a_job_that_is_there_to_compare_tcp(default_app: Path, tmp_path: Path) -> None:
    result = rehearse_changed(default_app, tmp_path, job_faults.for_comparison)
    assert not cluster_findings(result)
    assert result.passes


def test_warns_of_a_job_that_is_suspended(default_app: Path, tmp_path: Path) -> None:
    result = rehearse_changed(default_app, tmp_path, job_faults.suspend)
    (finding,) = cluster_findings(result)
    assert (finding.code, finding.level) == ("mpi-job-suspended", Level.WARNING)
    assert "suspend" in finding.problem
