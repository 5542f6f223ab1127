"""Reads the lines of one program or more as they came: which of them say something, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from .causes import causes_in_other_line
from .evidence import EvidenceByProcess, note
from .json_report import JsonCollector, JsonReport
from .log_lines import CutLine
from .logged_runs import LoggedRuns
from .nccl_lines import NcclLine, nccl_line_of
from .prefixes import plain_text, unwrapped, without_prefixes
from .read_so_far import ReadSoFar
from .table_reader import TableReader

__all__ = ["POD", "StreamReader"]

# Where kubectl names the pod of a line.
POD = "[pod/"

# No line of NCCL or of a table is longer.
_LONGEST_LINE = 4096
_INFO, _WARN = " NCCL INFO ", " NCCL WARN "
_TEXT_OF_NCCL = len(_INFO)
# How that text begins in lines that say something, but for connections. Most lines say nothing.
_TELLING = (
    *("NET/", "NCCL version", "NCCL_NET", "Using network", "Using internal Network", "Assigned NET plugin", "comm 0x"),
)
# A line without any of these is none of nccl-tests, nor one that names a cause.
_WORDS = (
    *("#", "float", "half", "double", "int", "char", "f8e", "fp8", "Rank ", "nThread ", "_perf", "NCCL version"),
    *("size ", "Avg bus ", "Out of ", "Collective ", "ibfabric", "EFA internal", "Test ", "algbw(", "{"),
)
_OTHER_PROGRAMS = (("algbw(GB/s)", "nccom-test of AWS Neuron"), ("# OSU ", "the OSU Micro-Benchmarks"))


class StreamReader:
    """Of what one pod printed, or of all lines that name no pod."""

    def __init__(self, so_far: ReadSoFar, pod: str | None) -> None:
        # The program that it is of, if it is not nccl-tests, in words.
        self.other_program: str | None = None
        self._so_far = so_far
        self._runs = LoggedRuns(so_far, pod)
        self._table = TableReader(self._runs)
        self._json = JsonCollector()
        self._json_prefixes = 0

    @property
    def has_part_of_a_report(self) -> bool:
        """Whether it ends within a JSON report."""
        return self._json.has_part_of_a_report

    @property
    def has_runs(self) -> bool:
        """Whether nccl-tests printed anything in it."""
        return self._runs.last is not None

    @property
    def is_between_runs(self) -> bool:
        """Whether no run is on."""
        return self._runs.open is None

    @property
    def said(self) -> EvidenceByProcess:
        """What NCCL printed of the run that is on, or else what belongs to no run of it so far."""
        return self._runs.said

    def read(self, first: str, lines: Iterator[str], prefix: str | None) -> str | None:
        """Read lines, without their newlines, and return the first one that may be of another stream. None: none is.

        :param first: A line of this stream.
        :param lines: Those that follow.
        :param prefix: What lines of the pod begin with. None: the stream is that of lines that name no pod.
        :raises InvalidLogError: there are more runs, rows and ranks than any log has.
        """
        so_far, runs = self._so_far, self._runs
        for line in chain((first,), lines):
            if (not line.startswith(prefix) if prefix else POD in line) and line is not first:
                return line
            so_far.line += 1
            if "\x1b" in line or line.startswith("{"):
                line = _printed(line)
            at = line.find(_INFO)
            if at < 0:
                at = line.find(_WARN)
            if at >= 0:
                runs.said.common.has_lines = True
                if (
                    "via NET/" in line
                    or line.startswith(_TELLING, at + _TEXT_OF_NCCL)
                    # A row has columns, and so more than one blank in a row. No prefix has.
                    or (runs.open is not None and line.find("  ", 0, at) >= 0)
                ):
                    self._read_nccl(line)
            elif line and (any(map(line.__contains__, _WORDS)) or self._goes_on):
                self._read_other(line)
        return None

    @property
    def _goes_on(self) -> bool:
        """Whether any line may be part of what an earlier one began."""
        return self._json.collecting or bool(self._runs.open and self._runs.open.half_row)

    def _read_nccl(self, line: str) -> None:
        text = line[:_LONGEST_LINE]
        said = nccl_line_of(text)
        if said is None or self._has_cut_a_size(said):
            self._table.read_cut_row(plain_text(text))
        else:
            self._runs.evidence_of(said).add(said, self._runs.line, text)

    def _has_cut_a_size(self, said: NcclLine) -> bool:
        """Whether the host is one of the run's, behind the first digits of a row."""
        run = self._runs.open
        return (
            run is not None
            and said.host[0].isdecimal()
            and said.host not in run.hosts
            and any(
                said.host[digits:] in run.hosts for digits in range(1, len(said.host)) if said.host[:digits].isdecimal()
            )
        )

    def _read_other(self, line: str) -> None:
        text = plain_text(line)
        short = text[:_LONGEST_LINE]
        whole = not isinstance(line, CutLine)
        for candidate in without_prefixes(short):
            if self._table.read(candidate, whole=whole) or self._read_causes(candidate):
                break
        # A report is the one thing that may be long.
        self._read_json(text, short)

    def _read_causes(self, text: str) -> bool:
        causes = list(causes_in_other_line(text.lstrip()))
        for cause in causes:
            note(self._runs.said.common.causes, cause, self._runs.line, text)
        self.other_program = self.other_program or next((name for mark, name in _OTHER_PROGRAMS if mark in text), None)
        return bool(causes)

    def _read_json(self, text: str, short: str) -> None:
        if not self._json.collecting and "{" not in short:
            return
        for depth, candidate in enumerate(without_prefixes(short)):
            # All lines of a report have as many prefixes as its first.
            if self._json.begins(candidate) or (self._json.collecting and depth == self._json_prefixes):
                self._json_prefixes = depth
                for report in self._json.add(candidate + text[_LONGEST_LINE:]):
                    self._add_report(report)
                # Else what was collected ended with that, or had no end: another one may begin here.
                if self._json.collecting:
                    return

    def _add_report(self, report: JsonReport) -> None:
        if any(run.is_told_by(report.run) for run in self._so_far.runs):
            return
        run = self._runs.begin()
        for _ in report.run.rows:
            self._runs.take_room()
        run.report(report.run, report.processes)
        run.said.common.add_nccl_version(f"NCCL version {report.nccl}", self._runs.line, "")
        self._runs.end()


def _printed(line: str) -> str:
    """The line as a program printed it: a colour may be within the words that tell what it says."""
    text = plain_text(unwrapped(line))
    return CutLine(text) if isinstance(line, CutLine) else text
