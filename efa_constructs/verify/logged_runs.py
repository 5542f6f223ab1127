"""The runs of a log while it is read, and whose turn it is."""

from __future__ import annotations

from ..errors import InvalidLogError
from .evidence import Evidence, EvidenceByProcess
from .logged_run import LoggedRun
from .nccl_lines import NcclLine

__all__ = ["LoggedRuns"]

# A run takes a few kilobytes, a row some hundred bytes, a rank some more: together less than 100 MB.
_MOST_RUNS = 1_000
_MOST_ROWS_AND_RANKS = 200_000
# Of one run, or of another program before it. Each takes some kilobytes until the run is over.
_MOST_PROCESSES = 10_000


class LoggedRuns:
    """All runs so far, and the one that is on.

    What NCCL prints before a table belongs to the run of that table; what it prints after the end of one, to that run
    if one of its processes printed it, and else to the run that follows. Of all that, only what the processes say that
    the run's own list of ranks names is evidence of it.
    """

    def __init__(self) -> None:
        self.all: list[LoggedRun] = []
        # The number of the line that is being read.
        self.line = 0
        # The pod that it is of, if kubectl says so.
        self.pod: str | None = None
        # Plain attributes, for every line asks for them: the run that is on, if any, and what is said of it or the
        # next.
        self.open: LoggedRun | None = None
        self.said = EvidenceByProcess()
        # Programs that were named since the last run ended: the command, or all that somebody compiled.
        self.programs: set[str] = set()
        self._room = _MOST_ROWS_AND_RANKS

    @property
    def last(self) -> LoggedRun | None:
        """The run that is on, or else the one that ended last."""
        return self.all[-1] if self.all else None

    def evidence_of(self, said: NcclLine) -> Evidence:
        """Where to take note of what NCCL says.

        :raises InvalidLogError: more processes say something than any run has.
        """
        process = (said.host, said.pid)
        if self.open is None and self.last is not None and self.last.owns(process):
            return self.last.said.of(process)
        if process not in self.said:
            self.take_room()
            if len(self.said) == _MOST_PROCESSES:
                raise InvalidLogError(
                    f"the log has lines of more than {_MOST_PROCESSES:,} processes of one run: split it"
                )
        return self.said.of(process)

    def begin(self) -> LoggedRun:
        """A run begins, and whichever was on is over.

        :raises InvalidLogError: there are more runs than any log has.
        """
        if len(self.all) == _MOST_RUNS:
            raise InvalidLogError(f"the log has more than {_MOST_RUNS:,} runs of nccl-tests: split it")
        # What is said now is of this run: also by a process of the last one that is still there.
        said = EvidenceByProcess() if self.open is not None else self.said
        if self.last is not None:
            self.last.close()
        self.open = LoggedRun(said)
        self.said = said
        self.all.append(self.open)
        if len(self.programs) == 1:
            (self.open.collective,) = self.programs
        self.programs.clear()
        return self.open

    def end(self) -> None:
        """The table of the run that is on has come to its end."""
        self.open = None
        self.said = EvidenceByProcess()
        self.programs.clear()

    def take_room(self) -> None:
        """Count a row, a rank or a process.

        :raises InvalidLogError: there are more of them than any log has.
        """
        self._room -= 1
        if self._room < 0:
            raise InvalidLogError(
                f"the log has more than {_MOST_ROWS_AND_RANKS:,} rows and ranks of nccl-tests: split it"
            )
