"""Runs other programs so that none is left behind: each in a process group of its own, which ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from ..errors import RehearsalError

__all__ = ["ProgramResult", "Programs", "machine_environment"]

# For a program to end after SIGTERM, before SIGKILL.
_GRACE_SECONDS = 5.0
# For the system to take away what was killed. Where nobody asks for the status of orphans, they never go.
_KILLED_SECONDS = 1.0
_POLL_SECONDS = 0.01

# A shell that waits for the end of its standard input, which comes when whoever started it is gone, however that
# happened, and then ends the process group that its argument names.
_GUARD = 'trap "" INT TERM HUP; read -r nothing; kill -s KILL -- "-$0"'


def machine_environment() -> dict[str, str]:
    """This machine's environment variables, but for AWS's and the CDK's: they lead to a real account."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramResult:
    """How a program ended."""

    returncode: int
    # Standard output, and standard error unless it has a file, in the order in which they were written.
    lines: tuple[str, ...]


class Programs:
    """Programs that are running. They and their children end when the context is left, or this process is gone."""

    def __init__(self) -> None:
        # Each with its guard.
        self._running: dict[subprocess.Popen[str], subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        log: Path,
        errors: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> ProgramResult:
        """Run a program to its end.

        :param environment: Its whole environment.
        :param directory: Where it runs.
        :param log: File to which its output is added.
        :param errors: File for its standard error. Default: that is part of its output.
        :param on_line: Called with each line of output as it comes. Default: nothing is called.
        :raises RehearsalError: it cannot be started, or ``stop`` was called.
        """
        lines = []
        with (
            errors.open("wb") if errors else nullcontext(subprocess.STDOUT) as error_file,
            log.open("a", encoding="utf-8") as log_file,
            self._started(command, environment, directory, subprocess.PIPE, error_file) as process,
        ):
            print("$", *command, file=log_file)
            assert process.stdout is not None
            for line in process.stdout:
                log_file.write(line)
                lines.append(line.rstrip("\n"))
                if on_line is not None:
                    on_line(lines[-1])
            return ProgramResult(returncode=process.wait(), lines=tuple(lines))

    def run_for(
        self, seconds: float, command: Sequence[str], *, environment: Mapping[str, str], directory: Path, output: Path
    ) -> int | None:
        """Run a program until it ends, or for some time. Return its exit status; None: its time was up.

        :param seconds: How long it may run.
        :param environment: Its whole environment.
        :param directory: Where it runs.
        :param output: File for its output and its standard error. It is not waited for whoever else writes there.
        :raises RehearsalError: it cannot be started, or ``stop`` was called.
        """
        with (
            output.open("wb") as output_file,
            self._started(command, environment, directory, output_file, subprocess.STDOUT) as process,
        ):
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called: what waits for something else than a program ends then, too."""
        return self._stopped

    def stop(self) -> None:
        """End every program that is running, and let none start any more."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        for process in running:
            _end_group(process)

    @contextmanager
    def _started(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        output: int | IO[bytes],
        errors: int | IO[bytes],
    ) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            if self._stopped:
                raise RehearsalError(f"'{Path(command[0]).name}' was not started, the rehearsal is ending")
            try:
                process = subprocess.Popen(
                    command,
                    env=dict(environment),
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    # Ctrl-C in a terminal goes to us alone, and we end the whole group.
                    start_new_session=True,
                )
            except OSError as error:
                raise RehearsalError(f"cannot run '{command[0]}': {error.strerror}") from None
            self._running[process] = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, str(process.pid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            self._end(process)

    def _end(self, process: subprocess.Popen[str]) -> None:
        _end_group(process)
        with self._lock:
            guard = self._running.pop(process)
        # Before its standard input ends: the number of the group may be another's then.
        guard.kill()
        guard.wait()
        if guard.stdin is not None:
            guard.stdin.close()
        if process.stdout is not None:
            process.stdout.close()


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a program and its children, and wait until they are gone. A program that has ended may still have some."""
    if not _signal_group(process.pid, signal.SIGTERM):
        process.wait()
        return
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    end = time.monotonic() + _KILLED_SECONDS
    while _signal_group(process.pid, signal.SIGKILL):
        # What has ended and was not asked for its status is still one of the group.
        if process.poll() is not None and time.monotonic() > end:
            break
        time.sleep(_POLL_SECONDS)
    process.wait()


def _signal_group(group: int, number: signal.Signals) -> bool:
    """Whether there was still somebody to get the signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
