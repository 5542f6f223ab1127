"""``python -m efa_constructs.rehearsal.control_plane``: build what a rehearsal needs of Kubernetes."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from ...errors import EfaConstructsError
from ..programs import Programs
from ..work_folder import work_folder
from .binaries import Binaries, find_or_build_binaries
from .build_progress import BuildProgress, progress_line

__all__ = ["ShownProgress", "main"]

# Between two lines of the same stage, where nobody can rewrite a line: in the log of a CI job.
_SECONDS_BETWEEN_LINES = 30.0


def main() -> None:
    """Find or build the programs, with progress on standard error, and print where each is."""
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.rehearsal.control_plane",
        description="Build the programs of the Kubernetes control plane of a rehearsal, where they are not there yet.",
    )
    parser.add_argument(
        "--kubernetes-binaries", type=Path, metavar="DIR", help="use the programs in this folder, and build the others"
    )
    arguments = parser.parse_args()
    # What ends a CI job ends Go, too, which has a process group of its own.
    signal.signal(signal.SIGTERM, _end)
    try:
        with work_folder() as work, Programs() as programs:
            _print(
                find_or_build_binaries(
                    arguments.kubernetes_binaries, programs=programs, log=work / "go.log", progress=ShownProgress()
                )
            )
    except EfaConstructsError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _print(binaries: Binaries) -> None:
    for name, version in binaries.versions.items():
        print(f"{name:<24} {version:<8} {getattr(binaries, name.replace('-', '_'))}")


class ShownProgress:
    """Shows progress on standard error: one line that changes on a terminal, some lines elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._seconds = 0.0

    def __call__(self, progress: BuildProgress) -> None:
        line = progress_line(progress)
        if self._live:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif progress.stage != self._stage or progress.seconds - self._seconds >= _SECONDS_BETWEEN_LINES:
            self._stage, self._seconds = progress.stage, progress.seconds
            print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
