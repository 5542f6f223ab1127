"""The command."""

from __future__ import annotations

from pathlib import Path

import pytest

from .efa_command import Efa


@pytest.fixture
def efa(tmp_path: Path) -> Efa:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return Efa(temporary)
