"""Shows on standard error what a rehearsal is doing: live on a terminal, one line a stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ..cluster.snapshot import ClusterSnapshot
from ..cluster.summary import summarize
from ..rehearsal.control_plane.build_progress import BuildProgress, progress_line
from ..rehearsal.inputs.deploy_events import DeployEvent
from ..rehearsal.manifests.files import ManifestObject
from ..rehearsal.progress import Progress, Stage
from .output import console, note

__all__ = ["shown_progress"]

# Between two lines about the same build, where no line can be rewritten: in the log of a CI job.
_SECONDS_BETWEEN_LINES = 30.0


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
    """One line for each stage, as it ends; and of a build, which takes minutes, one for each step and half a minute."""

    def __init__(self) -> None:
        self._build_stage = ""
        self._build_seconds = 0.0

    def stage_ended(self, stage: Stage) -> None:
        """Print the line."""
        note(f"{stage.name:<18}{stage.seconds:6.1f} s")

    def building(self, build: BuildProgress) -> None:
        """Print how far it is."""
        if build.stage != self._build_stage or build.seconds - self._build_seconds >= _SECONDS_BETWEEN_LINES:
            self._build_stage, self._build_seconds = build.stage, build.seconds
            note(progress_line(build))


class LiveProgress(Progress):
    """The stages so far, those that run with a spinner and their seconds, and what goes on in them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, tuple[float, Spinner]] = {}
        self._ended: list[Stage] = []
        self._done: dict[str, int] = {}
        # By the stage's name.
        self._details: dict[str, str] = {}

    def stage_started(self, name: str) -> None:
        """Show the stage with a spinner."""
        with self._lock:
            self._running[name] = time.monotonic(), Spinner("line", text=name)

    def stage_ended(self, stage: Stage) -> None:
        """Show how long the stage took."""
        with self._lock:
            self._running.pop(stage.name, None)
            self._ended.append(stage)

    def building(self, build: BuildProgress) -> None:
        """Show how far the build is."""
        with self._lock:
            self._details["find Kubernetes"] = progress_line(build)

    def deploying(self, event: DeployEvent, resource_count: int) -> None:
        """Show how far the deployment is."""
        with self._lock:
            if event.done is not None:
                # CloudFormation counts the stack itself as one more.
                self._done[event.stack] = min(event.done, (event.total or event.done) - 1)
            done = min(sum(self._done.values()), resource_count)
            self._details["deploy"] = f"{done}/{resource_count} resources, {event.stack}: {event.type} {event.status}"

    def applying(self, manifest: ManifestObject) -> None:
        """Show which object is applied."""
        with self._lock:
            self._details["apply manifests"] = manifest.title

    def starting_jobs(self, cluster: ClusterSnapshot) -> None:
        """Show what the pods and the jobs are at."""
        with self._lock:
            self._details["start the jobs"] = jobs_in_words(cluster)

    def render(self) -> RenderableType:
        """What the terminal shows now."""
        now = time.monotonic()
        with self._lock:
            for name, (start, spinner) in self._running.items():
                line = f"{name:<18}{now - start:6.1f} s  {self._details.get(name, '')}".rstrip()
                spinner.update(text=Text(line, overflow="ellipsis", no_wrap=True))
            ended = [Text(f"  {stage.name:<18}{stage.seconds:6.1f} s", style="dim") for stage in self._ended]
            return Group(*ended, *(spinner for _, spinner in self._running.values()))


def jobs_in_words(cluster: ClusterSnapshot) -> str:
    """How a cluster's pods and jobs are, in one line: ``pods: 2 Pending, 7 Running; MPIJob nccl-tests: Created``."""
    summary = summarize(cluster)
    states = Counter(pod.state for pod in summary.pods)
    pods = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
    return "; ".join([f"pods: {pods}", *(f"{job.kind} {job.name}: {job.state}" for job in summary.jobs)])
