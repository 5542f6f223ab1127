"""The folder of this user in which built programs of the control plane are kept, and where only one process builds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import RehearsalError
from ..programs import Programs
from . import mpi_operator_source
from .build_progress import BuildProgress
from .control_plane_programs import SOURCES

__all__ = ["Cache"]

_BUILDING = "building"
# Of another version of this project that was used since then, another working copy may still be in use.
_UNUSED_SECONDS = 14 * 24 * 3600.0
_SECONDS_BETWEEN_TRIES = 0.2


class Cache:
    """Programs built from the Go module as it is now, and for this machine."""

    def __init__(self) -> None:
        self._root = _user_cache() / "efa-constructs" / "control-plane"
        self._folder = self._root / _key()

    @property
    def building(self) -> Path:
        """What an interrupted build leaves for the next, and Go's caches where the user has chosen none."""
        return self._root / f"{_BUILDING}-{self._folder.name}"

    def find(self, names: Collection[str]) -> Path | None:
        """A folder that has at least the programs with these names."""
        for folder in self._folder.glob("*"):
            if all((folder / name).exists() for name in names):
                # Where an image brings the folder, its user may not be the one who built.
                with suppress(OSError):
                    os.utime(self._folder)
                return folder
        return None

    def keep(self, built: Path) -> Path:
        """Move a folder with programs into the cache, all at once, and forget what is not used any more."""
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = built.rename(self._folder / str(1 + len(list(self._folder.iterdir()))))
        oldest = time.time() - _UNUSED_SECONDS
        for other in self._root.iterdir():
            if other.is_dir() and other != self._folder and other.stat().st_mtime < oldest:
                shutil.rmtree(other, ignore_errors=True)
        return folder

    def prepare(self) -> None:
        """Make the folder for a build. What a build of something else has left there is worth nothing now."""
        for other in self._root.glob(f"{_BUILDING}-*"):
            if other != self.building:
                shutil.rmtree(other, ignore_errors=True)
        self.building.mkdir(exist_ok=True)

    @contextmanager
    def locked(self, programs: Programs, tell: Callable[[BuildProgress], None]) -> Iterator[None]:
        """Wait until no other process builds, and keep others waiting until the context is left.

        :raises RehearsalError: the folder cannot be written, or the rehearsal ends.
        """
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            lock = (self._root / "build.lock").open("w")
        except OSError as error:
            raise RehearsalError(
                f"cannot write to '{self._root}' ({error.strerror}): let 'XDG_CACHE_HOME' name a folder that you may "
                "write to"
            ) from None
        with lock:
            # The system unlocks it when this process is gone, however it ended.
            while not _lock(lock.fileno()):
                if programs.stopped:
                    raise RehearsalError("the control plane was not built, the rehearsal is ending")
                tell(BuildProgress(stage="waiting"))
                time.sleep(_SECONDS_BETWEEN_TRIES)
            yield


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _user_cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG: a relative path is to be ignored.
    return Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".cache"


def _key() -> str:
    """Changes with what is built, and for which machine; not with Go, whose next release builds the same programs."""
    checksum = hashlib.sha256(f"{sys.platform} {platform.machine()}\n".encode())
    sources = (file for file in SOURCES.iterdir() if file.suffix in (".go", ".mod", ".sum"))
    for file in (*sorted(sources), Path(mpi_operator_source.__file__)):
        content = file.read_bytes()
        checksum.update(f"{file.name} {len(content)}\n".encode())
        checksum.update(content)
    return checksum.hexdigest()[:16]
