"""The memory of a program and of everything that it starts. Linux only: it reads ``/proc``."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["peak_memory_mib"]

_SAMPLE_SECONDS = 0.5


def peak_memory_mib(arguments: Sequence[str], directory: Path) -> tuple[float, dict[str, float]]:
    """Run a command, and return the most memory in MiB that its processes had at one moment, and which had how much.

    Counted as PSS: of pages that several processes share, each has its share.

    :raises RuntimeError: it failed.
    """
    process = subprocess.Popen(arguments, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    most: dict[str, float] = {}
    while process.poll() is None:
        now: dict[str, float] = {}
        for pid in _family(process.pid):
            name, mib = _memory(pid)
            now[name] = now.get(name, 0.0) + mib
        if sum(now.values()) > sum(most.values()):
            most = now
        time.sleep(_SAMPLE_SECONDS)
    if process.returncode != 0:
        raise RuntimeError(f"{arguments} ended with exit code {process.returncode}")
    return sum(most.values()), most


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return
    for child in children:
        yield from _family(child)


def _memory(pid: int) -> tuple[str, float]:
    """The name of a process, and its memory in MiB; nothing once it has ended."""
    try:
        name = Path(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()).name
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return "", 0.0
    pss = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return name, int(pss.split()[1]) / 1024
