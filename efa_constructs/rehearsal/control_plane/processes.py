"""Programs that run until they are stopped, and that never outlive the process which started them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ...errors import RehearsalError

__all__ = ["ServerProcesses"]

_GRACE_SECONDS = 5.0
_TAIL_LINES = 5

# A shell that does nothing but wait for the end of its standard input, which comes when whoever started it is gone,
# however that happened. It takes the whole process group with it. Ctrl-C and the like are not for it. It needs no PATH.
_GUARD = 'trap "" INT TERM HUP; read -r nothing; kill -KILL 0'


class ServerProcesses:
    """Server programs in one process group, each writing to a log file of its own.

    They end with the process that started them, however that one ends. Methods may be called from several threads.
    """

    def __init__(self, folder: Path) -> None:
        """
        :param folder: Where the programs run, and where their logs are: ``NAME.log``.
        """
        self._folder = folder
        self._lock = threading.RLock()
        self._stopped = False
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        # With their environments, by the program's name.
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {}
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
        :raises RehearsalError: it cannot be started, or :meth:`stop` was called.
        """
        arguments = [str(argument) for argument in command]
        given = dict(environment or {"PATH": os.defpath, "HOME": str(self._folder)})
        with self._lock, self.log(name).open("ab") as log:
            if self._stopped:
                raise RehearsalError(f"{name} was not started, the rehearsal is ending")
            try:
                self._running[name] = subprocess.Popen(
                    arguments,
                    cwd=self._folder,
                    env=given,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=self._guard.pid,
                )
            except OSError as error:
                raise RehearsalError(f"cannot run '{arguments[0]}': {error.strerror}") from None
            self._commands[name] = arguments, given

    def start_again(self, name: str) -> None:
        """Start a program as it was started before. It must have ended.

        :raises RehearsalError: it cannot be started, or :meth:`stop` was called.
        """
        command, environment = self._commands[name]
        self.start(name, command, environment=environment)

    def end(self, name: str, *, at_once: bool = False) -> None:
        """End one program. One that does not run is no error.

        :param at_once: Whether it is killed as a crash would end it. Default: it has five seconds to end by itself.
        """
        with self._lock:
            process = self._running.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def process_id(self, name: str) -> int:
        """The process id of a program that was started and not :meth:`ended <end>`."""
        return self._running[name].pid

    def has_ended(self, name: str) -> bool:
        """Whether a program ended by itself. One that was :meth:`ended <end>` did not."""
        with self._lock:
            process = self._running.get(name)
            return process is not None and process.poll() is not None

    def check(self, names: Iterable[str] | None = None) -> None:
        """Whether programs run.

        :param names: Which. Default: all that were started and not :meth:`ended <end>`.
        :raises RehearsalError: one has ended: which, and what it wrote last; or :meth:`stop` was called.
        """
        with self._lock:
            if self._stopped:
                raise RehearsalError("the rehearsal is ending")
            running = {name: self._running[name] for name in (self._running if names is None else names)}
        for name, process in running.items():
            status = process.poll()
            if status is not None:
                raise RehearsalError(f"{name} ended with {_how(status)}: {self.last_words(name)}")

    def log(self, name: str) -> Path:
        """Where a program writes."""
        return self._folder / f"{name}.log"

    def last_words(self, name: str) -> str:
        """What a program wrote last, in one line."""
        lines = [line.strip() for line in self.log(name).read_text(errors="replace").splitlines() if line.strip()]
        return " / ".join(lines[-_TAIL_LINES:]) or "it said nothing"

    def stop(self) -> None:
        """End every program at once, and let none start any more. Doing it again changes nothing."""
        with self._lock:
            # Once the guard is gone, its number may be another's.
            if self._stopped:
                return
            self._stopped = True
            with suppress(ProcessLookupError):
                os.killpg(self._guard.pid, signal.SIGKILL)
            for process in (self._guard, *self._running.values()):
                process.wait()
            self._running.clear()
            if self._guard.stdin is not None:
                self._guard.stdin.close()


def _how(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"
