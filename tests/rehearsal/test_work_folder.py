"""The temporary folder of a rehearsal."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from efa_constructs.rehearsal.work_folder import work_folder

RUNNING = """
import time
from efa_constructs.rehearsal.work_folder import work_folder
with work_folder() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def start(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    environment = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen([sys.executable, "-c", RUNNING], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    with process.stdout:
        return process, Path(process.stdout.readline().strip())


def test_is_there_meanwhile_and_gone_afterwards(temporary: Path) -> None:
    with work_folder() as folder:
        assert folder.parent == temporary
        (folder / "cdk.out").mkdir()
    assert list(temporary.iterdir()) == []


def test_the_folder_of_a_killed_rehearsal_goes_with_the_next_one_and_a_running_one_stays(temporary: Path) -> None:
    killed, abandoned = start(temporary)
    running, used = start(temporary)
    try:
        killed.kill()
        killed.wait()
        assert abandoned.is_dir()
        with work_folder():
            assert not abandoned.exists()
            assert used.is_dir()
    finally:
        running.kill()
        running.wait()


def test_the_account_of_a_killed_rehearsal_takes_its_folder_away(temporary: Path) -> None:
    killed, abandoned = start(temporary)
    (abandoned / "cdk.out").mkdir()
    (abandoned / "cdk.out" / "manifest.json").touch()
    with work_folder():
        killed.kill()
        killed.wait()
        assert abandoned.is_dir()
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.getuid() == 0, reason="nothing keeps root from removing a folder")
def test_what_could_not_be_removed_is_found_again(temporary: Path) -> None:
    killed, abandoned = start(temporary)
    killed.kill()
    killed.wait()
    (abandoned / "kept").mkdir()
    (abandoned / "kept" / "file").touch()
    (abandoned / "kept").chmod(0o500)
    with work_folder():
        assert abandoned.is_dir()
    (abandoned / "kept").chmod(0o700)
    with work_folder():
        assert not abandoned.exists()


def test_leaves_a_folder_alone_that_nobody_ever_locked(temporary: Path) -> None:
    folder = temporary / "efa-rehearsal-mine"
    folder.mkdir()
    with work_folder():
        assert folder.is_dir()
