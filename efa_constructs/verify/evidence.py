"""What the log of one run says about the network that carried it: counts, and the first lines of each kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .causes import Cause, causes_in_nccl_line
from .nccl_lines import NcclLine, channel_of
from .prefixes import plain_text

__all__ = ["Evidence", "LogLine", "Sightings", "note"]

Key = TypeVar("Key")

# Ranks repeat each other: three lines show as much as three thousand.
_EXAMPLES = 3
_LONGEST_EXAMPLE = 300
# Of different names, versions and the like of one kind. A log has one or two; what has more is no log of NCCL.
_MOST_KINDS = 32
# More than any job has.
_MOST_HOSTS = 20_000
_PROVIDER = re.compile(
    r"NET/OFI Selected [Pp]rovider is ([\w;-]{1,64})(?:, fabric is [\w-]{1,64})?(?: \(found (\d{1,4}) nics\))?"
)
_PLUGIN = re.compile(r"NET/OFI (?:Initializing|Using) aws-ofi-nccl (\S{1,64})")
_LIBFABRIC = re.compile(r"NET/OFI Using Libfabric version (\S{1,64})")
_NCCL = re.compile(r"NCCL version (\d[\w.]{0,31})")
_NETWORK = re.compile(r"(?:Using network|Using internal Network|Assigned NET plugin) (.{1,64}?)(?: to comm)?\s*$")
_NODES = re.compile(r"comm 0x\w{1,16} rank \d{1,8} nRanks (\d{1,8}) nNodes (\d{1,8}) ")
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
        # Who printed these ends, and ends of which ranks.
        self.channel_hosts: set[str] = set()
        self.channel_ranks: set[int] = set()
        self.nccl_versions: dict[str, Sightings] = {}
        self.plugin_versions: dict[str, Sightings] = {}
        self.libfabric_versions: dict[str, Sightings] = {}
        # As the plugin names them: p4d.24xlarge, P4d.
        self.instance_types: dict[str, Sightings] = {}
        # (ranks, nodes) of a communicator, as NCCL counts them.
        self.communicators: dict[tuple[int, int], Sightings] = {}
        self.causes: dict[Cause, Sightings] = {}

    @property
    def says_something(self) -> bool:
        """Whether a line of NCCL was about the network."""
        return bool(self.channels or self.networks or self.providers or self.plugin_versions or self.causes)

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
        if len(self.channel_hosts) < _MOST_HOSTS:
            self.channel_hosts.add(said.host)
        if channel.rank is not None and len(self.channel_ranks) < _MOST_HOSTS:
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
            note(self.communicators, (int(match[1]), int(match[2])), number, line)

    def _add_version(self, said: NcclLine, number: int, line: str) -> None:
        self.add_nccl_version(said.text, number, line)


_CHANNELS = ("Channel ", "Ring ")
_READERS: tuple[tuple[tuple[str, ...], Callable[[Evidence, NcclLine, int, str], None]], ...] = (
    (("NET/OFI ",), Evidence._add_plugin_line),
    (("Using network ", "Using internal Network ", "Assigned NET plugin "), Evidence._add_network),
    (("comm 0x",), Evidence._add_communicator),
    (("NCCL version ",), Evidence._add_version),
)


def _readable(line: str) -> str:
    """For a terminal: nothing in it that steers one, and no longer than a few lines."""
    text = "".join(one if one.isprintable() else " " for one in plain_text(line)[: _LONGEST_EXAMPLE + 1]).strip()
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[:_LONGEST_EXAMPLE]}..."
