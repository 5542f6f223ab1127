"""The JSON that nccl-tests writes with ``-J``: its file, or what ``cat`` and ``jq`` put of it into a log.

Versions 1 to 3 are alike in what is read here. Source: src/util.cu of NVIDIA/nccl-tests.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .evidence import Process
from .group_layout import group_layout
from .in_words import printable
from .log_lines import MOST_CHARACTERS
from .nccl_lines import release_of
from .results import Measurement, NcclTestsRun, Row
from .table import COLLECTIVES, collective_of_program

__all__ = ["JsonCollector", "JsonReport"]

# Every report has it, and hardly anything else.
_MARK = '"nccl_version"'
# The first key, as nccl-tests writes it, and as jq --sort-keys does. Several reports may be a list.
_FIRST_LINE = re.compile(r'\s*(?:\[\s*)?\{\s*"(?:version|args)"\s*:')
_START = re.compile(r'\s*(?:\[\s*)?\{\s*(?:"(?:version|args)"\s*:|$)')
_FIRST_KEY = re.compile(r'\s*"(?:version|args)"\s*:')
# The same, of reports that have a line for every key.
_BRACES = ("{", "[{")
# How any other line of a report begins.
_JSON_LINE = re.compile(r'\s*(?:["{}\],]|\[\s*$|-?\d|true|false|null)')
# What is between reports.
_BETWEEN = re.compile(r"[\s,\[\]]*")
_DECODER = json.JSONDecoder()
# Characters.
_LONGEST_ERROR = 300
# nccl-tests counts with 64 bits.
_END = 1 << 63
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')


@dataclass(frozen=True, slots=True)
class JsonReport:
    """A run, and what else its report says."""

    run: NcclTestsRun
    # Such as 2.27.7.
    nccl: str
    processes: frozenset[Process]


class JsonCollector:
    """Puts a report together that takes one line or many."""

    def __init__(self) -> None:
        # Whether what was begun was a report that never ended.
        self._gave_one_up = False
        self._lines: list[str] = []
        self._characters = 0
        self._depth = 0

    @property
    def collecting(self) -> bool:
        """Whether the next line may be part of a report."""
        return bool(self._lines)

    @property
    def has_part_of_a_report(self) -> bool:
        """Whether the start of a report was there, and its end was not."""
        return self._gave_one_up or any(_MARK in line for line in self._lines)

    def begins(self, text: str) -> bool:
        """Whether a report begins with a line, whatever is being collected."""
        return bool((_FIRST_LINE if self._lines else _START).match(text))

    def add(self, text: str) -> list[JsonReport]:
        """Take a line, and return the reports that end with it, more than one if no newline is between them."""
        if not text or text.isspace():
            return []
        self._give_up_before(text)
        if not self._lines and not _START.match(text):
            return []
        self._lines.append(text.strip())
        self._characters += len(text)
        structure = _STRING.sub("", text)
        self._depth += structure.count("{") - structure.count("}")
        if self._depth > 0 and self._characters <= MOST_CHARACTERS:
            return []
        document = "\n".join(self._lines)
        self._start_anew()
        return _reports(document)

    def _give_up_before(self, text: str) -> None:
        """Forget what was collected if a line shows that it has no end."""
        if self._lines and self._lines[-1] in _BRACES and _FIRST_KEY.match(text):
            # The brace before it began a report, and not a part of the last one.
            del self._lines[:-1]
            self._characters, self._depth = 1, 1
            return
        alone = len(self._lines) == 1 and self._lines[0] in _BRACES
        if self._lines and (alone or _FIRST_LINE.match(text) or not _JSON_LINE.match(text)):
            self._gave_one_up |= self.has_part_of_a_report
            self._start_anew()

    def _start_anew(self) -> None:
        self._lines = []
        self._characters = 0
        self._depth = 0


def _reports(document: str) -> list[JsonReport]:
    """None of them: it is something else, or not what nccl-tests writes."""
    reports = []
    end = 0
    # RecursionError: brackets in brackets in brackets.
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        while _MARK in document[end:]:
            report, end = _DECODER.raw_decode(document, _end_of_blank(document, end))
            reports.append(_report(report))
    return reports


def _end_of_blank(document: str, start: int) -> int:
    blank = _BETWEEN.match(document, start)
    return blank.end() if blank else start


def _report(report: Mapping[str, Any]) -> JsonReport:
    """:raises ValueError: or one of its like: it is not what nccl-tests writes."""
    processes = frozenset((str(one["hostname"]), int(one["pid"])) for one in report["config"]["devices"])
    return JsonReport(_run(report), release_of(int(report["nccl_version"])), processes)


def _run(report: Mapping[str, Any]) -> NcclTestsRun:
    """:raises ValueError: or one of its like: it is not what nccl-tests writes."""
    config = report["config"]
    devices = config["devices"]
    hosts = tuple(dict.fromkeys(str(device["hostname"]) for device in devices))
    grouped = Counter((_whole(device.get("group", 0)), str(device["hostname"])) for device in devices)
    groups = max(1, len({group for group, _ in grouped}))
    bounds, average = report.get("out_of_bounds"), report.get("average_bus_bandwidth")
    return NcclTestsRun(
        collective=_collective(report.get("args") or ()),
        ranks=_ranks(
            [_whole(device["rank"]) for device in devices], _whole(config["nthreads"]) * _whole(config["ngpus"])
        ),
        hosts=hosts,
        nodes=len(hosts) or None,
        groups=groups,
        group_layout=group_layout(grouped) if groups > 1 else None,
        iterations=_iterations(config),
        devices=tuple(dict.fromkeys(str(device["device_info"]) for device in devices)),
        rows=tuple(_row(row) for row in report["results"]),
        average_bus_bandwidth=_finite(average["bandwidth"]) if average else None,
        # It says "true", "false" or "unchecked".
        too_slow=average is not None and average.get("okay") == "false",
        out_of_bounds=_whole(bounds["count"]) if bounds else None,
        last_error=next((str(error)[:_LONGEST_ERROR] for error in report.get("errors") or () if error), None),
        truncated=bounds is None,
    )


def _collective(arguments: Sequence[str]) -> str | None:
    name = collective_of_program(PurePosixPath(arguments[0]).name) if arguments else ""
    return name if name in COLLECTIVES else None


def _ranks(listed: Sequence[int], per_process: int) -> int | None:
    """The list has only the first rank of each process."""
    if not listed:
        return None
    first_ranks_only = per_process > 1 and all(rank % per_process == 0 for rank in listed)
    return max(listed) + (per_process if first_ranks_only else 1)


def _iterations(config: Mapping[str, Any]) -> int | None:
    iterations = config.get("iterations")
    return None if iterations is None else _whole(iterations) * _whole(config.get("aggregated_iterations", 1))


def _whole(value: Any) -> int:
    """:raises ValueError: it has more digits than any number of nccl-tests."""
    number = int(value)
    if not -_END <= number < _END:
        raise ValueError
    return number


def _row(row: Mapping[str, Any]) -> Row:
    root = _whole(row["root"])
    return Row(
        size_bytes=_whole(row["size"]),
        count=_whole(row["count"]),
        data_type=printable(str(row["type"])),
        reduction=None if row["redop"] == "none" else printable(str(row["redop"])),
        root=None if root < 0 else root,
        out_of_place=_measurement(row["out_of_place"]),
        in_place=_measurement(row["in_place"]),
    )


def _measurement(operation: Mapping[str, Any] | None) -> Measurement | None:
    if operation is None:
        return None
    time, algorithm, bus = (
        _finite(operation[key]) for key in ("cpu_time" if "cpu_time" in operation else "time", "alg_bw", "bus_bw")
    )
    if time is None or algorithm is None or bus is None:
        return None
    wrong = operation["nwrong"]
    return Measurement(
        time_us=time,
        algorithm_bandwidth=algorithm,
        bus_bandwidth=bus,
        wrong_values=None if wrong is None else _whole(wrong),
    )


def _finite(value: Any) -> float | None:
    """None for "nan", which nccl-tests writes as a string, and for what is no time and no bandwidth."""
    number = float(value)
    return number if 0 <= number < math.inf else None
