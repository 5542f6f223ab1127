"""The app as it comes passes, and the commands for a real cluster tell of it what the documentation shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from efa_constructs.cli import app as efa
from efa_constructs.rehearsal.kept import stop_kept
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from efa_constructs.rehearsal.result import RehearsalResult
from tests.docs import shown

from .changed_assembly import ROOT
from .judgement import cluster_findings


@pytest.fixture(scope="module")
def kept(default_app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsalResult]:
    """Its rehearsal, which goes on running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        result = rehearse(Rehearsal(directory=ROOT, assembly=default_app, try_commands=False, keep=True))
        for name, value in result.environment.items():
            patch.setenv(name, value)
        (kubeconfig,) = result.kubeconfigs.values()
        patch.setenv("KUBECONFIG", str(kubeconfig))
        yield result
        assert len(stop_kept()) == 1


def test_passes(kept: RehearsalResult) -> None:
    assert kept.passes
    assert not cluster_findings(kept)


@pytest.mark.parametrize("block", shown.OF_A_KEPT_REHEARSAL, ids=lambda block: f"{block.page}: {block.begins}")
def test_a_command_prints_what_the_documentation_shows(
    kept: RehearsalResult, block: shown.Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, output = shown.command_and_output(block.block)
    (cluster,) = kept.clusters
    words = shlex.split(re.sub(r"EfaCluster-EksCluster\S+", cluster.name, command))
    assert words[0] == "efa"
    # What it writes goes there, and what it reads is the app's.
    (tmp_path / "cdk.json").symlink_to(ROOT / "cdk.json")
    monkeypatch.chdir(tmp_path)
    shown.check_lines(output, CliRunner().invoke(efa, words[1:]).stdout)
