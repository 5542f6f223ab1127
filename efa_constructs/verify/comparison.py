"""Two runs side by side, size by size: EFA against TCP, or before and after an upgrade.

Times are compared, not bandwidths: of equal sizes and ranks they tell the same, and of small messages they have more
digits. What counts as noise: a tenth, which nccl-tests itself forgives (``NCCL_TESTS_MIN_BW``: src/common.cu), or more
where out of place and in place of one row differ by more, in either run. Published runs of equal clusters repeat within
2 % at 2 GiB and 12 % at 128 MiB (``catalogue.published_runs("p5.48xlarge", "all_reduce")``, two nodes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .in_words import bandwidth_in_words, size_in_words
from .results import Measurement, NcclTestsRun, Row
from .verified import VerifiedLog, VerifiedRun

__all__ = ["Change", "Comparison", "RunComparison", "SizeComparison", "compare", "compare_logs", "to_json"]

_NOISE = 0.1
# From a nanosecond to three years: beyond, it is no time, and a quotient of two is no number.
_TIMES_US = (1e-3, 1e14)
# Of collectives that move different data in place (alltoall copies in between), the two places tell nothing of noise.
_PLACES_DIFFER = frozenset({"alltoall", "alltoallv"})


class Change(StrEnum):
    """What became of one size, from the first run to the other."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeComparison:
    """One size of both runs. Bandwidths are bus bandwidths in GB/s."""

    size_bytes: int
    data_type: str
    reduction: str | None
    bus_bandwidth: float
    other_bus_bandwidth: float
    # The other run's bandwidth minus the first one's.
    difference: float
    # How many times as fast as the first run the other one is.
    speed: float
    # By how much the speed may differ from 1 by chance.
    noise: float
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs. Without sizes where they cannot be compared."""

    # Why they cannot be compared; empty: they can.
    obstacles: tuple[str, ...]
    # What else differs, or makes a comparison less certain.
    remarks: tuple[str, ...]
    sizes: tuple[SizeComparison, ...]
    words: tuple[str, ...]

    @property
    def slower(self) -> tuple[SizeComparison, ...]:
        """The sizes that are slower in the other run by more than noise."""
        return tuple(size for size in self.sizes if size.change is Change.SLOWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """A run of one log, and one of another, by their places from 0."""

    run: int
    other_run: int
    comparison: Comparison


def compare_logs(log: VerifiedLog, other: VerifiedLog) -> tuple[RunComparison, ...]:
    """Compare the runs of two logs: the first of a collective with the first of it there, and so on.

    One run and one run are compared, whatever they are. Runs without a partner are left out.

    :param log: The one that the other is held against.
    :param other: The other one.
    """
    return tuple(
        RunComparison(
            run=place,
            other_run=other_place,
            comparison=compare(
                log.runs[place].run,
                other.runs[other_place].run,
                instance_type=_type_name(log.runs[place]),
                other_instance_type=_type_name(other.runs[other_place]),
            ),
        )
        for place, other_place in _pairs([one.run for one in log.runs], [one.run for one in other.runs])
    )


def _type_name(verified: VerifiedRun) -> str | None:
    return None if verified.instance_type is None else verified.instance_type.name


def _pairs(runs: Sequence[NcclTestsRun], others: Sequence[NcclTestsRun]) -> Iterator[tuple[int, int]]:
    if len(runs) == len(others) == 1:
        yield 0, 0
        return
    free = list(range(len(others)))
    for place, run in enumerate(runs):
        partner = next((other for other in free if others[other].collective == run.collective), None)
        if partner is not None:
            free.remove(partner)
            yield place, partner


def compare(
    run: NcclTestsRun, other: NcclTestsRun, *, instance_type: str | None = None, other_instance_type: str | None = None
) -> Comparison:
    """Set two runs side by side.

    :param run: The one that the other is held against, such as that before an upgrade.
    :param other: The other one.
    :param instance_type: Of the nodes of the first run. Default: not known.
    :param other_instance_type: Of the nodes of the other run. Default: not known.
    """
    obstacles = tuple(_obstacles(run, other, instance_type, other_instance_type))
    if obstacles:
        words = tuple(f"not comparable: {obstacle}" for obstacle in obstacles)
        return Comparison(obstacles=obstacles, remarks=(), sizes=(), words=words)
    sizes = tuple(_sizes(run, other))
    remarks = tuple(_remarks(run, other, sizes))
    return Comparison(obstacles=(), remarks=remarks, sizes=sizes, words=(*_in_words(sizes), *remarks))


def _obstacles(
    run: NcclTestsRun, other: NcclTestsRun, instance_type: str | None, other_instance_type: str | None
) -> Iterator[str]:
    for what, one, two in (
        ("collective", run.collective, other.collective),
        ("number of ranks", run.ranks, other.ranks),
        ("number of nodes", run.nodes or len(run.hosts) or None, other.nodes or len(other.hosts) or None),
        ("number of groups of ranks", run.groups, other.groups),
        ("instance type", instance_type, other_instance_type),
        ("kind of accelerator", _devices(run), _devices(other)),
    ):
        if one is not None and two is not None and one != two:
            yield f"the {what} is {one} in one run, and {two} in the other"
    if not set(_rows(run)) & set(_rows(other)):
        yield "no size was measured in both runs"


def _devices(run: NcclTestsRun) -> str | None:
    # Drivers put the maker before the model, or leave it out: A100-SXM4-40GB.
    return ", ".join(sorted({device.removeprefix("NVIDIA ") for device in run.devices})) or None


_Key = tuple[int, str, str | None, int | None]


def _rows(run: NcclTestsRun) -> dict[_Key, tuple[Row, Measurement]]:
    """The rows that tell a time, by what was measured. Of equal ones the first."""
    rows: dict[_Key, tuple[Row, Measurement]] = {}
    for row in run.rows:
        one = row.out_of_place or row.in_place
        if one is not None and _tells_a_time(one) and row.size_bytes > 0:
            rows.setdefault((row.size_bytes, row.data_type, row.reduction, _root(row)), (row, one))
    return rows


def _tells_a_time(one: Measurement) -> bool:
    return _TIMES_US[0] <= one.time_us <= _TIMES_US[1]


def _root(row: Row) -> int | None:
    # Newer releases print -1 where older ones have no column.
    return None if row.root is None or row.root < 0 else row.root


def _sizes(run: NcclTestsRun, other: NcclTestsRun) -> Iterator[SizeComparison]:
    others = _rows(other)
    for key, (row, one) in sorted(_rows(run).items(), key=lambda item: item[0][0]):
        if key not in others:
            continue
        other_row, two = others[key]
        speed = one.time_us / two.time_us
        noise = max(_NOISE, *(_spread(run.collective, each) for each in (row, other_row)))
        yield SizeComparison(
            size_bytes=row.size_bytes,
            data_type=row.data_type,
            reduction=row.reduction,
            bus_bandwidth=one.bus_bandwidth,
            other_bus_bandwidth=two.bus_bandwidth,
            difference=two.bus_bandwidth - one.bus_bandwidth,
            speed=speed,
            noise=noise,
            change=_change(speed, noise),
        )


def _spread(collective: str | None, row: Row) -> float:
    """By how much out of place and in place of a row differ."""
    one, two = row.out_of_place, row.in_place
    if collective in _PLACES_DIFFER or one is None or two is None or not (_tells_a_time(one) and _tells_a_time(two)):
        return 0.0
    return max(one.time_us, two.time_us) / min(one.time_us, two.time_us) - 1


def _change(speed: float, noise: float) -> Change:
    if speed > 1 + noise:
        return Change.FASTER
    return Change.SLOWER if speed < 1 / (1 + noise) else Change.SAME


def _remarks(run: NcclTestsRun, other: NcclTestsRun, sizes: tuple[SizeComparison, ...]) -> Iterator[str]:
    for what, one, two in (
        ("number of ranks", run.ranks, other.ranks),
        ("collective", run.collective, other.collective),
    ):
        if one is None or two is None:
            yield f"the {what} is not in both logs: whether they can be compared is not certain"
    left_out = len(_rows(run)) + len(_rows(other)) - 2 * len(sizes)
    if left_out:
        yield f"{left_out} {'size was' if left_out == 1 else 'sizes were'} measured in one run only"
    if run.truncated or other.truncated:
        yield "a log ends within the run: its last sizes are missing"


def _in_words(sizes: tuple[SizeComparison, ...]) -> Iterator[str]:
    largest = sizes[-1]
    yield (
        f"at {size_in_words(largest.size_bytes)}: {bandwidth_in_words(largest.bus_bandwidth)}, and "
        f"{bandwidth_in_words(largest.other_bus_bandwidth)} in the other run ({_speed_in_words(largest.speed)})"
    )
    for change in (Change.SLOWER, Change.FASTER):
        changed = [size for size in sizes if size.change is change]
        if changed:
            yield (
                f"{change} by more than noise at {len(changed)} of {len(sizes)} sizes: "
                + ", ".join(f"{size_in_words(size.size_bytes)} ({_speed_in_words(size.speed)})" for size in changed[:6])
                + (" ..." if len(changed) > 6 else "")
            )
    if all(size.change is Change.SAME for size in sizes):
        yield f"no size differs by more than noise, of {len(sizes)}"


def _speed_in_words(speed: float) -> str:
    return f"{speed:.3g} times as fast"


def to_json(compared: RunComparison) -> dict[str, Any]:
    """The comparison as a JSON object. Bandwidths in GB/s, sizes in bytes, runs by their places from 0."""
    comparison = compared.comparison
    return {
        "run": compared.run,
        "other_run": compared.other_run,
        "comparable": not comparison.obstacles,
        "obstacles": list(comparison.obstacles),
        "remarks": list(comparison.remarks),
        "sizes": [
            {
                "size_bytes": size.size_bytes,
                "data_type": size.data_type,
                "reduction": size.reduction,
                "bus_bandwidth": size.bus_bandwidth,
                "other_bus_bandwidth": size.other_bus_bandwidth,
                "difference": round(size.difference, 2),
                "speed": round(size.speed, 4),
                "noise": round(size.noise, 4),
                "change": size.change.value,
            }
            for size in comparison.sizes
        ],
        "words": list(comparison.words),
    }
