"""Programs that run until they are stopped, and never outlive whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.control_plane.processes import ServerProcesses

from ..live_cluster import eventually, processes_in

SLEEPER = ["/bin/sh", "-c", "echo here; exec sleep 60"]
# It does not end when it is asked to.
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); print(1); time.sleep(60)"]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[ServerProcesses]:
    made = ServerProcesses(tmp_path)
    yield made
    made.stop()
    eventually(lambda: not processes_in(tmp_path), "everything has ended")


def test_each_program_writes_to_a_log_of_its_own(processes: ServerProcesses) -> None:
    processes.start("one", ["/bin/sh", "-c", "echo out; echo err >&2; exec sleep 60"])
    processes.start("two", SLEEPER)
    eventually(lambda: processes.last_words("one") == "out / err", "the first program wrote")
    eventually(lambda: processes.last_words("two") == "here", "the second program wrote")


def test_a_program_sees_nothing_of_this_machines_environment(
    processes: ServerProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    processes.start("program", ["/bin/sh", "-c", "env; echo end; exec sleep 60"])
    text = eventually(lambda: (log := processes.log("program").read_text()).endswith("end\n") and log, "it wrote")
    assert "AWS_PROFILE" not in text
    assert f"HOME={tmp_path}" in text


def test_one_that_ended_is_named_with_its_status_and_last_words(processes: ServerProcesses) -> None:
    processes.start("scheduler", ["/bin/sh", "-c", "echo no such flag >&2; exit 3"])
    eventually(lambda: processes.has_ended("scheduler"), "it ended")
    with pytest.raises(RehearsalError, match=r"^scheduler ended with exit status 3: no such flag$"):
        processes.check()


def test_one_that_was_killed_is_named_with_the_signal(processes: ServerProcesses) -> None:
    processes.start("etcd", ["/bin/sh", "-c", "exec sleep 60"])
    os.kill(processes.process_id("etcd"), signal.SIGKILL)
    eventually(lambda: processes.has_ended("etcd"), "it ended")
    with pytest.raises(RehearsalError, match=r"^etcd ended with signal SIGKILL: it said nothing$"):
        processes.check()


def test_one_that_ended_can_be_started_again_as_it_was(processes: ServerProcesses) -> None:
    processes.start("program", ["/bin/sh", "-c", "echo $WHO; exec sleep 60"], environment={"WHO": "me"})
    first = processes.process_id("program")
    eventually(lambda: processes.last_words("program") == "me", "it wrote")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: processes.has_ended("program"), "it ended")
    processes.start_again("program")
    eventually(lambda: processes.last_words("program") == "me / me", "it wrote again")
    assert processes.process_id("program") != first
    processes.check()


def test_one_is_ended_alone_and_is_not_missed(processes: ServerProcesses) -> None:
    processes.start("one", SLEEPER)
    processes.start("two", SLEEPER)
    gone = processes.process_id("one")
    processes.end("one")
    processes.end("one")
    assert not Path(f"/proc/{gone}").exists()
    assert not processes.has_ended("two")
    processes.check()


def test_one_that_does_not_end_when_it_is_asked_to_is_killed(
    processes: ServerProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efa_constructs.rehearsal.control_plane.processes._GRACE_SECONDS", 0.2)
    processes.start("stubborn", [*STUBBORN[:1], "-u", *STUBBORN[1:]])
    eventually(lambda: processes.last_words("stubborn") == "1", "it ignores SIGTERM")
    gone = processes.process_id("stubborn")
    processes.end("stubborn")
    assert not Path(f"/proc/{gone}").exists()


def test_says_which_program_cannot_be_run(processes: ServerProcesses) -> None:
    with pytest.raises(RehearsalError, match=r"^cannot run '/no/such/program': No such file or directory$"):
        processes.start("program", ["/no/such/program"])


def test_nothing_starts_any_more_once_it_was_stopped_by_anybody(processes: ServerProcesses, tmp_path: Path) -> None:
    processes.start("program", SLEEPER)
    stops = [threading.Thread(target=processes.stop) for _ in range(3)]
    for thread in stops:
        thread.start()
    for thread in stops:
        thread.join()
    with pytest.raises(RehearsalError, match=r"^program was not started, the rehearsal is ending$"):
        processes.start("program", SLEEPER)
    with pytest.raises(RehearsalError, match=r"^the rehearsal is ending$"):
        processes.check()


STARTER = """
import os, sys, time
from pathlib import Path
from efa_constructs.rehearsal.control_plane.processes import ServerProcesses
processes = ServerProcesses(Path(sys.argv[1]))
processes.start("program", ["/bin/sh", "-c", "trap '' TERM INT HUP; sleep 600 & echo here; wait"])
while not processes.log("program").read_text():
    time.sleep(0.01)
print("started", flush=True)
{then}
"""
ENDS = {
    "by itself": "sys.exit()",
    "by an error": "raise KeyError",
    "without a word": "os._exit(1)",
    "by SIGTERM": "os.kill(os.getpid(), 15)",
    "by SIGKILL": "os.kill(os.getpid(), 9)",
    # As Ctrl-C in a terminal does.
    "by SIGINT to its group": "os.killpg(0, 2)",
}


@pytest.mark.parametrize("then", ENDS.values(), ids=ENDS)
def test_programs_and_their_children_end_with_whoever_started_them(tmp_path: Path, then: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    code = STARTER.replace("{then}", then)
    starter = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, start_new_session=True, timeout=60
    )
    assert starter.stdout == "started\n", starter.stderr
    # Long before they would end by themselves.
    eventually(lambda: not processes_in(folder), "everything has ended", seconds=20)
