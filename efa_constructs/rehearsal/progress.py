"""What is told while a rehearsal runs, and how long its stages took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..cluster.snapshot import ClusterSnapshot
    from .control_plane.build_progress import BuildProgress
    from .inputs.deploy_events import DeployEvent
    from .manifests.files import ManifestObject

__all__ = ["Progress", "Stage", "Stages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of the rehearsal. Stages overlap, so their seconds add up to more than the whole."""

    name: str
    seconds: float


class Progress:
    """What is told while a rehearsal runs. Methods are called from several threads, and do nothing here."""

    def stage_started(self, name: str) -> None:
        """A stage has begun; others may be running."""

    def stage_ended(self, stage: Stage) -> None:
        """A stage has ended."""

    def building(self, build: BuildProgress) -> None:
        """Programs of the control plane are being built."""

    def deploying(self, event: DeployEvent, resource_count: int) -> None:
        """CloudFormation did something. ``resource_count``: how many resources all stacks define."""

    def applying(self, manifest: ManifestObject) -> None:
        """An object of a manifest file is about to be applied."""

    def starting_jobs(self, cluster: ClusterSnapshot) -> None:
        """Something in a cluster has changed while its jobs start."""


class Stages:
    """The stages of one rehearsal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        # Each with its start.
        self._ended: list[tuple[float, Stage]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """A stage, while the context is entered. One that an error ends has not ended."""
        self._progress.stage_started(name)
        start = perf_counter()
        yield
        stage = Stage(name=name, seconds=perf_counter() - start)
        self._ended.append((start, stage))
        self._progress.stage_ended(stage)

    @property
    def ended(self) -> tuple[Stage, ...]:
        """Those that have ended, in the order of their starts."""
        return tuple(stage for _, stage in sorted(self._ended, key=lambda timed: timed[0]))
