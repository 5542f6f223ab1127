"""What is told while the control plane's programs are built."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from types import TracebackType
from typing import Literal

__all__ = ["BuildProgress", "Teller", "progress_line"]

# A package may take a minute to compile. Whoever watches should see that time passes.
_SECONDS_BETWEEN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildProgress:
    """How far a build is."""

    # "waiting": another process builds the same.
    stage: Literal["waiting", "downloading", "compiling", "linking"]
    # Compiling: the program for which the package is compiled. Others may need it as well.
    program: str = ""
    # The module that is downloaded, or the package that is compiled.
    current: str = ""
    # Modules or packages that have been begun, this one included; packages also by a build that was interrupted.
    done: int = 0
    # Packages that there are. Of modules, nobody knows how many are missing.
    total: int = 0
    # Since this process began to wait or to build.
    seconds: float = 0.0


def progress_line(progress: BuildProgress) -> str:
    """One line for people: ``compiling kube-apiserver: package 1400 of 2770 (k8s.io/api/core/v1), 3 min 20 s``."""
    return f"{_what(progress)}, {_duration(progress.seconds)}"


def _what(progress: BuildProgress) -> str:
    if progress.stage == "waiting":
        return "waiting for another process that builds the control plane"
    if progress.stage == "linking":
        return "linking the programs of the control plane into one"
    if progress.stage == "downloading":
        module = f" {progress.done} ({progress.current})" if progress.current else "s"
        return f"downloading module{module}"
    if not progress.current:
        return f"compiling the control plane: {progress.done} of {progress.total} packages are there"
    return f"compiling {progress.program}: package {progress.done} of {progress.total} ({progress.current})"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class Teller:
    """Tells each step, and once a second that the last one still goes on, until the context is left."""

    def __init__(self, progress: Callable[[BuildProgress], None]) -> None:
        self._progress = progress
        self._start = monotonic()
        self._latest: BuildProgress | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Teller:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def tell(self, step: BuildProgress) -> None:
        """Tell a step; ``seconds`` is added here."""
        self._latest = step
        self._progress(replace(step, seconds=monotonic() - self._start))

    def _go_on(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN):
            if self._latest is not None:
                self._progress(replace(self._latest, seconds=monotonic() - self._start))
