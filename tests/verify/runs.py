"""Runs of nccl-tests, as records, with numbers that nccl-tests would print."""

from __future__ import annotations

from collections.abc import Sequence

from efa_constructs.verify.rank_ratio import bus_bandwidth_factor
from efa_constructs.verify.results import Measurement, NcclTestsRun, Row

MIB = 1 << 20
GIB = 1 << 30


def measured(size: int, algorithm_bandwidth: float, bus_bandwidth: float, time_us: float | None = None) -> Measurement:
    """:param time_us: Default: what follows from the bandwidth, or 50 where that is rounded to 0."""
    if time_us is None:
        time_us = size / algorithm_bandwidth / 1000 if algorithm_bandwidth else 50.0
    return Measurement(
        time_us=time_us,
        algorithm_bandwidth=algorithm_bandwidth,
        bus_bandwidth=bus_bandwidth,
        wrong_values=0,
    )


def row(size: int, algorithm_bandwidth: float, bus_bandwidth: float, in_place: Measurement | None = None) -> Row:
    """A row with algorithm and bus bandwidth as printed."""
    return Row(
        size_bytes=size,
        count=size // 4,
        data_type="float",
        reduction="sum",
        root=-1,
        out_of_place=measured(size, algorithm_bandwidth, bus_bandwidth),
        in_place=in_place,
    )


def run_of(
    rows: Sequence[Row],
    collective: str | None = "all_reduce",
    ranks: int | None = 16,
    nodes: int | None = 2,
    devices: tuple[str, ...] = ("NVIDIA H100 80GB HBM3",),
    truncated: bool = False,
    groups: int = 1,
) -> NcclTestsRun:
    return NcclTestsRun(
        collective=collective,
        ranks=ranks,
        hosts=tuple(f"worker-{number}" for number in range(nodes or 0)),
        nodes=nodes,
        groups=groups,
        devices=devices,
        rows=tuple(rows),
        average_bus_bandwidth=None,
        out_of_bounds=0,
        truncated=truncated,
    )


def run_with(
    bus_bandwidths: Sequence[tuple[int, float]],
    collective: str = "all_reduce",
    ranks: int = 16,
    nodes: int = 2,
    **others: object,
) -> NcclTestsRun:
    """A run with bus bandwidths by size, and the algorithm bandwidths that belong to them, rounded as printed."""
    factor = bus_bandwidth_factor(collective, ranks) or 1.0
    rows = [row(size, round(bandwidth / factor, 2), round(bandwidth, 2)) for size, bandwidth in bus_bandwidths]
    return run_of(rows, collective, ranks, nodes, **others)  # type: ignore[arg-type]
