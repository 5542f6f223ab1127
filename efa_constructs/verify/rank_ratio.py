"""How many ranks took part, which bus bandwidth over algorithm bandwidth tells without a word of the log's header.

nccl-tests computes the one from the other, by a factor that depends on the number of ranks and the collective alone
(NVIDIA/nccl-tests:doc/PERFORMANCE.md, and the GetBw functions of src/*.cu). Both are printed with two digits after the
point, so that a row tells a range of ranks, and all rows together a narrower one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .results import Measurement, NcclTestsRun

__all__ = ["RanksByRatio", "bus_bandwidth_factor", "ranks_by_ratio"]

# Half of the last digit that is printed, in GB/s.
_ROUNDING = 0.005
# Below, the range of ranks that a measurement tells is too wide to be worth a thought.
_LEAST_BANDWIDTH = 0.1
# nccl-tests counts what NVLink SHARP moves: src/all_reduce.cu, AllReduceGetBw.
_NVLS = ("NVLS", "NVLSTREE")


@dataclass(frozen=True, slots=True, kw_only=True)
class RanksByRatio:
    """The numbers of ranks that all rows allow."""

    lowest: int
    # None: any number from the lowest on. The more ranks, the less does the ratio tell them apart.
    highest: int | None

    @property
    def contradictory(self) -> bool:
        """Whether no number is allowed: the rows are not of one run, or somebody changed them."""
        return self.highest is not None and self.highest < self.lowest

    @property
    def certain(self) -> int | None:
        """The number of ranks, if there is but one that the rows allow."""
        return self.lowest if self.lowest == self.highest else None

    def allows(self, ranks: int) -> bool:
        """Whether the rows may be of that many ranks."""
        return self.lowest <= ranks and (self.highest is None or ranks <= self.highest)


def bus_bandwidth_factor(collective: str | None, ranks: int, nccl_algorithm: str | None = None) -> float | None:
    """Return what algorithm bandwidth is multiplied by. None: the collective is not known.

    :param collective: As the name of the program has it, without _perf, such as ``all_reduce``.
    :param ranks: Ranks of all nodes together.
    :param nccl_algorithm: ``NCCL_ALGO``, which nccl-tests reads, too. Default: not set.
    """
    match collective:
        case "all_reduce" if nccl_algorithm in _NVLS:
            return (ranks - 1) / (ranks + 1)
        case "all_reduce":
            return 2 * (ranks - 1) / ranks
        case "all_gather" | "reduce_scatter" | "alltoall" | "gather" | "scatter":
            return (ranks - 1) / ranks
        case "broadcast" | "reduce" | "sendrecv" | "hypercube":
            return 1.0
        case _:
            return None


def ranks_by_ratio(run: NcclTestsRun, nccl_algorithm: str | None = None) -> RanksByRatio | None:
    """Return the ranks that the rows allow. None: the collective's ratio does not depend on them, or no row tells.

    :param run: The run. Its own number of ranks is not looked at.
    :param nccl_algorithm: ``NCCL_ALGO``. Default: not set; an ``all_reduce`` whose bus bandwidth is below its algorithm
        bandwidth then shows by itself that it was ``NVLS`` or ``NVLSTREE``.
    """
    measured = list(_measurements(run))
    ranks = _ranks(run.collective, nccl_algorithm, measured)
    if ranks is None or not measured:
        return None
    lowest, highest = 1.0, math.inf
    for one in measured:
        lowest = max(lowest, ranks((one.bus_bandwidth - _ROUNDING) / (one.algorithm_bandwidth + _ROUNDING)))
        highest = min(highest, ranks((one.bus_bandwidth + _ROUNDING) / (one.algorithm_bandwidth - _ROUNDING)))
    if lowest == math.inf:
        # No number of ranks has such a ratio.
        return RanksByRatio(lowest=2, highest=1)
    # A whole number that floating point missed by a hair is meant.
    last = None if highest == math.inf else math.floor(highest + 1e-6)
    return RanksByRatio(lowest=math.ceil(lowest - 1e-6), highest=last)


def _measurements(run: NcclTestsRun) -> Iterable[Measurement]:
    for row in run.rows:
        for one in (row.out_of_place, row.in_place):
            if one is not None and one.bus_bandwidth >= _LEAST_BANDWIDTH <= one.algorithm_bandwidth:
                yield one


def _ranks(
    collective: str | None, nccl_algorithm: str | None, measured: list[Measurement]
) -> Callable[[float], float] | None:
    """The number of ranks as a function of the ratio. It grows with it."""
    match collective:
        case "all_reduce" if nccl_algorithm in _NVLS or _below_one(measured):
            return lambda ratio: math.inf if ratio >= 1 else (1 + ratio) / (1 - ratio)
        case "all_reduce":
            return lambda ratio: math.inf if ratio >= 2 else 2 / (2 - ratio)
        case "all_gather" | "reduce_scatter" | "alltoall" | "gather" | "scatter":
            return lambda ratio: math.inf if ratio >= 1 else 1 / (1 - ratio)
        case _:
            return None


def _below_one(measured: list[Measurement]) -> bool:
    """Whether a ratio is below 1 for certain, which of an all_reduce only NVLS has."""
    return any(one.bus_bandwidth + _ROUNDING < one.algorithm_bandwidth - _ROUNDING for one in measured)
