"""What the log of one run says about the network that carried it: counts, and the first lines of each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, ItemsView
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .causes import Cause, causes_in_nccl_line
from .nccl_lines import NcclLine, channel_of
from .prefixes import plain_text

__all__ = ["Evidence", "EvidenceByProcess", "LogLine", "Process", "Sightings", "note"]

# Its host and its id.
Process = tuple[str, int]

Key = TypeVar("Key")

# Ranks repeat each other: three lines show as much as three thousand.
_EXAMPLES = 3
_LONGEST_EXAMPLE = 300
# Of different names, versions and the like of one kind. A log has one or two; what has more is no log of NCCL.
_MOST_KINDS = 32
# More than any job has.
_MOST_RANKS = 20_000
# Stands for all ranks beyond that many. No rank has this number.
_MORE_RANKS = -1
# What shows as well as all of them that there are such ranks.
_RANKS_TO_SHOW = 4
_PROVIDER = re.compile(
    r"NET/OFI Selected [Pp]rovider is ([\w;-]{1,64})(?:, fabric is [\w-]{1,64})?(?: \(found (\d{1,4}) nics\))?"
)
_PLUGIN = re.compile(r"NET/OFI (?:Initializing|Using) aws-ofi-nccl (\S{1,64})")
_LIBFABRIC = re.compile(r"NET/OFI Using Libfabric version (\S{1,64})")
_NCCL = re.compile(r"NCCL version (\d[\w.]{0,31})")
_NETWORK = re.compile(r"(?:Using network|Using internal Network|Assigned NET plugin) (.{1,64}?)(?: to comm)?\s*$")
_NODES = re.compile(r"comm 0x\w{1,16} rank \d{1,8} nRanks (\d{1,8}) nNodes (\d{1,8}) (?:.{0,100} MNNVL ([01]))?")
_INSTANCE_TYPE = re.compile(
    r"NET/OFI (?:Running on (?P<running>\S{1,64}) platform"
    r"|GDR disabled on GDR-supported instance type (?P<supported>\S{1,64})"
    r"|NCCL_OFI_TUNER is not available for platform : (?P<tuner>[^\s,]{1,64})"
    r"|Skipping NCCL_PROTO checks on (?P<skipping>\w{1,64}))"
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, as it stands there but for colours, with its number, from 1."""

    number: int
    text: str


@dataclass(slots=True)
class Sightings:
    """How many lines said something, and the first of them."""

    count: int = 0
    examples: list[LogLine] = field(default_factory=list)

    def add(self, number: int, line: str) -> None:
        """Count a line."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(LogLine(number, _readable(line)))

    def take_over(self, other: Sightings) -> None:
        """Count what another one counted."""
        self.count += other.count
        self.examples = sorted([*self.examples, *other.examples], key=lambda line: line.number)[:_EXAMPLES]


def note(kinds: dict[Key, Sightings], key: Key, number: int, line: str) -> None:
    """Count a line under what it says. What comes after many different things is not kept."""
    sightings = kinds.get(key)
    if sightings is None:
        if len(kinds) >= _MOST_KINDS:
            return
        sightings = kinds[key] = Sightings()
    sightings.add(number, line)


class Evidence:
    """Of one run."""

    def __init__(self) -> None:
        # Whether NCCL printed anything.
        self.has_lines = False
        # Libfabric's provider, such as efa or tcp;ofi_rxm, by its name.
        self.providers: dict[str, Sightings] = {}
        # EFA interfaces that a rank found.
        self.interfaces: dict[int, Sightings] = {}
        # Such as Libfabric or Socket: what NCCL decided for, before there is any connection.
        self.networks: dict[str, Sightings] = {}
        # Ends of connections over a network, by its name and whether GPUDirect RDMA is used.
        self.channels: dict[tuple[str, bool], Sightings] = {}
        # Who printed these ends, ends of which ranks, and all ranks at either end of any of them.
        self.channel_hosts: set[str] = set()
        self.channel_ranks: set[int] = set()
        self.connected_ranks: set[int] = set()
        # Ends of connections of processes that are none of the run's.
        self.others_channels = Sightings()
        self.nccl_versions: dict[str, Sightings] = {}
        self.plugin_versions: dict[str, Sightings] = {}
        self.libfabric_versions: dict[str, Sightings] = {}
        # As the plugin names them: p4d.24xlarge, P4d.
        self.instance_types: dict[str, Sightings] = {}
        # (ranks, nodes) of a communicator, as NCCL counts them.
        self.communicators: dict[tuple[int, int], Sightings] = {}
        # The same where NVLink goes beyond a node (MNNVL), which NCCL then counts as one node with others.
        self.nvlink_communicators: dict[tuple[int, int], Sightings] = {}
        self.causes: dict[Cause, Sightings] = {}

    @property
    def says_something(self) -> bool:
        """Whether a line of NCCL was about the network."""
        return bool(self.channels or self.networks or self.providers or self.plugin_versions or self.causes)

    @property
    def silent_ranks(self) -> list[int]:
        """Ranks that others are connected to over a network, and that say nothing of it: the first of them."""
        return sorted(self.connected_ranks - self.channel_ranks)[:_RANKS_TO_SHOW]

    def take_over(self, other: Evidence) -> None:
        """Add what another one has."""
        self.has_lines |= other.has_lines
        for mine, others in zip(self._kinds, other._kinds, strict=True):
            for key, sightings in others.items():
                if key in mine or len(mine) < _MOST_KINDS:
                    mine.setdefault(key, Sightings()).take_over(sightings)
        self.channel_hosts |= other.channel_hosts
        self.channel_ranks |= other.channel_ranks
        self.connected_ranks |= other.connected_ranks
        self.others_channels.take_over(other.others_channels)

    def forget_ranks(self) -> None:
        """Keep of ranks only what shows whether all of them said something."""
        self.connected_ranks, self.channel_ranks = set(self.silent_ranks), set()

    @property
    def _kinds(self) -> tuple[dict[Any, Sightings], ...]:
        return (
            *(self.providers, self.interfaces, self.networks, self.channels, self.nccl_versions, self.plugin_versions),
            *(self.libfabric_versions, self.instance_types, self.communicators, self.causes),
            self.nvlink_communicators,
        )

    def add(self, said: NcclLine, number: int, line: str) -> None:
        """Take note of what NCCL printed.

        :param line: The whole line, to show.
        """
        if said.text.startswith(_CHANNELS):
            # Most lines are of this kind, and none of them names a cause.
            self._add_channel(said, number, line)
            return
        for starts, take in _READERS:
            if said.text.startswith(starts):
                take(self, said, number, line)
        for cause in causes_in_nccl_line(said.text):
            note(self.causes, cause, number, line)

    def add_nccl_version(self, text: str, number: int, line: str) -> bool:
        """Take note of ``NCCL version 2.27.7+cuda12.9``, if it is that, which releases print in several places."""
        match = _NCCL.match(text)
        if match is not None:
            note(self.nccl_versions, match[1], number, line)
        return match is not None

    def _add_channel(self, said: NcclLine, number: int, line: str) -> None:
        channel = channel_of(said.text)
        if channel is None:
            return
        note(self.channels, (channel.network, channel.gpu_direct), number, line)
        self.channel_hosts.add(said.host)
        if len(self.connected_ranks) < _MOST_RANKS:
            self.connected_ranks.update(channel.ends)
        else:
            # Whoever is not kept says nothing.
            self.connected_ranks.add(_MORE_RANKS)
        if channel.rank is not None and len(self.channel_ranks) < _MOST_RANKS:
            self.channel_ranks.add(channel.rank)

    def _add_plugin_line(self, said: NcclLine, number: int, line: str) -> None:
        if match := _PROVIDER.match(said.text):
            note(self.providers, match[1], number, line)
            if match[2]:
                note(self.interfaces, int(match[2]), number, line)
        elif match := _PLUGIN.match(said.text):
            note(self.plugin_versions, match[1], number, line)
        elif match := _LIBFABRIC.match(said.text):
            note(self.libfabric_versions, match[1], number, line)
        elif match := _INSTANCE_TYPE.match(said.text):
            note(self.instance_types, match[match.lastgroup or 0], number, line)

    def _add_network(self, said: NcclLine, number: int, line: str) -> None:
        if match := _NETWORK.match(said.text):
            note(self.networks, match[1], number, line)

    def _add_communicator(self, said: NcclLine, number: int, line: str) -> None:
        if match := _NODES.match(said.text):
            kind = self.nvlink_communicators if match[3] == "1" else self.communicators
            note(kind, (int(match[1]), int(match[2])), number, line)

    def _add_version(self, said: NcclLine, number: int, line: str) -> None:
        self.add_nccl_version(said.text, number, line)


_CHANNELS = ("Channel ", "Ring ")
_READERS: tuple[tuple[tuple[str, ...], Callable[[Evidence, NcclLine, int, str], None]], ...] = (
    (("NET/OFI ",), Evidence._add_plugin_line),
    (("Using network ", "Using internal Network ", "Assigned NET plugin "), Evidence._add_network),
    (("comm 0x",), Evidence._add_communicator),
    (("NCCL version ",), Evidence._add_version),
)


class EvidenceByProcess:
    """What was said of a run, or of the next one, as long as nobody knows which processes are the run's."""

    def __init__(self) -> None:
        # Of no process, or of those that are known to be the run's.
        self.common = Evidence()
        self._by_process: dict[Process, Evidence] = {}
        # One for all: they may be as many as there are processes.
        self._connected_ranks: set[int] = set()

    def __len__(self) -> int:
        """How many processes said something."""
        return len(self._by_process)

    def get(self, process: Process) -> Evidence | None:
        """What a process said. None: it said nothing yet."""
        return self._by_process.get(process)

    def begin(self, process: Process) -> Evidence:
        """Where to take note of what a process says that said nothing yet."""
        evidence = self._by_process[process] = Evidence()
        evidence.connected_ranks = self._connected_ranks
        return evidence

    def items(self) -> ItemsView[Process, Evidence]:
        """What each process said."""
        return self._by_process.items()

    def add(self, process: Process, said: Evidence) -> None:
        """Add what a process said elsewhere."""
        (self.get(process) or self.begin(process)).take_over(said)
        self.common.has_lines = True

    def take_over(self, other: EvidenceByProcess) -> None:
        """Add all that another one has."""
        for process, said in other.items():
            self.add(process, said)
        self.common.take_over(other.common)

    def of_run(self, processes: Collection[Process]) -> Evidence:
        """What these processes said, and what is of none.

        :param processes: Those of the run. None of them: nobody knows which these are, and all count.
        """
        evidence = Evidence()
        evidence.take_over(self.common)
        for process, said in self._by_process.items():
            if not processes or process in processes:
                evidence.take_over(said)
            else:
                for channels in said.channels.values():
                    evidence.others_channels.take_over(channels)
        return evidence

    def close(self, processes: Collection[Process]) -> None:
        """Nothing more is said of this run: keep only what was."""
        self.common = self.of_run(processes)
        self.common.forget_ranks()
        self._by_process.clear()
        self._connected_ranks = set()


def _readable(line: str) -> str:
    """For a terminal: nothing in it that steers one, and no longer than a few lines."""
    text = "".join(one if one.isprintable() else " " for one in plain_text(line)[: _LONGEST_EXAMPLE + 1]).strip()
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[:_LONGEST_EXAMPLE]}..."
