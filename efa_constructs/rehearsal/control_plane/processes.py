"""Programs that run until they are stopped, and that never outlive the process which started them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ...errors import RehearsalError

__all__ = ["ServerProcesses"]

_GRACE_SECONDS = 5.0
_TAIL_LINES = 5

# A shell that does nothing but wait for the end of its standard input, which comes when whoever started it is gone,
# however that happened. It takes the whole process group with it. Ctrl-C and the like are not for it.
_GUARD = 'trap "" INT TERM HUP; cat >/dev/null; kill -KILL 0'


class ServerProcesses:
    """Server programs in one process group, each writing to a log file of its own.

    They end with the process that started them, however that one ends.
    """

    def __init__(self, folder: Path) -> None:
        """
        :param folder: Where the programs run, and where their logs are: ``NAME.log``.
        """
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # The leader of the group to which all programs belong.
            process_group=0,
        )

    def start(self, name: str, command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> None:
        """Start a program.

        :param name: Names its log file, and itself in errors.
        :param environment: Its whole environment. Default: a ``PATH``, and its folder as ``HOME``.
        :raises RehearsalError: it cannot be started.
        """
        with self.log(name).open("ab") as log:
            try:
                self._running[name] = subprocess.Popen(
                    [str(argument) for argument in command],
                    cwd=self._folder,
                    env=dict(environment or {"PATH": os.defpath, "HOME": str(self._folder)}),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=self._guard.pid,
                )
            except OSError as error:
                raise RehearsalError(f"cannot run '{command[0]}': {error.strerror}") from None

    def end(self, name: str, *, at_once: bool = False) -> None:
        """End one program. One that does not run is no error.

        :param at_once: Whether it is killed as a crash would end it. Default: it has five seconds to end by itself.
        """
        process = self._running.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def exit_status(self, name: str) -> int | None:
        """With which status a program ended. None: it runs."""
        return self._running[name].poll()

    def check(self) -> None:
        """Whether every program runs.

        :raises RehearsalError: one has ended: which, and what it wrote last.
        """
        for name, process in self._running.items():
            status = process.poll()
            if status is not None:
                raise RehearsalError(f"{name} ended with exit status {status}: {self.last_words(name)}")

    def log(self, name: str) -> Path:
        """Where a program writes."""
        return self._folder / f"{name}.log"

    def last_words(self, name: str) -> str:
        """What a program wrote last, in one line."""
        lines = [line.strip() for line in self.log(name).read_text(errors="replace").splitlines() if line.strip()]
        return " / ".join(lines[-_TAIL_LINES:]) or "it said nothing"

    def stop(self) -> None:
        """End every program at once. Doing it again changes nothing."""
        with suppress(ProcessLookupError):
            os.killpg(self._guard.pid, signal.SIGKILL)
        for process in (self._guard, *self._running.values()):
            process.wait()
        self._running.clear()
        if self._guard.stdin is not None:
            self._guard.stdin.close()
