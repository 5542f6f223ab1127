"""Reads the runs of nccl-tests that a log has, line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..errors import InvalidLogError
from .causes import WITHOUT_MPI, causes_in_other_line
from .evidence import Evidence, note
from .json_report import JsonCollector, JsonReport
from .log_lines import CutLine
from .logged_run import LoggedRun
from .nccl_lines import NcclLine, nccl_line_of
from .prefixes import plain_text, without_prefixes
from .results import Row
from .table import COLLECTIVES, TableHeader, device_of, iterations_of, row_of, table_header_of

__all__ = ["LogReader"]

# A run takes a few kilobytes, a row some hundred bytes, a rank some more: together less than 100 MB.
_MOST_RUNS = 1_000
_MOST_ROWS_AND_RANKS = 200_000
_FIRST_LINES = 100
# No line of NCCL or of a table is longer.
_LONGEST_LINE = 4096
_NCCL = " NCCL "
_LEVELS = ("INFO ", "WARN ")
# What follows "NCCL INFO" in lines that say something. Most lines do not.
_TELLING = (
    "NET/",
    "NCCL version",
    "NCCL_NET",
    "Using network",
    "Using internal Network",
    "Assigned NET plugin",
    "comm 0x",
)
# A line without any of these is none of a table, nor one that names a cause.
_WORDS = (
    *("#", "float", "half", "double", "int", "char", "f8e", "fp8", "Rank ", "nThread ", "_perf", "NCCL version"),
    *("size ", "Avg bus ", "Out of ", "Collective ", "ibfabric", "EFA internal", "Test ", "algbw(", "{"),
)
_OTHER_PROGRAMS = (("algbw(GB/s)", "nccom-test of AWS Neuron"), ("# OSU ", "the OSU Micro-Benchmarks"))
_SETTINGS = re.compile(r"nThread \d+ nGpus \d+ minBytes \d+ maxBytes \d+ step: (?:.{0,200} validation: (\d))?")
_RELEASE = re.compile(r"nccl-tests version \S+ nccl-headers=\d+ nccl-library=(\d{1,9})")
_COLLECTIVE = re.compile(r"Collective test (starting|concluded): (\w{1,32})")
_OUT_OF_BOUNDS = re.compile(r"Out of bounds values\s*: (\d{1,18}) (?:OK|FAILED)")
_AVERAGE = re.compile(r"Avg bus bandwidth\s*: (\d{1,18}(?:\.\d{1,18})?(?:e[+-]\d{1,3})?)(?:\s|$)")
_PLACE_OF_PROCESS = re.compile(r":\d{1,10}:\d{1,10} \[-?\d{1,4}\] ")
_PROGRAM = re.compile(rf"(?:^|[\s/])({'|'.join(COLLECTIVES)})_perf(?:_mpi)?(?=\s|$)")


class LogReader:
    """The runs of a log, each with the evidence that the log has for it.

    What NCCL prints before a table belongs to the run of that table, what it prints after the end of one to that run if
    one of its processes printed it, and else to the run that follows.
    """

    def __init__(self) -> None:
        self.runs: list[LoggedRun] = []
        self.number = 0
        # The program that a log without nccl-tests is of, in words.
        self.other_program: str | None = None
        # Whether its first lines have what no text has.
        self.looks_binary = False
        # What is said before a run begins, and the run that is on, with what is said of it: plain attributes, for every
        # line asks for them.
        self._next = Evidence()
        self._open_run: LoggedRun | None = None
        self._evidence = self._next
        self._table: TableHeader | None = None
        self._json = JsonCollector()
        self._json_prefixes = 0
        # Programs that are named since the last run ended: the command, or all that somebody compiled.
        self._programs: set[str] = set()
        # A row that a line of NCCL cut in two.
        self._half_row = ""
        self._room = _MOST_ROWS_AND_RANKS

    @property
    def has_part_of_a_report(self) -> bool:
        """Whether the log ends within a JSON report."""
        return self._json.has_part_of_a_report

    @property
    def unclaimed(self) -> Evidence:
        """What NCCL printed that belongs to no run."""
        return self._next

    def read(self, lines: Iterable[str]) -> None:
        """Read lines, without their newlines.

        :raises InvalidLogError: there are more runs, rows and ranks than any log has.
        """
        for line in lines:
            self.number += 1
            if self.number <= _FIRST_LINES:
                self.looks_binary |= "\0" in line or "\ufffd" in line
            at = line.find(_NCCL)
            if at >= 0 and line.startswith(_LEVELS, at + len(_NCCL)):
                self._evidence.nccl_lines += 1
                if "via NET/" in line or line.startswith(_TELLING, at + 11) or self._cuts_a_row(line, at):
                    self._read_nccl(line)
            elif any(map(line.__contains__, _WORDS)) or self._half_row or self._json.collecting:
                self._read_other(line)

    def _cuts_a_row(self, line: str, at: int) -> bool:
        # Rows have columns, and so more than one blank in a row; no prefix has.
        return self._table is not None and "  " in line[:at]

    def _read_nccl(self, line: str) -> None:
        text = line[:_LONGEST_LINE]
        said = nccl_line_of(text)
        if said is None:
            self._read_cut_row(plain_text(text))
        else:
            self._evidence_of(said).add(said, self.number, text)

    def _read_cut_row(self, text: str) -> None:
        """A line of NCCL that begins in the middle: both print to the same stream, and a row has no newline yet."""
        run, place = self._open_run, _PLACE_OF_PROCESS.search(text)
        if run is None or place is None:
            return
        before = text[: place.start()]
        host = next((host for host in sorted(run.hosts, key=len, reverse=True) if before.endswith(host)), None)
        said = host and nccl_line_of(text[len(before) - len(host) :])
        if host and said:
            run.evidence.add(said, self.number, text)
            self._half_row = f"{self._half_row} {before.removesuffix(host)}"[:_LONGEST_LINE]

    def _read_other(self, line: str) -> None:
        # A JSON report is the one thing that may be long.
        text = plain_text(line)
        short = text[:_LONGEST_LINE]
        for candidate in without_prefixes(short):
            if self._recognize(candidate, whole=not isinstance(line, CutLine)):
                break
        self._read_json(text, short)

    def _recognize(self, text: str, *, whole: bool) -> bool:
        """Take what a line says, and return whether it says anything.

        :param whole: Whether its end is there: the last number of a line may be longer than what is there of it.
        """
        row = row_of(text, self._table) if whole else None
        if row is None and self._half_row:
            row = self._other_half(text)
        if row is not None:
            self._half_row = ""
            self._take_room()
            (self._open_run or self._begin()).add_row(row, self.number, text)
            return True
        comment = text.lstrip("# \t")
        reader = _READERS.get(comment.split(maxsplit=1)[0] if comment else "")
        if reader is not None and (whole or reader is not LogReader._read_average) and reader(self, comment):
            return True
        self.other_program = self.other_program or next((name for mark, name in _OTHER_PROGRAMS if mark in text), None)
        return self._read_program(text) or self._read_causes(text)

    def _other_half(self, text: str) -> Row | None:
        halves = without_prefixes(f"{self._half_row} {text}")
        return next((row for half in halves if (row := row_of(half, self._table)) is not None), None)

    def _read_settings(self, text: str) -> bool:
        match = _SETTINGS.match(text)
        if match is None:
            return False
        run = self._open_run
        if run is None or run.has_table or run.rows or (run.has_settings and not run.may_repeat_itself):
            run = self._begin()
        run.has_settings = True
        run.validates = None if match[1] is None else match[1] != "0"
        run.iterations = iterations_of(text)
        return True

    def _read_device(self, text: str) -> bool:
        device = device_of(text)
        if device is None:
            return False
        run = self._open_run
        again = run is not None and device.rank in run.ranks
        if run is None or run.rows or (again and not run.may_repeat_itself):
            run, again = self._begin(), False
        if again:
            run.each_process_alone = True
            note(run.evidence.causes, WITHOUT_MPI, self.number, text)
        self._take_room()
        run.add_device(device, self.number, text)
        return True

    def _read_table_header(self, text: str) -> bool:
        header = table_header_of(text)
        if header is None:
            return False
        run = self._open_run
        if run is None or run.rows:
            run = self._begin()
        run.has_table = True
        self._table = header
        return True

    def _read_release(self, text: str) -> bool:
        match = _RELEASE.match(text)
        if match is None:
            return False
        if self._open_run is None or self._open_run.has_begun:
            self._begin()
        return True

    def _read_collective(self, text: str) -> bool:
        match = _COLLECTIVE.match(text)
        if match is None:
            return False
        run = self.runs[-1] if self.runs else None
        if match[1] == "starting" and (self._open_run is None or self._open_run.has_settings):
            run = self._begin()
        if run is not None:
            run.collective = match[2].removesuffix("_perf")
        return True

    def _read_out_of_bounds(self, text: str) -> bool:
        match = _OUT_OF_BOUNDS.match(text)
        if match is None or self._open_run is None:
            return False
        self._open_run.end(int(match[1]), self.number, text)
        self._close()
        return True

    def _read_average(self, text: str) -> bool:
        match = _AVERAGE.match(text)
        if match is None or not self.runs or self.runs[-1].average_bus_bandwidth is not None:
            return False
        self.runs[-1].average_bus_bandwidth = float(match[1])
        return True

    def _read_nccl_version(self, text: str) -> bool:
        self._evidence.add_nccl_version(text, self.number, text)
        return True

    def _read_program(self, text: str) -> bool:
        programs = set(_PROGRAM.findall(text)) if "_perf" in text else set()
        self._programs |= programs
        return bool(programs)

    def _read_causes(self, text: str) -> bool:
        causes = list(causes_in_other_line(text.lstrip()))
        for cause in causes:
            note(self._evidence.causes, cause, self.number, text)
        return bool(causes)

    def _read_json(self, text: str, short: str) -> None:
        if not self._json.collecting and "{" not in short:
            return
        for depth, candidate in enumerate(without_prefixes(short)):
            # All lines of a report have as many prefixes as its first.
            if depth == self._json_prefixes if self._json.collecting else candidate.lstrip().startswith("{"):
                self._json_prefixes = depth
                report = self._json.add(candidate + text[_LONGEST_LINE:])
                if report is not None:
                    self._add_report(report)
                return

    def _add_report(self, report: JsonReport) -> None:
        if any(run.is_told_by(report.run) for run in self.runs):
            return
        run = self._begin()
        for _ in report.run.rows:
            self._take_room()
        run.report(report.run)
        run.evidence.add_nccl_version(f"NCCL version {report.nccl}", self.number, "")
        self._close()

    def _evidence_of(self, said: NcclLine) -> Evidence:
        if self._open_run is None and self.runs and self.runs[-1].owns(said):
            return self.runs[-1].evidence
        return self._evidence

    def _begin(self) -> LoggedRun:
        if len(self.runs) == _MOST_RUNS:
            raise InvalidLogError(f"the log has more than {_MOST_RUNS:,} runs of nccl-tests: split it")
        if self.runs:
            self.runs[-1].forget_processes()
        run = LoggedRun(self._next, self.number)
        self.runs.append(run)
        self._open_run, self._evidence = run, run.evidence
        self._next = Evidence()
        self._table = None
        self._half_row = ""
        if len(self._programs) == 1:
            (run.collective,) = self._programs
        return run

    def _close(self) -> None:
        """The run that is on has ended."""
        self._open_run, self._evidence = None, self._next
        self._table = None
        self._half_row = ""
        self._programs.clear()

    def _take_room(self) -> None:
        self._room -= 1
        if self._room < 0:
            raise InvalidLogError(
                f"the log has more than {_MOST_ROWS_AND_RANKS:,} rows and ranks of nccl-tests: split it"
            )


_READERS: dict[str, Callable[[LogReader, str], bool]] = {
    "nThread": LogReader._read_settings,
    "Rank": LogReader._read_device,
    "size": LogReader._read_table_header,
    "bytes": LogReader._read_table_header,
    "nccl-tests": LogReader._read_release,
    "Collective": LogReader._read_collective,
    "Out": LogReader._read_out_of_bounds,
    "Avg": LogReader._read_average,
    "NCCL": LogReader._read_nccl_version,
}
