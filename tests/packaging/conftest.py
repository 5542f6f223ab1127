"""What a packager builds, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import ROOT, uv


@pytest.fixture(scope="session")
def dist(tmp_path_factory) -> Path:
    """A folder with the sdist, and the wheel that was built from the sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    # The build backend of uv.lock, not the newest.
    uv("build", "--no-build-isolation", "--python", ROOT / ".venv", "--out-dir", folder)
    return folder


@pytest.fixture(scope="session")
def wheel(dist) -> Path:
    (file,) = dist.glob("*.whl")
    return file


@pytest.fixture(scope="session")
def sdist(dist) -> Path:
    (file,) = dist.glob("*.tar.gz")
    return file
