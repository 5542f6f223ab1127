"""Programs run in their own process group, and none is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.programs import ProgramResult, Programs


def run(programs: Programs, tmp_path: Path, code: str, **options: object) -> ProgramResult:
    return programs.run(
        [sys.executable, "-c", code],
        environment=dict(os.environ),
        directory=tmp_path,
        log=tmp_path / "log",
        **options,  # type: ignore[arg-type]
    )


def is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_gives_lines_of_both_streams_as_they_come_and_keeps_them_in_the_log(tmp_path: Path) -> None:
    seen: list[str] = []
    with Programs() as programs:
        code = "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(3)"
        result = run(programs, tmp_path, code, on_line=seen.append)
    assert result == ProgramResult(returncode=3, lines=("one", "two"))
    assert seen == ["one", "two"]
    assert "one\ntwo\n" in (tmp_path / "log").read_text()


def test_says_which_program_cannot_be_run(tmp_path: Path) -> None:
    with Programs() as programs, pytest.raises(RehearsalError, match="cannot run 'no-such-program': No such file"):
        programs.run(["no-such-program"], environment={}, directory=tmp_path, log=tmp_path / "log")


def ends(process_id: int) -> bool:
    """Whether a process that was told to end does so within some seconds."""
    deadline = time.monotonic() + 5
    while is_running(process_id) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(process_id)


CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
{then}
"""


def test_ends_children_that_a_program_leaves_behind(tmp_path: Path) -> None:
    # A child that holds the output open would keep the reader waiting, so it gets none.
    code = CHILD.replace('time.sleep(60)"]', 'time.sleep(60)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL')
    with Programs() as programs:
        result = run(programs, tmp_path, code.format(then=""))
    assert ends(int(result.lines[0]))


def test_ends_programs_and_their_children_when_the_context_is_left(tmp_path: Path) -> None:
    lines: list[str] = []
    with Programs() as programs:
        code = CHILD.format(then="time.sleep(60)")
        thread = threading.Thread(target=run, args=(programs, tmp_path, code), kwargs={"on_line": lines.append})
        thread.start()
        while not lines:
            time.sleep(0.01)
        assert is_running(int(lines[0]))
    thread.join(10)
    assert not thread.is_alive()
    assert ends(int(lines[0]))


# Heeds SIGTERM only after a while, as whoever tidies up does.
SLOW = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(60))); print(flush=True); time.sleep(60)"
)


def test_waits_until_children_are_gone_that_do_not_end_when_they_are_told_to(tmp_path: Path) -> None:
    child = f"subprocess.Popen([sys.executable, '-c', {SLOW!r}], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)"
    code = f"import subprocess, sys; child = {child}; child.stdout.readline(); print(child.pid, flush=True)"
    with Programs() as programs:
        result = run(programs, tmp_path, code)
        assert not is_running(int(result.lines[0]))


def test_a_program_runs_for_as_long_as_it_may_and_its_output_is_in_its_file(tmp_path: Path) -> None:
    def run_for(seconds: float, code: str) -> int | None:
        command = [sys.executable, "-u", "-c", code]
        return programs.run_for(seconds, command, environment={}, directory=tmp_path, output=tmp_path / "output")

    with Programs() as programs:
        assert run_for(60, "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)") == 3
        assert (tmp_path / "output").read_text() == "one\ntwo\n"
        assert run_for(2, CHILD.format(then="time.sleep(60)")) is None
    assert not is_running(int((tmp_path / "output").read_text()))


def test_starts_nothing_after_it_was_stopped(tmp_path: Path) -> None:
    programs = Programs()
    programs.stop()
    with pytest.raises(RehearsalError, match="was not started, the rehearsal is ending"):
        run(programs, tmp_path, "pass")


OWNER = """
import os, sys
from pathlib import Path
from efa_constructs.rehearsal.programs import Programs
with Programs() as programs:
    programs.run(
        [sys.executable, "-c", sys.argv[1]],
        environment=dict(os.environ),
        directory=Path(sys.argv[2]),
        log=Path(sys.argv[2]) / "log",
        on_line=lambda line: print(line, flush=True),
    )
"""


@pytest.mark.parametrize("path", [os.defpath, "/nowhere"])
def test_a_program_and_its_children_end_with_whoever_was_killed(tmp_path: Path, path: str) -> None:
    code = CHILD.format(then="import os; print(os.getpid(), flush=True); time.sleep(60)")
    command = [sys.executable, "-c", OWNER, code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path}) as owner:
        assert owner.stdout is not None
        started = [int(owner.stdout.readline()) for _ in range(2)]
        assert all(map(is_running, started))
        owner.kill()
    assert all(map(ends, started))
