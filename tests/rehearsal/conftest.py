"""The command, and the real programs of a control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from efa_constructs.rehearsal.control_plane.__main__ import ShownProgress
from efa_constructs.rehearsal.control_plane.binaries import Binaries, find_or_build_binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.programs import Programs

from .efa_command import Efa
from .live_cluster import make_control_plane


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


@pytest.fixture(scope="module")
def control_plane(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One that runs, for all tests of a file."""
    with make_control_plane(binaries, tmp_path_factory.mktemp("control-plane")) as running:
        yield running
