"""What a run of nccl-tests printed, as records.

Units are those of nccl-tests: sizes in bytes, times in microseconds, bandwidths in GB/s (10^9 bytes a second).
Source: PERFORMANCE.md and src/common.cu of NVIDIA/nccl-tests.
"""

from __future__ import annotations

from dataclasses import dataclass

from .group_layout import GroupLayout

__all__ = ["Measurement", "NcclTestsRun", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One operation, in place or out of place."""

    time_us: float
    algorithm_bandwidth: float
    bus_bandwidth: float
    # Wrong values that the validation found. None: the run did not validate.
    wrong_values: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: one size of message."""

    size_bytes: int
    count: int
    data_type: str
    # None: the collective reduces nothing.
    reduction: str | None
    # None: the collective has no root, or the release did not print it.
    root: int | None
    out_of_place: Measurement | None
    # None: the collective has no operation in place.
    in_place: Measurement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NcclTestsRun:
    """The table of one run, with what its header and footer say. None: the log does not say it."""

    # Such as all_reduce, as the name of the program has it without _perf.
    collective: str | None
    # Ranks, and the hosts that they ran on. No hosts: the log does not name them, or one name stands for several.
    ranks: int | None
    hosts: tuple[str, ...]
    # How many hosts, which NCCL may say where nobody names them.
    nodes: int | None = None
    # In which the ranks run the collective at once, each group by itself: NCCL_TESTS_SPLIT.
    groups: int = 1
    # Where these are. None: there is but one, they are not alike, or the log does not say it.
    group_layout: GroupLayout | None = None
    # How often each operation of a row was timed: iterations, times aggregated ones.
    iterations: int | None = None
    # Models of accelerators, such as NVIDIA A100-SXM4-40GB.
    devices: tuple[str, ...]
    # Pod and container that printed it, as kubectl logs --prefix names them.
    pod: str | None = None
    rows: tuple[Row, ...]
    # What nccl-tests itself printed at the end.
    average_bus_bandwidth: float | None
    # Whether it calls this too low, by the NCCL_TESTS_MIN_BW that it was given.
    too_slow: bool = False
    out_of_bounds: int | None
    # The last error or warning of NCCL, which nccl-tests repeats. It need not have harmed anything.
    last_error: str | None = None
    # The log ends within this run.
    truncated: bool
