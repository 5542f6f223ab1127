"""Rehearsals that are kept: found again, stopped whatever is left of them, and nobody else's process with them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.kept import new_record_file, stop_kept

from .efa_command import Efa, write_nodes_project


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


_KEPT = """
import sys, time
from pathlib import Path
from efa_constructs.rehearsal.kept import kept_record
with kept_record(Path(sys.argv[1]), account="123456789012", folder=Path(sys.argv[2])):
    print("kept", flush=True)
    time.sleep(60)
"""


def start_kept(folder: Path) -> subprocess.Popen[str]:
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _KEPT, str(new_record_file()), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "kept\n"
    return process


def test_stops_what_runs_and_removes_its_folder(tmp_path: Path) -> None:
    with start_kept(tmp_path / "folder") as process:
        (stopped,) = stop_kept()
        assert process.wait(10) == -signal.SIGTERM
    assert (stopped.was_running, stopped.process_id) == (True, process.pid)
    assert not (tmp_path / "folder").exists()
    assert stop_kept() == ()


def test_removes_what_is_left_of_one_that_was_killed_with_the_processes_that_outlived_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with start_kept(folder) as process:
        process.kill()
        process.wait()
    sleep = "import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", sleep, f"--data-dir={folder}/etcd"]) as left:
        (stopped,) = stop_kept()
        assert left.wait(10) == -signal.SIGKILL
    assert (stopped.was_running, stopped.leftover_processes) == (False, 1)
    assert not folder.exists()


def test_leaves_a_process_alone_that_has_got_the_number_of_one_that_ended(tmp_path: Path) -> None:
    with start_kept(tmp_path / "folder") as process:
        process.kill()
        process.wait()
    (record,) = new_record_file().parent.glob("*.json")
    content = json.loads(record.read_text())
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as innocent:
        record.write_text(json.dumps({**content, "processId": innocent.pid}))
        (stopped,) = stop_kept()
        time.sleep(0.2)
        assert innocent.poll() is None
        innocent.kill()
    assert not stopped.was_running


def test_stops_nothing_where_nothing_was_kept() -> None:
    assert stop_kept() == ()


def test_names_a_record_that_is_none(state: Path) -> None:
    new_record_file().write_text("{}")
    with pytest.raises(RehearsalError, match=r"\.json' is no record of a kept rehearsal .*: delete it"):
        stop_kept()


def test_says_that_a_kept_rehearsal_could_not_be_written_down(state: Path) -> None:
    state.write_text("a file where a folder should be")
    with pytest.raises(RehearsalError, match="let 'XDG_STATE_HOME' name a folder"):
        new_record_file()


def test_keeps_account_and_control_plane_until_they_are_stopped(efa: Efa, tmp_path: Path, binaries: Binaries) -> None:
    project = tmp_path / "project"
    project.mkdir()
    write_nodes_project(project)
    code, out, err = efa.run("--keep", "--json", "--kubernetes-binaries", str(binaries.etcd.parent), directory=project)
    assert code == 0, f"{err}\n{json.loads(out)['commands']}"
    document = json.loads(out)
    (kubeconfig,) = document["kubeconfigs"].values()
    assert Path(kubeconfig).stat().st_mode & 0o077 == 0
    os.kill(document["processId"], 0)
    assert any(b"kube-apiserver" in (Path("/proc") / str(each) / "cmdline").read_bytes() for each in efa.processes())
    code, out, err = efa.run("--stop", "--json")
    assert code == 0, err
    (stopped,) = json.loads(out)["stopped"]
    assert (stopped["processId"], stopped["wasRunning"]) == (document["processId"], True)
    # It ended its programs itself, and was waited for.
    assert stopped["leftoverProcesses"] == 0
    efa.assert_left_nothing()
