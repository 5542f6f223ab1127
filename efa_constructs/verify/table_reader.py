"""Reads what nccl-tests itself prints, from its command to the last line of the table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container

from .logged_runs import LoggedRuns
from .nccl_lines import nccl_line_of, release_of
from .prefixes import without_prefixes
from .table import COLLECTIVES, collective_of_program, device_of, iterations_of, row_of, table_header_of

__all__ = ["TableReader"]

_SETTINGS = re.compile(r"nThread \d+ nGpus \d+ minBytes \d+ maxBytes \d+ step: (?:.{0,200} validation: (\d))?")
_RELEASE = re.compile(r"nccl-tests version \S+(?: \(\w{1,40}\))? nccl-headers=\d+ nccl-library=(\d{1,9})")
_COLLECTIVE = re.compile(r"Collective test (starting|concluded): (\w{1,32})")
_OUT_OF_BOUNDS = re.compile(r"Out of bounds values\s*: (\d{1,18}) (?:OK|FAILED)")
_AVERAGE = re.compile(r"Avg bus bandwidth\s*: (\d{1,18}(?:\.\d{1,18})?(?:e[+-]\d{1,3})?)(?:\s+(FAILED)\b|\s|$)")
_LAST_ERROR = re.compile(r"error: (.{1,300})")
_PROGRAM = re.compile(rf"(?:^|[\s/])({'|'.join(COLLECTIVES)})_perf(?:_mpi)?(?=\s|$)")
_PROCESS = re.compile(r":\d{1,10}:\d{1,10} \[-?\d{1,4}\] ")
_LONGEST_ROW = 4096
# And what there is of the number that it cuts.
_LONGEST_HOST = 300


class TableReader:
    """Takes lines without their prefixes."""

    def __init__(self, runs: LoggedRuns) -> None:
        self._runs = runs

    def read(self, text: str, *, whole: bool) -> bool:
        """Take what a line says, and return whether it says anything.

        :param whole: Whether its end is there: the last number of a line may be longer than what is there of it.
        """
        if whole and self._read_row(text):
            return True
        comment = text.lstrip("# \t")
        read = _READERS.get((comment.split(maxsplit=1) or [""])[0])
        if read is not None and (whole or read is not TableReader._read_average) and read(self, comment):
            return True
        return "_perf" in text and self._read_programs(text)

    def read_cut_row(self, text: str) -> None:
        """Take a line of NCCL that begins within a row: both print to one stream, and a row takes its time."""
        run, process = self._runs.open, _PROCESS.search(text)
        if run is None or process is None:
            return
        before = text[: process.start()]
        host = _last_part_of(before, run.hosts)
        said = nccl_line_of(text[len(before) - len(host) :]) if host else None
        if host and said:
            self._runs.evidence_of(said).add(said, self._runs.line, text)
            run.half_row = (run.half_row + before.removesuffix(host))[:_LONGEST_ROW]

    def _read_row(self, text: str) -> bool:
        run = self._runs.open
        header = run.table if run else None
        # As if no other line had come between: it may have come within a number.
        texts = [*(without_prefixes(run.half_row + text) if run and run.half_row else ()), text]
        row = next((found for one in texts if (found := row_of(one, header)) is not None), None)
        if row is None:
            return False
        run = run or self._runs.begin_without_header(text)
        run.half_row = ""
        self._runs.take_room()
        run.add_row(row, self._runs.line, text)
        return True

    def _read_release(self, text: str) -> bool:
        match = _RELEASE.match(text)
        if match is None:
            return False
        run = self._runs.open
        if run is None or run.has_begun:
            run = self._runs.begin()
        run.said.common.add_nccl_version(f"NCCL version {release_of(int(match[1]))}", self._runs.line, text)
        return True

    def _read_collective(self, text: str) -> bool:
        match = _COLLECTIVE.match(text)
        if match is None:
            return False
        run = self._runs.open
        if match[1] == "starting" and (run is None or run.has_settings):
            run = self._runs.begin()
        run = run or self._runs.last
        if run is not None:
            run.collective = collective_of_program(match[2])
        return True

    def _read_settings(self, text: str) -> bool:
        match = _SETTINGS.match(text)
        if match is None:
            return False
        run = self._runs.open
        if run is None or run.table or run.rows or (run.has_settings and not run.may_repeat_itself):
            run = self._runs.begin()
        run.has_settings = True
        run.validates = None if match[1] is None else match[1] != "0"
        run.iterations = iterations_of(text)
        return True

    def _read_device(self, text: str) -> bool:
        device = device_of(text)
        if device is None:
            return False
        run = self._runs.open or self._runs.begin_without_header(text)
        if run.rows or (device.rank in run.ranks and not run.may_repeat_itself):
            run = self._runs.begin()
        self._runs.take_room()
        run.add_device(device, self._runs.line, text)
        return True

    def _read_header(self, text: str) -> bool:
        header = table_header_of(text)
        if header is None:
            return False
        run = self._runs.open or self._runs.begin_without_header(text)
        if run.rows:
            run = self._runs.begin()
        run.table = header
        return True

    def _read_out_of_bounds(self, text: str) -> bool:
        match, run = _OUT_OF_BOUNDS.match(text), self._runs.open
        if match is None:
            return False
        if run is None:
            self._runs.note_remains(text)
            return True
        run.end(int(match[1]), self._runs.line, text)
        self._runs.end()
        return True

    def _read_average(self, text: str) -> bool:
        match, run = _AVERAGE.match(text), self._runs.last
        if match is None or run is None or run.average_bus_bandwidth is not None or math.isinf(float(match[1])):
            return False
        run.average_bus_bandwidth = float(match[1])
        if match[2]:
            run.too_slow_lines.add(self._runs.line, text)
        return True

    def _read_last_error(self, text: str) -> bool:
        match, run = _LAST_ERROR.match(text), self._runs.last
        if match is None or run is None or not run.ended:
            return False
        run.last_error = match[1]
        return True

    def _read_nccl_version(self, text: str) -> bool:
        return self._runs.said.common.add_nccl_version(text, self._runs.line, text)

    def _read_programs(self, text: str) -> bool:
        programs = _PROGRAM.findall(text)
        self._runs.programs.update(programs)
        return bool(programs)


def _last_part_of(text: str, hosts: Container[str]) -> str | None:
    """The host, the longest if there are several, that a text ends with."""
    word = (text.rsplit(maxsplit=1) or [""])[-1][-_LONGEST_HOST:]
    return next((word[start:] for start in range(len(word)) if word[start:] in hosts), None)


# By the first word of a line, behind "#".
_READERS: dict[str, Callable[[TableReader, str], bool]] = {
    "nccl-tests": TableReader._read_release,
    "Collective": TableReader._read_collective,
    "nThread": TableReader._read_settings,
    "Rank": TableReader._read_device,
    "size": TableReader._read_header,
    "bytes": TableReader._read_header,
    "Out": TableReader._read_out_of_bounds,
    "Avg": TableReader._read_average,
    "error:": TableReader._read_last_error,
    "NCCL": TableReader._read_nccl_version,
}
