"""A run of nccl-tests while its log is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import replace

from .causes import WITHOUT_MPI
from .evidence import Evidence, EvidenceByProcess, Process, Sightings
from .group_layout import group_layout
from .results import Measurement, NcclTestsRun, Row
from .table import Device, TableHeader

__all__ = ["LoggedRun"]

# Of busbw/algbw, which two decimals of each give for large messages.
_SAME_RATIO = 0.02
# GB/s. Below, two decimals are too few for a ratio.
_LEAST_FOR_RATIO = 2.0


class LoggedRun:
    """What the lines so far say of a run."""

    def __init__(self, said: EvidenceByProcess, pod: str | None) -> None:
        self.said = said
        self._pod = pod
        self.collective: str | None = None
        # The line with the numbers of threads and GPUs, and that with the names of columns.
        self.has_settings = False
        self.table: TableHeader | None = None
        # Whether it compares results with what they should be. None: it does not say.
        self.validates: bool | None = None
        self.iterations: int | None = None
        self.rows: list[Row] = []
        # A row that a line of NCCL cut, up to there.
        self.half_row = ""
        self.average_bus_bandwidth: float | None = None
        # The line that calls the average too low.
        self.too_slow_lines = Sightings()
        self.out_of_bounds: int | None = None
        self.last_error: str | None = None
        self.ranks: set[int] = set()
        # How many of them, by group and host.
        self._grouped: Counter[tuple[int, str]] = Counter()
        # The lines of the list of ranks.
        self.device_lines = Sightings()
        self.hosts: dict[str, None] = {}
        # Lines that count wrong values.
        self.wrong_lines = Sightings()
        # Lines that show that it is of several runs, which printed at once.
        self.mixed_lines = Sightings()
        self._reported: NcclTestsRun | None = None
        self._models: dict[str, None] = {}
        self._processes: set[Process] = set()
        # Lines that name a rank which an earlier one names.
        self._again_lines = Sightings()
        self._first_processes: set[Process] = set()
        # The first size and the last one, by type, reduction and root: of each, sizes grow.
        self._sizes: dict[tuple[str, str | None, int | None], tuple[int, int]] = {}
        self._places: set[tuple[str, tuple[str, str]]] = set()
        self._one_name_for_several = False

    @property
    def evidence(self) -> Evidence:
        """What its processes said, or all did where the log does not list them."""
        evidence = self.said.of_run(self._processes)
        if self.each_process_alone and not self.is_mixed:
            evidence.causes[WITHOUT_MPI] = self._again_lines
        return evidence

    @property
    def processes(self) -> Set[Process]:
        """That its list of ranks names."""
        return self._processes

    @property
    def each_process_alone(self) -> bool:
        """Whether rank 0 is listed more than once: without MPI, each process takes itself for it, and prints all."""
        return self._again_lines.count > 0

    @property
    def is_mixed(self) -> bool:
        """Whether it is of several runs, which printed at once."""
        return self.mixed_lines.count > 0

    @property
    def ended(self) -> bool:
        """Whether its table has come to its end."""
        return self.out_of_bounds is not None or self._reported is not None

    @property
    def has_begun(self) -> bool:
        """Whether anything but evidence was read of it."""
        return bool(self.has_settings or self.table or self.rows or self.ranks)

    @property
    def may_repeat_itself(self) -> bool:
        """Whether a header that comes again may be that of another process of the same command."""
        alone = self.each_process_alone or len(self._processes) <= 1
        return alone and not self.rows and self.table is None

    def add_device(self, device: Device, number: int, line: str) -> None:
        """Take note of a rank.

        :param line: The whole line, to show.
        """
        self.device_lines.add(number, line)
        if device.rank in self.ranks:
            self._again_lines.add(number, line)
        self.ranks.add(device.rank)
        self._grouped[device.group, device.host] += 1
        self.hosts[device.host] = None
        self._models[device.model] = None
        if device.pid is not None:
            self._add_process((device.host, device.pid), device.rank, number, line)
        place = (device.host, device.place)
        # NCCL takes no GPU for two ranks: these are two hosts of one name, such as "ubuntu" or "<ip>".
        self._one_name_for_several |= place in self._places
        self._places.add(place)

    def _add_process(self, process: Process, rank: int, number: int, line: str) -> None:
        self._processes.add(process)
        if rank == 0:
            self._first_processes.add(process)
        if self.each_process_alone and process not in self._first_processes:
            # A process by itself has a rank 0. Who has not is of a list of ranks, and there are two of them.
            self.mixed_lines.add(number, line)

    def add_row(self, row: Row, number: int, line: str) -> None:
        """Take a row of the table."""
        self.rows.append(row)
        kind = row.data_type, row.reduction, row.root
        first, last = self._sizes.get(kind, (row.size_bytes, row.size_bytes))
        # From the first one on, they may come anew (-N).
        if first != row.size_bytes < last and not self.each_process_alone:
            self.mixed_lines.add(number, line)
        self._sizes[kind] = first, row.size_bytes
        if any(one is not None and one.wrong_values for one in (row.out_of_place, row.in_place)):
            self.wrong_lines.add(number, line)

    def end(self, out_of_bounds: int, number: int, line: str) -> None:
        """Take the line after the table."""
        self.out_of_bounds = out_of_bounds
        if out_of_bounds:
            self.wrong_lines.add(number, line)

    def report(self, run: NcclTestsRun, processes: Iterable[Process]) -> None:
        """Take over what a JSON report says of all of it."""
        self._reported = run
        self._processes.update(processes)

    @property
    def _lists_all_ranks(self) -> bool:
        """Whether the list of ranks has come to its end, and begins with the first."""
        has_gone_on = self.table or self.rows or self.said.common.has_lines
        return bool(self.ranks and has_gone_on) and len(self.ranks) == max(self.ranks) + 1

    def is_told_by(self, report: NcclTestsRun) -> bool:
        """Whether a report is of this run, of which the log has the table already."""
        return 0 < len(self.rows) == len(report.rows) and all(map(_alike, self.rows, report.rows))

    def close(self) -> None:
        """Once another run has begun, nothing that is printed belongs to this one any more."""
        self.said.close(self._processes)
        self._places.clear()

    def owns(self, process: Process) -> bool:
        """Whether one of its ranks is of that process."""
        return process in self._processes

    def _where(self) -> tuple[int | None, tuple[str, ...], int | None]:
        """How many ranks, on which hosts, and how many these are."""
        if self.is_mixed:
            return None, (), None
        ranks, hosts = (len(self.ranks), tuple(self.hosts)) if self._lists_all_ranks else (None, ())
        if self.each_process_alone:
            return ranks, (), 1
        if self._one_name_for_several:
            hosts = ()
        nodes = len(hosts) or None
        communicators = self.evidence.communicators
        if len(communicators) == 1:
            ((nccl_ranks, nccl_nodes),) = communicators
            ranks = ranks or nccl_ranks
            # Where NVLink goes beyond a node, NCCL counts fewer than there are.
            if nccl_nodes > len(hosts):
                hosts, nodes = (), nccl_nodes
        return ranks, hosts, nodes

    def result(self) -> NcclTestsRun:
        """The run, as far as the log has it."""
        if self._reported is not None:
            return replace(self._reported, pod=self._pod)
        ranks, hosts, nodes = self._where()
        groups = max(1, len({group for group, _ in self._grouped}))
        return NcclTestsRun(
            collective=self.collective or _collective_of(self.rows, ranks),
            ranks=ranks,
            hosts=hosts,
            nodes=nodes,
            groups=groups,
            group_layout=group_layout(self._grouped) if groups > 1 and hosts else None,
            iterations=self.iterations,
            devices=tuple(self._models),
            pod=self._pod,
            rows=tuple(self.rows),
            average_bus_bandwidth=self.average_bus_bandwidth,
            too_slow=bool(self.too_slow_lines.count),
            out_of_bounds=self.out_of_bounds,
            last_error=self.last_error,
            truncated=not self.ended,
        )


def _alike(row: Row, reported: Row) -> bool:
    """Whether both are one: the table rounds what the report does not."""
    one, other = (each.out_of_place.bus_bandwidth if each.out_of_place else 0.0 for each in (row, reported))
    same_kind = (row.size_bytes, row.data_type) == (reported.size_bytes, reported.data_type)
    return same_kind and math.isclose(one, other, rel_tol=0.001, abs_tol=0.006)


def _collective_of(rows: list[Row], ranks: int | None) -> str | None:
    """The collective that follows from the columns and from how its bus bandwidth is computed; None if none does.

    Source: doc/PERFORMANCE.md of NVIDIA/nccl-tests
    """
    measured = [(row, row.out_of_place) for row in rows if row.out_of_place is not None]
    if not measured or measured[-1][0].reduction is None:
        return None
    row, last = max(measured, key=lambda one: one[1].algorithm_bandwidth)
    if row.root is not None:
        return "reduce"
    if last.algorithm_bandwidth < _LEAST_FOR_RATIO:
        return None
    # No other collective has a factor above 1.
    if last.bus_bandwidth > (1 + _SAME_RATIO) * last.algorithm_bandwidth:
        return "all_reduce"
    if ranks is None or ranks < 2:
        return None
    return next(
        (
            name
            # An all_reduce of two ranks, as all others have a factor above 1.
            for name, ratio in (("all_reduce", 2 * (ranks - 1) / ranks), ("reduce_scatter", (ranks - 1) / ranks))
            if _has_ratio(last, ratio)
        ),
        None,
    )


def _has_ratio(measured: Measurement, ratio: float) -> bool:
    return abs(measured.bus_bandwidth / measured.algorithm_bandwidth - ratio) < _SAME_RATIO * ratio
