"""The table of nccl-tests, line by line: what its header, its rows and its footer say.

Rows are told apart by what is in them, and by the names of the columns where the log has them, which came and went:

======== =============================================================================================================
release  columns
======== =============================================================================================================
2.0.0    bytes N type op, twice time (in ms) algbw busbw res
2.1      size count type, redop where there is one, root where there is one, twice time (in us) algbw busbw error
2.11     size count type redop root, twice time algbw busbw #wrong
2.13.7   the same, ``Rank 0 Group 0 Pid ...`` above it
2.17.2   the same, a timestamp behind it with ``-S 1``
2.19.2   the same, i_min i_max i_p99 i_cv% after each block with ``-I 1``
======== =============================================================================================================

Their numbers depend on each other: the size is a multiple of the elements that a rank counts, and algorithm
bandwidth is size over time. So a row that lost digits, because the log begins in it or another line came between, is
none.

Source: src/common.cu and src/util.cu of NVIDIA/nccl-tests, and tables that people published.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .results import Measurement, Row

__all__ = [
    "COLLECTIVES",
    "Device",
    "TableHeader",
    "collective_of_program",
    "device_of",
    "iterations_of",
    "row_of",
    "table_header_of",
]

COLLECTIVES = (
    "all_gather",
    "all_reduce",
    "alltoall",
    "alltoallv",
    "broadcast",
    "gather",
    "hypercube",
    "reduce",
    "reduce_scatter",
    "scatter",
    "sendrecv",
)
# With the bytes of an element.
_TYPES = {
    **dict.fromkeys(("char", "int8", "uint8", "f8e4m3", "f8e5m2", "fp8_e4m3", "fp8_e5m2"), 1),
    **dict.fromkeys(("half", "bfloat16"), 2),
    **dict.fromkeys(("int", "int32", "uint32", "float"), 4),
    **dict.fromkeys(("int64", "uint64", "double"), 8),
}
_NO_REDUCTION = "none"
_REDUCTIONS = frozenset(("sum", "prod", "max", "min", "avg", "mulsum", _NO_REDUCTION))
# What a collective without a root prints.
_NO_ROOT = -1
_DEVICE = re.compile(
    r"#?\s*Rank\s+(\d{1,7})\s+(?:Group\s+(\d{1,7})\s+)?(?:Pid\s+(\d{1,10})\s+)?on\s+(\S{1,1024})\s+device\s+(\d{1,4})\s+"
    r"\[([\w:.]{1,128})\]\s+(\S.{0,1023})"
)
# Releases before 2.12 aggregated nothing, or did not say it.
_ITERATIONS = re.compile(r" warmup iters: \d{1,9} iters: (\d{1,9}) (?:agg iters: (\d{1,9}) )?")
_WHOLE = re.compile(r"\d{1,20}", re.ASCII)
# Times and bandwidths have decimals unless they are too wide for them, numbers of wrong values never do: so a row of
# which a word in the middle is missing is not taken for another one.
_NUMBER = re.compile(r"\d{1,20}\.\d{1,20}|\d{5,20}|\d(?:\.\d{1,20})?e[+-]\d{2,3}", re.ASCII)
_WRONG_VALUES = re.compile(r"\d{1,6}|\d(?:\.\d{1,5})?e[+-]\d{2,3}", re.ASCII)
_NOT_FINITE = frozenset(("nan", "-nan", "inf", "-inf"))
_NOT_CHECKED = "N/A"
# "%.2e" of release 2.0 for the greatest difference, where later ones print the number of wrong values.
_DIFFERENCE = re.compile(r"\d(?:\.\d+)?e(?:-\d\d|\+00)")
# In parts of it: a number may lack its last digits for its column, but not its first.
_ROUNDING = 0.1
# GB/s: half of the last digit, and a hair.
_LEAST_DIGIT = 0.0051
# Only hypercube leaves the part of the rank itself out, which is half of the size at most.
_LEAST_PART = 0.5
_MILLISECONDS = re.compile(r"\d+\.\d{3}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d:\d\d")
# Columns of one operation, without and with what -I adds.
_COLUMNS, _COLUMNS_PER_ITERATION = 4, 8
# Of the blank space that stands for an operation out of place that was not measured.
_BLANK_BLOCK = " " * 30


@dataclass(frozen=True, slots=True)
class Device:
    """The line of one rank above the table."""

    rank: int
    # None: releases before 2.1 did not print it.
    pid: int | None
    host: str
    # Which of the groups it is in that NCCL_TESTS_SPLIT makes; 0 where there is but one.
    group: int
    # Index and address on the bus: together they name an accelerator of its host.
    place: tuple[str, str]
    model: str


@dataclass(frozen=True, slots=True)
class TableHeader:
    """What the line with the names of the columns says of the rows."""

    # Whether the last column of an operation is the number of wrong values, not the greatest difference.
    counts_wrong_values: bool
    microseconds: bool
    has_root: bool = True
    # Whether the times are those until the CPU goes on (-C 1), from which no bandwidth follows.
    cpu_time: bool = False


def collective_of_program(name: str) -> str:
    """The collective that a program is for: ``all_reduce`` of all_reduce_perf, or all_reduce_perf_mpi."""
    return name.removesuffix("_mpi").removesuffix("_perf")


def device_of(text: str) -> Device | None:
    """The rank that a line of the list of devices names."""
    match = _DEVICE.match(text)
    if match is None:
        return None
    rank, group, pid, host, device, address, model = match.groups()
    return Device(
        int(rank), None if pid is None else int(pid), host, int(group or 0), (device, address), model.rstrip()
    )


def iterations_of(text: str) -> int | None:
    """How often each operation is timed, by the line with the numbers of threads and GPUs. None: it does not say it."""
    match = _ITERATIONS.search(text)
    return int(match[1]) * int(match[2] or 1) if match else None


def table_header_of(text: str) -> TableHeader | None:
    """What the names of the columns say; None if these are none."""
    names = text.replace("#wrong", " wrong").lstrip("# ").split()
    if names[:2] not in (["size", "count"], ["bytes", "N"]) or not {"algbw", "busbw"} <= set(names):
        return None
    return TableHeader(
        counts_wrong_values="wrong" in names,
        microseconds="res" not in names,
        has_root="root" in names,
        cpu_time="cputime" in names,
    )


def row_of(text: str, header: TableHeader | None) -> Row | None:
    """The row that a line is; None for anything else, a row of which a part is missing among it.

    :param header: Of the table. None: the log does not show it, and what it would say is told from the row.
    """
    words = text.split()
    if len(words) < 3 or words[2] not in _TYPES:
        return None
    try:
        row = _row(words, header, out_of_place_is_blank=_BLANK_BLOCK in text.strip())
    except (ValueError, LookupError):
        return None
    return row if _agrees_with_itself(row, cpu_time=header is not None and header.cpu_time) else None


def _agrees_with_itself(row: Row, *, cpu_time: bool) -> bool:
    """Whether its numbers may be those that were printed together.

    Source: the GetCollByteCount and GetBw functions of src/*.cu of NVIDIA/nccl-tests.
    """
    of_a_rank = row.count * _TYPES[row.data_type]
    if row.size_bytes < of_a_rank or (row.size_bytes % of_a_rank if of_a_rank else row.size_bytes):
        return False
    measured = [one for one in (row.out_of_place, row.in_place) if one is not None and one.time_us > 0]
    return cpu_time or all(_follows(one, row.size_bytes) for one in measured)


def _follows(measured: Measurement, size: int) -> bool:
    """Whether algorithm bandwidth is size over time, as far as they are printed."""
    bandwidth = size / measured.time_us / 1000
    lowest = (1 - _ROUNDING) * _LEAST_PART * bandwidth - _LEAST_DIGIT
    return lowest <= measured.algorithm_bandwidth <= (1 + _ROUNDING) * bandwidth + _LEAST_DIGIT


def _row(words: Sequence[str], header: TableHeader | None, *, out_of_place_is_blank: bool) -> Row:
    """:raises ValueError: a word is not what it should be. :raises LookupError: there are too few or too many."""
    rest = list(words[3:])
    if _TIME.fullmatch(rest[-1]) and _DATE.fullmatch(rest[-2]):
        del rest[-2:]
    reduction = rest.pop(0) if rest[0] in _REDUCTIONS else _NO_REDUCTION
    may_have_root = header is None or header.has_root
    root = int(rest.pop(0)) if may_have_root and len(rest) % _COLUMNS == 1 else _NO_ROOT
    if len(rest) == _COLUMNS and out_of_place_is_blank:
        out_of_place, in_place = None, _measurement(rest, header)
    else:
        width = {2 * _COLUMNS: _COLUMNS, 2 * _COLUMNS_PER_ITERATION: _COLUMNS_PER_ITERATION}[len(rest)]
        out_of_place, in_place = _measurement(rest[:width], header), _measurement(rest[width:], header)
    return Row(
        size_bytes=_whole(words[0]),
        count=_whole(words[1]),
        data_type=words[2],
        reduction=None if reduction == _NO_REDUCTION else reduction,
        root=None if root == _NO_ROOT else root,
        out_of_place=out_of_place,
        in_place=in_place,
    )


def _measurement(words: Sequence[str], header: TableHeader | None) -> Measurement | None:
    """The columns of one operation. None: it has no bandwidth, as "nan" says."""
    time, algorithm, bus, wrong, *per_iteration = words
    values = [_number(word) for word in (time, algorithm, bus)]
    for word in per_iteration:
        _number(word)
    wrong_values = _wrong_values(wrong, header)
    if not all(map(math.isfinite, values)):
        return None
    microseconds = header.microseconds if header else not _MILLISECONDS.fullmatch(time)
    return Measurement(
        time_us=values[0] if microseconds else values[0] * 1000,
        algorithm_bandwidth=values[1],
        bus_bandwidth=values[2],
        wrong_values=wrong_values,
    )


def _wrong_values(word: str, header: TableHeader | None) -> int | None:
    if word == _NOT_CHECKED:
        return None
    if word in _NOT_FINITE:
        # A difference that is no number is of a value that is wrong: one at least.
        return 1
    if not _WRONG_VALUES.fullmatch(word):
        raise ValueError(word)
    number = float(word)
    counts = header.counts_wrong_values if header else not _DIFFERENCE.fullmatch(word)
    return int(number) if counts and math.isfinite(number) else None


def _number(word: str) -> float:
    if _NUMBER.fullmatch(word):
        return float(word)
    if word in _NOT_FINITE:
        return math.nan
    raise ValueError(word)


def _whole(word: str) -> int:
    if _WHOLE.fullmatch(word):
        return int(word)
    raise ValueError(word)
