"""The runs of one stream of lines while it is read, and whose turn it is."""

from __future__ import annotations

from .evidence import Evidence, EvidenceByProcess
from .logged_run import LoggedRun
from .nccl_lines import NcclLine
from .read_so_far import ReadSoFar

__all__ = ["LoggedRuns"]


class LoggedRuns:
    """The run that is on, and the one before it.

    What NCCL prints before a table belongs to the run of that table; what it prints after the end of one, to that run
    if one of its processes printed it, and else to the run that follows. Of all that, only what the processes say that
    the run's own list of ranks names is evidence of it.
    """

    def __init__(self, so_far: ReadSoFar, pod: str | None) -> None:
        # Plain attributes, for every line asks for them: the run that is on, if any, and what is said of it or the
        # next.
        self.open: LoggedRun | None = None
        self.said = EvidenceByProcess()
        # The run that is on, or else the one that ended last.
        self.last: LoggedRun | None = None
        # The last of those that another one began within.
        self._unended: LoggedRun | None = None
        # Programs that were named since the last run ended: the command, or all that somebody compiled.
        self.programs: set[str] = set()
        self._so_far = so_far
        self._pod = pod

    @property
    def line(self) -> int:
        """The number of the line that is being read."""
        return self._so_far.line

    def evidence_of(self, said: NcclLine) -> Evidence:
        """Where to take note of what NCCL says.

        :raises InvalidLogError: more processes say something than may at once.
        """
        process = (said.host, said.pid)
        last = self.last if self.open is None else None
        run_said = last.said if last is not None and last.owns(process) else self.said
        evidence = run_said.get(process)
        if evidence is None:
            self._so_far.add_process()
            evidence = run_said.begin(process)
        return evidence

    def begin(self) -> LoggedRun:
        """A run begins, and whichever was on is over.

        :raises InvalidLogError: there are more runs than any log has.
        """
        # What is said now is of this run: also by a process of the last one that is still there.
        said = EvidenceByProcess() if self.open is not None else self.said
        self._unended = self.open or self._unended
        if self.last is not None:
            self._so_far.forget_processes(len(self.last.said))
            self.last.close()
        self.open = self.last = LoggedRun(said, self._pod)
        self.said = said
        self._so_far.add_run(self.open)
        if len(self.programs) == 1:
            (self.open.collective,) = self.programs
        self.programs.clear()
        return self.open

    def begin_without_header(self, text: str) -> LoggedRun:
        """A run begins with its ranks, its table or a row.

        :raises InvalidLogError: there are more runs than any log has.
        """
        self.note_remains(text)
        run = self.begin()
        self.note_remains(text)
        return run

    def note_remains(self, text: str) -> None:
        """Take note of a part of a run of which the beginning is not there.

        Where another run began within one, it is of that one: both printed at once.
        """
        if self._unended is not None and self.last is not None:
            self._unended.mixed_lines.add(self.line, text)
            self.last.mixed_lines.add(self.line, text)

    def end(self) -> None:
        """The table of the run that is on has come to its end."""
        self.open = None
        self.said = EvidenceByProcess()
        self.programs.clear()

    def take_room(self) -> None:
        """Count a row, a rank or a process.

        :raises InvalidLogError: there are more of them than any log has.
        """
        self._so_far.take_room()
