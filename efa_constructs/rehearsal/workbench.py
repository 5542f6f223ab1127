"""What every part of a rehearsal works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .programs import Programs
from .progress import Progress, Stages
from .work_folder import work_folder

__all__ = ["Workbench", "workbench"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """The folder of a rehearsal, the programs that it runs, and who is told of what it does."""

    folder: Path
    programs: Programs
    progress: Progress
    stages: Stages

    @property
    def temporary(self) -> dict[str, str]:
        """Where programs put what they do not clean up when they are ended: jsii, for one."""
        folder = self.folder / "tmp"
        folder.mkdir(exist_ok=True)
        return {"TMPDIR": str(folder)}


@contextmanager
def workbench(progress: Progress) -> Iterator[Workbench]:
    """One for a rehearsal. No program and no file of it is left afterwards."""
    # In this order: programs end before the folder goes in which they write.
    with work_folder() as folder, Programs() as programs:
        yield Workbench(folder=folder, programs=programs, progress=progress, stages=Stages(progress))
