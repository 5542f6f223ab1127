"""Shows on standard error what a rehearsal is doing: live on a terminal, one line a stage elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ..rehearsal.cdk_cli import DeployEvent
from ..rehearsal.rehearse import Progress
from ..rehearsal.result import Stage
from .output import console, note

__all__ = ["shown_progress"]


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress of a rehearsal, shown until the context is left."""
    if not sys.stderr.isatty():
        yield LineProgress()
        return
    progress = LiveProgress()
    # Transient: what it says is in the report, which should not be scrolled away.
    with Live(console=console(stderr=True), get_renderable=progress.render, transient=True, refresh_per_second=8):
        yield progress


class LineProgress(Progress):
    """One line for each stage, as it ends."""

    def stage_ended(self, stage: Stage) -> None:
        """Print the line."""
        note(f"{stage.name:<18}{stage.seconds:6.1f} s")


class LiveProgress(Progress):
    """The stages so far, those that run with a spinner, and what CloudFormation does."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, Spinner] = {}
        self._ended: list[Stage] = []
        self._done: dict[str, int] = {}
        self._deploying = ""

    def stage_started(self, name: str) -> None:
        """Show the stage with a spinner."""
        with self._lock:
            self._running[name] = Spinner("line", text=name)

    def stage_ended(self, stage: Stage) -> None:
        """Show how long the stage took."""
        with self._lock:
            self._running.pop(stage.name, None)
            self._ended.append(stage)

    def deploying(self, event: DeployEvent, resource_count: int) -> None:
        """Show how far the deployment is."""
        with self._lock:
            if event.done is not None:
                # CloudFormation counts the stack itself as one more.
                self._done[event.stack] = min(event.done, (event.total or event.done) - 1)
            done = min(sum(self._done.values()), resource_count)
            self._deploying = f"{done}/{resource_count} resources, {event.stack}: {event.type} {event.status}"

    def render(self) -> RenderableType:
        """What the terminal shows now."""
        with self._lock:
            for name, spinner in self._running.items():
                detail = f"  {self._deploying}" if name == "deploy" else ""
                spinner.update(text=Text(f"{name}{detail}", overflow="ellipsis", no_wrap=True))
            ended = [Text(f"  {stage.name:<18}{stage.seconds:6.1f} s", style="dim") for stage in self._ended]
            return Group(*ended, *self._running.values())
