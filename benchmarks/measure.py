"""Runs commands in turn and takes medians, so that a busy machine slows all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Command", "Measurement", "measure"]


@dataclass(frozen=True)
class Command:
    """A command to measure. ``environment`` is added to this process's own."""

    arguments: Sequence[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> tuple[float, float, str]:
        """Wall and CPU seconds, those of the processes that it waits for included, and what it printed.

        :raises RuntimeError: it failed.
        """
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                self.arguments,
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                raise RuntimeError(f"{self.arguments} ended with exit code {process.returncode}: {errors.read()}")
            output.seek(0)
            return wall, usage.ru_utime + usage.ru_stime, output.read()

    def _environment(self) -> dict[str, str]:
        # Without bytecode files CDK takes three times as long to import.
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        return inherited | dict(self.environment)


@dataclass(frozen=True)
class Measurement:
    """Medians of one command, in seconds, and what each run printed."""

    wall: float
    cpu: float
    outputs: Sequence[str]


def measure(commands: Mapping[str, Command], repetitions: int) -> dict[str, Measurement]:
    """Run every command once for its caches, then all of them in turn, again and again."""
    for command in commands.values():
        command.run()
    samples: dict[str, list[tuple[float, float, str]]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            samples[name].append(command.run())
    return {
        name: Measurement(
            wall=statistics.median(wall for wall, _, _ in runs),
            cpu=statistics.median(cpu for _, cpu, _ in runs),
            outputs=[output for _, _, output in runs],
        )
        for name, runs in samples.items()
    }
