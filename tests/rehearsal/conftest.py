"""The command, and the real programs of a control plane."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.rehearsal.control_plane.__main__ import ShownProgress
from efa_constructs.rehearsal.control_plane.binaries import Binaries, find_or_build_binaries
from efa_constructs.rehearsal.programs import Programs

from .efa_command import Efa


@pytest.fixture
def efa(tmp_path: Path) -> Efa:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return Efa(temporary)


@pytest.fixture(scope="session")
def binaries(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Binaries:
    """What a rehearsal would run. Where it has never been built, the first test that asks waits for minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    log = tmp_path_factory.mktemp("control-plane") / "go.log"
    # It should be seen why.
    with capture.global_and_fixture_disabled(), Programs() as programs:
        return find_or_build_binaries(None, programs=programs, log=log, progress=ShownProgress())
