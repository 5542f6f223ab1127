"""The app as it comes passes, and the commands for a real cluster tell of it what the documentation shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from efa_constructs.cli import app as efa
from efa_constructs.rehearsal.kept import stop_kept
from tests.docs import shown

from ..live_cluster import Kubectl, eventually
from .changed_assembly import ROOT


@pytest.fixture(scope="module")
def kept(default_app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Its rehearsal, which goes on running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        done = subprocess.run(
            [sys.executable, "-m", "tests.rehearsal.faults.keep", str(default_app)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        document = json.loads(done.stdout)
        for name, value in document["environment"].items():
            patch.setenv(name, value)
        (kubeconfig,) = document["kubeconfigs"].values()
        patch.setenv("KUBECONFIG", kubeconfig)
        yield document
        (stopped,) = stop_kept()
        assert stopped.was_running


def test_passes(kept: dict[str, Any]) -> None:
    assert kept["passes"]
    (cluster,) = kept["kubernetes"]
    assert cluster["findings"] == []


@pytest.mark.parametrize("block", shown.OF_A_KEPT_REHEARSAL, ids=lambda block: f"{block.page}: {block.begins}")
def test_a_command_prints_what_the_documentation_shows(
    kept: dict[str, Any], block: shown.Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, output = shown.command_and_output(block.block)
    (cluster,) = kept["kubernetes"]
    words = shlex.split(re.sub(r"EfaCluster-EksCluster\S+", cluster["cluster"], command))
    assert words[0] == "efa"
    # What it writes goes there, and what it reads is the app's.
    (tmp_path / "cdk.json").symlink_to(ROOT / "cdk.json")
    monkeypatch.chdir(tmp_path)
    shown.check_lines(output, CliRunner().invoke(efa, words[1:]).output)


def test_a_job_goes_on_once_a_node_that_was_taken_away_is_replaced(kept: dict[str, Any]) -> None:
    kubectl = Kubectl(Path(os.environ["KUBECONFIG"]))

    def launchers() -> list[Any]:
        return kubectl.items("/api/v1/namespaces/default/pods?labelSelector=training.kubeflow.org/job-role=launcher")

    def instances() -> dict[str, str]:
        """Of the nodes, by their names."""
        nodes = kubectl.items("/api/v1/nodes")
        return {node["metadata"]["name"]: node["spec"]["providerID"].rpartition("/")[2] for node in nodes}

    (launcher,) = launchers()
    # The node of the launcher would take it away with it.
    (gone,) = (instance for name, instance in instances().items() if name != launcher["spec"]["nodeName"])
    boto3.client("ec2").terminate_instances(InstanceIds=[gone])
    phases = ["Failed", "Running"]
    eventually(lambda: sorted(pod["status"]["phase"] for pod in launchers()) == phases, "another launcher runs")
    assert len(instances()) == 2
    assert gone not in instances().values()
