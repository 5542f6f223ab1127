"""How fast ``efa verify`` reads a log of 100 MB, and how much memory it takes: ``python benchmarks/verify_log.py``.

The log has what NCCL prints with NCCL_DEBUG=INFO, as of two p5 nodes whose communicator is made again and again, behind
the prefixes of mpirun --tag-output, and the table of nccl-tests at its end. The baselines read the same file: grep,
which counts lines and understands none, and Python, which does nothing but count them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
MEGABYTES = 100
RANKS = 16
GPUS = 8
CHANNELS = 16
COUNT_LINES = "import sys; print(sum(1 for line in open(sys.argv[1], encoding='utf-8', errors='replace')))"


@dataclass(frozen=True)
class Reading:
    """Medians of one program."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Console(width=None if sys.stdout.isatty() else 110).print(verification(Path(folder), 5))


def verification(folder: Path, repetitions: int) -> Table:
    """Measure all of it, the programs in turn."""
    log, small = folder / "nccl-tests.log", folder / "small.log"
    write_log(log, MEGABYTES)
    write_log(small, 0)
    efa = [str(Path(sys.executable).parent / "efa"), "verify"]
    programs = {
        "efa verify": [*efa, str(log)],
        "efa verify, of 5 kB": [*efa, str(small)],
        "grep -c": ["grep", "-c", "via NET/", str(log)],
        "python, counting lines": [sys.executable, "-c", COUNT_LINES, str(log)],
    }
    readings = read_in_turn(programs, repetitions)
    table = Table(
        *("program", "seconds", "of CPU", "MB/s", "MB/s of CPU", "peak MiB", "efa verify takes, of CPU"),
        title=f"Reading a log of {MEGABYTES} MB",
    )
    for name, reading in readings.items():
        small_log = "of 5 kB" in name
        speeds = ["" if small_log else f"{MEGABYTES / time:.0f}" for time in (reading.seconds, reading.cpu_seconds)]
        times = f"{reading.seconds:.2f}", f"{reading.cpu_seconds:.2f}"
        ratio = f"{readings['efa verify'].cpu_seconds / reading.cpu_seconds:.1f} times as long"
        table.add_row(name, *times, *speeds, f"{reading.peak_mib:.0f}", ratio)
    return table


def read_in_turn(programs: dict[str, list[str]], repetitions: int) -> dict[str, Reading]:
    """Run all of them again and again, so that whatever else the machine does slows them alike."""
    samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in programs}
    for _ in range(repetitions):
        for name, arguments in programs.items():
            samples[name].append(read(arguments))
    return {name: Reading(*map(statistics.median, zip(*runs, strict=True))) for name, runs in samples.items()}


def read(arguments: Sequence[str]) -> tuple[float, float, float]:
    """Wall and CPU seconds, and the most memory in MiB.

    :raises RuntimeError: it failed.
    """
    # Not to /dev/null: there, grep stops at the first line that it finds.
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{arguments} ended with exit code {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def write_log(path: Path, megabytes: int) -> None:
    """Write a log of this size, and no smaller than one communicator takes."""
    written = 0
    with path.open("w", encoding="utf-8") as file:
        file.writelines(head())
        for line in cycle(communicator()):
            written += file.write(line)
            if written >= max(megabytes * 1_000_000, 5_000):
                break
        file.writelines(table_lines())


def head() -> Iterator[str]:
    yield "[1,0]<stdout>:# nThread 1 nGpus 1 minBytes 8 maxBytes 1073741824 step: 2(factor) warmup iters: 5 iters: 20 "
    yield "agg iters: 1 validation: 1 graph: 0\n[1,0]<stdout>:#\n[1,0]<stdout>:# Using devices\n"
    for rank in range(RANKS):
        yield (
            f"[1,0]<stdout>:#  Rank {rank:2d} Group  0 Pid {100 + rank:6d} on nccl-tests-worker-{rank // GPUS} device  "
            f"{rank % GPUS} [0000:{rank % GPUS:02x}:00] NVIDIA H100 80GB HBM3\n"
        )
    for rank in (0, GPUS):
        yield f"{prefix(rank)}NET/OFI Selected provider is efa, fabric is efa (found 32 nics)\n"
        yield f"{prefix(rank)}Channel 00/0 : {rank}[0] -> {GPUS - rank}[0] [send] via NET/Libfabric/0/GDRDMA\n"


def communicator() -> list[str]:
    """What ranks print of one communicator: one connection in four leaves the node."""
    said = []
    for rank in range(RANKS):
        peer = (rank + 1) % RANKS
        said.append(f"{prefix(rank)}Trees [0] {peer}/-1/-1->{rank}->-1 [1] {peer}/-1/-1->{rank}->-1\n")
        said.append(f"{prefix(rank)}NCCL_BUFFSIZE set by environment to 8388608.\n")
        for channel in range(CHANNELS):
            for other in (1, 2, 3):
                other = rank // GPUS * GPUS + (rank + other) % GPUS
                said.append(
                    f"{prefix(rank)}Channel {channel:02d}/0 : {rank}[{rank % GPUS}] -> {other}[0] via P2P/CUMEM/read\n"
                )
            far = (rank + GPUS) % RANKS
            said.append(
                f"{prefix(rank)}Channel {channel:02d}/0 : {far}[{rank % GPUS}] -> {rank}[{rank % GPUS}] [receive] via "
                f"NET/Libfabric/{rank % GPUS}/GDRDMA\n"
            )
        said.append(f"{prefix(rank)}Connected all rings, use ring PXN 0 GDR 1\n")
        said.append(f"{prefix(rank)}threadThresholds 8/8/64 | 128/8/64 | 512 | 512\n")
    return said


def prefix(rank: int) -> str:
    return f"[1,{rank}]<stdout>:nccl-tests-worker-{rank // GPUS}:{100 + rank}:{140 + rank} [{rank % GPUS}] NCCL INFO "


def table_lines() -> Iterator[str]:
    tag = "[1,0]<stdout>:"
    columns = "    time   algbw   busbw #wrong"
    yield f"{tag}#       size         count      type   redop    root {columns} {columns}\n"
    for power in range(3, 31):
        sizes = f"{1 << power:12d}  {1 << power - 2:12d}     float     sum      -1"
        yield f"{tag}{sizes}   4607.6  233.04  436.95      0   4565.6  235.18  440.96      0\n"
    yield f"{tag}# Out of bounds values : 0 OK\n{tag}# Avg bus bandwidth    : 436.95 \n{tag}#\n"


if __name__ == "__main__":
    main()
