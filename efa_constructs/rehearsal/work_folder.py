"""The temporary folder of a rehearsal, and what is left of those that were killed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

__all__ = ["work_folder"]

_PREFIX = "efa-rehearsal-"
# Locked while its rehearsal runs: the system unlocks it when the process is gone, however that one ended.
_LOCK = "running.lock"


@contextmanager
def work_folder() -> Iterator[Path]:
    """A new folder, gone afterwards. Folders of rehearsals that could not remove theirs (SIGKILL) go before and after.

    After, because the account outlives a killed rehearsal by a moment, and has such a folder, too.
    """
    _remove_abandoned()
    with TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        starting = folder / "starting.lock"
        with starting.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Renamed, so that no other rehearsal finds the file before it is locked.
            starting.rename(folder / _LOCK)
            yield folder
    _remove_abandoned()


def _remove_abandoned() -> None:
    for path in Path(gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        # Whatever cannot be told for sure is left alone.
        with suppress(OSError):
            if path.parent.lstat().st_uid != os.getuid():
                continue
            with path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for other in path.parent.iterdir():
                    if other.is_dir() and not other.is_symlink():
                        shutil.rmtree(other, ignore_errors=True)
                    elif other != path:
                        other.unlink()
                # Last, and only if nothing is left: by the lock file a later rehearsal finds the rest, which a program
                # that has not ended yet may have written meanwhile.
                if [*path.parent.iterdir()] == [path]:
                    shutil.rmtree(path.parent)
