"""How far a log is read, and what was found in it: what all that reads it shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InvalidLogError

if TYPE_CHECKING:
    from .logged_run import LoggedRun

__all__ = ["ReadSoFar"]

# A run takes a few kilobytes, a row some hundred bytes, a rank some more: together less than 100 MB.
_MOST_RUNS = 1_000
_MOST_ROWS_AND_RANKS = 200_000
# Of runs that are not over, or of other programs before them. Each takes some kilobytes until its run is over.
_MOST_PROCESSES = 10_000


class ReadSoFar:
    """Of one log."""

    def __init__(self) -> None:
        # The number of the line that is being read.
        self.line = 0
        # All runs, as they began.
        self.runs: list[LoggedRun] = []
        self._room = _MOST_ROWS_AND_RANKS
        self._processes = 0

    def add_run(self, run: LoggedRun) -> None:
        """Take a run that begins.

        :raises InvalidLogError: there are more runs than any log has.
        """
        if len(self.runs) == _MOST_RUNS:
            raise InvalidLogError(f"the log has more than {_MOST_RUNS:,} runs of nccl-tests: split it")
        self.runs.append(run)

    def take_room(self) -> None:
        """Count a row, a rank or a process.

        :raises InvalidLogError: there are more of them than any log has.
        """
        self._room -= 1
        if self._room < 0:
            raise InvalidLogError(
                f"the log has more than {_MOST_ROWS_AND_RANKS:,} rows and ranks of nccl-tests: split it"
            )

    def add_process(self) -> None:
        """Count a process that says something.

        :raises InvalidLogError: there are more of them than any run has, or more than may be in all.
        """
        if self._processes == _MOST_PROCESSES:
            raise InvalidLogError(f"the log has lines of more than {_MOST_PROCESSES:,} processes at once: split it")
        self._processes += 1
        self.take_room()

    def forget_processes(self, count: int) -> None:
        """So many are of a run that is over."""
        self._processes -= count
