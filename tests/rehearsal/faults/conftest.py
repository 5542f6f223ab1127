"""The default app, synthesized once, and the programs of its control plane."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from efa_constructs.rehearsal.cdk_cli import find_node
from efa_constructs.rehearsal.control_plane.__main__ import ShownProgress
from efa_constructs.rehearsal.control_plane.binaries import find_or_build_binaries
from efa_constructs.rehearsal.programs import Programs
from efa_constructs.rehearsal.synthesis import read_app

from .changed_assembly import ROOT


@pytest.fixture(scope="session")
def default_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the app as it comes."""
    folder = tmp_path_factory.mktemp("default-app")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with Programs() as programs:
        # Where the programs have never been built, it should be seen why this waits for minutes.
        with capture.global_and_fixture_disabled():
            find_or_build_binaries(None, programs=programs, log=folder / "go.log", progress=ShownProgress())
        read_app(ROOT, {}).synthesize(
            folder / "cdk.out",
            programs=programs,
            environment=os.environ,
            node=find_node(),
            account="123456789012",
            region="us-east-1",
            log=folder / "log",
        )
    return folder / "cdk.out"
