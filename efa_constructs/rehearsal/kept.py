"""Rehearsals that go on running on purpose: where each is written down, and how all of them are stopped."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import RehearsalError

__all__ = ["StoppedRehearsal", "kept_record", "new_record_file", "stop_kept"]

_SUFFIX = ".json"
# For an account to end its control planes and itself, before it is killed.
_GRACE_SECONDS = 15.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRehearsal:
    """A kept rehearsal that is no more."""

    account: str
    process_id: int
    # False: it had ended by itself, or was killed.
    was_running: bool
    # Processes of its control planes that had outlived it.
    leftover_processes: int = 0


def new_record_file() -> Path:
    """Where a rehearsal that is to be kept writes itself down.

    :raises RehearsalError: this user's folder for such files cannot be written to.
    """
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise RehearsalError(
            f"cannot write to '{folder}' ({error.strerror}): let 'XDG_STATE_HOME' name a folder that you may write to"
        ) from None
    return folder / f"{secrets.token_hex(8)}{_SUFFIX}"


@contextmanager
def kept_record(file: Path, *, account: str, folder: Path | None) -> Iterator[None]:
    """Write this process down as a kept rehearsal, until the context is left.

    :param file: As :func:`new_record_file` gives it.
    :param folder: The folder of its control planes. None: it has none.
    """
    # Locked while this process runs: a process id alone may be that of a later process.
    with file.with_suffix(".new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        json.dump(
            {"account": account, "processId": os.getpid(), "folder": str(folder) if folder is not None else None}, lock
        )
        lock.flush()
        # Nobody finds it before it is locked.
        Path(lock.name).rename(file)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def stop_kept() -> tuple[StoppedRehearsal, ...]:
    """Stop every kept rehearsal of this user, and remove whatever is left of those that have ended otherwise.

    :raises RehearsalError: the records cannot be read.
    """
    folder = _folder()
    if not folder.is_dir():
        return ()
    # One at a time: whoever holds the lock of a record is the rehearsal itself.
    with (folder / "stop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return tuple(stopped for file in sorted(folder.glob(f"*{_SUFFIX}")) if (stopped := _stop(file)) is not None)


def _stop(file: Path) -> StoppedRehearsal | None:
    try:
        with file.open() as record:
            was_running = not _unlocked(record.fileno())
            content = json.load(record)
            account, process_id, folder = (content[key] for key in ("account", "processId", "folder"))
            if was_running:
                _end(process_id, record.fileno())
    except FileNotFoundError:
        # It has just ended.
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise RehearsalError(f"'{file}' is no record of a kept rehearsal ({error!r}): delete it") from None
    leftover = _remove(Path(folder)) if folder else 0
    file.unlink(missing_ok=True)
    return StoppedRehearsal(
        account=account, process_id=process_id, was_running=was_running, leftover_processes=leftover
    )


def _end(process_id: int, lock: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(process_id, number)
        end = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < end:
            if _unlocked(lock):
                return
            time.sleep(_POLL_SECONDS)


def _unlocked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path) -> int:
    """End the processes that work in a folder, and remove it. Return how many there were."""
    left = _processes_of(folder)
    for process_id in left:
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _processes_of(folder: Path) -> list[int]:
    """Processes of this user whose arguments name files of the folder, whose name nothing else has."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,uid=,args="], capture_output=True, text=True, check=False
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return [
        int(row[0])
        for row in rows
        if len(row) == 3 and int(row[1]) == os.getuid() and f"{folder}{os.sep}" in row[2] and int(row[0]) != os.getpid()
    ]


def _folder() -> Path:
    chosen = os.environ.get("XDG_STATE_HOME", "")
    # The specification of XDG: a relative path is to be ignored.
    state = Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".local" / "state"
    return state / "efa-constructs" / "kept-rehearsals"
