"""Reads a log: what each of its pods printed by itself, and then what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from ..errors import InvalidLogError
from .evidence import Evidence, EvidenceByProcess, Process
from .log_lines import EndlessLineError
from .logged_run import LoggedRun
from .read_so_far import ReadSoFar
from .stream_reader import POD, StreamReader

__all__ = ["LogReader"]

_FIRST_LINES = 100
# Whatever begins as no text does, and has nothing of nccl-tests in so many lines, may have no end, as /dev/urandom.
_MOST_BINARY_LINES = 100_000
# Of kubectl logs --prefix, with the container.
_POD = re.compile(r"\[pod/([^\]\s]{1,600})\]")
# Where it may end: other prefixes may stand before it.
_LONGEST_PREFIX = 1_000
# Each takes some kilobytes. More than any job has.
_MOST_PODS = 10_000


class LogReader:
    """The runs of nccl-tests that a log has, each with the evidence that the log has for it.

    Lines of pods are told apart by the prefix of ``kubectl logs --prefix``, so that jobs that print at once are runs of
    their own. What workers print in pods of their own, which have no table, goes to the run that lists their processes.
    """

    def __init__(self) -> None:
        # Whether its first lines have what no text has.
        self.looks_binary = False
        # Of that, what no encoding of letters has: a name that is no UTF-8 may be in any log.
        self._has_zeros = False
        self._so_far = ReadSoFar()
        # By pod. None: of lines that name none.
        self._readers: dict[str | None, StreamReader] = {}

    @property
    def runs(self) -> list[LoggedRun]:
        """The runs, as they began."""
        return self._so_far.runs

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return self._so_far.line

    @property
    def has_part_of_a_report(self) -> bool:
        """Whether the log ends within a JSON report."""
        return any(reader.has_part_of_a_report for reader in self._readers.values())

    @property
    def other_program(self) -> str | None:
        """The program that a log without nccl-tests is of, in words."""
        return next((reader.other_program for reader in self._readers.values() if reader.other_program), None)

    @property
    def unclaimed(self) -> Evidence:
        """What NCCL printed that belongs to no run, of a log without any."""
        evidence = Evidence()
        for reader in self._readers.values():
            evidence.take_over(reader.said.of_run(()))
        return evidence

    def read(self, lines: Iterable[str]) -> None:
        """Read all lines of a log, without their newlines.

        :raises InvalidLogError: there are more runs, rows, ranks and pods than any log has.
        """
        try:
            self._read(chain.from_iterable(self._parts_that_matter(iter(lines))))
        except EndlessLineError:
            # What is binary has no lines.
            if not self.looks_binary or self._says_something:
                raise
        self._join_pods()

    def _read(self, lines: Iterator[str]) -> None:
        line = next(lines, None)
        while line is not None:
            pod = _POD.search(line, 0, _LONGEST_PREFIX) if POD in line else None
            reader = self._reader_of(pod[1] if pod else None)
            line = reader.read(line, lines, line[: pod.end()] if pod else None)

    def _parts_that_matter(self, lines: Iterator[str]) -> Iterator[Iterable[str]]:
        """All lines, but of what is binary no more than the first if these say nothing."""
        yield self._looked_at(islice(lines, _FIRST_LINES))
        if self._has_zeros:
            yield islice(lines, _MOST_BINARY_LINES)
        if not self._has_zeros or self._says_something:
            yield lines

    def _looked_at(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._has_zeros |= "\0" in line
            self.looks_binary |= self._has_zeros or "\ufffd" in line
            yield line

    @property
    def _says_something(self) -> bool:
        return bool(self.runs or self.unclaimed.has_lines or self.has_part_of_a_report)

    def _reader_of(self, pod: str | None) -> StreamReader:
        reader = self._readers.get(pod)
        if reader is None:
            if len(self._readers) == _MOST_PODS:
                raise InvalidLogError(f"the log has lines of more than {_MOST_PODS:,} pods: split it")
            reader = self._readers[pod] = StreamReader(self._so_far, pod)
        return reader

    def _join_pods(self) -> None:
        """Give what no run of its own pod claims to the runs whose processes said it."""
        readers = [reader for reader in self._readers.values() if reader.is_between_runs]
        owners = _owners(self.runs) if any(map(len, (reader.said for reader in readers))) else {}
        for reader in readers:
            if reader.has_runs:
                _give(reader.said, owners)
            elif len(self.runs) == 1 and self.runs[0].processes:
                # Also what is of none of its processes: such as warnings, and what only shows that there was another.
                self.runs[0].said.take_over(reader.said)
            else:
                for owner in _give(reader.said, owners):
                    owner.said.common.take_over(reader.said.common)


def _owners(runs: Iterable[LoggedRun]) -> dict[Process, LoggedRun | None]:
    """Whose process each is. None: two runs list it."""
    owners: dict[Process, LoggedRun | None] = {}
    for run in runs:
        for process in run.processes:
            owners[process] = None if process in owners else run
    return owners


def _give(said: EvidenceByProcess, owners: dict[Process, LoggedRun | None]) -> list[LoggedRun]:
    """Give what processes said to their runs, and return these."""
    given: dict[int, LoggedRun] = {}
    for process, evidence in said.items():
        owner = owners.get(process)
        if owner is not None:
            owner.said.add(process, evidence)
            given[id(owner)] = owner
    return list(given.values())
