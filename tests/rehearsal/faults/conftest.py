"""The default app, synthesized once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.inputs.cdk_cli import find_node
from efa_constructs.rehearsal.inputs.synthesis import read_app
from efa_constructs.rehearsal.programs import Programs

from .changed_assembly import ROOT


@pytest.fixture(scope="session")
def default_app(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the app as it comes, on a machine that has the programs of a control plane."""
    folder = tmp_path_factory.mktemp("default-app")
    with Programs() as programs:
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
