"""Lines that NCCL, its plugins among it, prints with ``NCCL_DEBUG=INFO``.

``host:pid:thread [device] NCCL INFO text``, with a time in front and a place in the source code before ``NCCL WARN`` in
some releases. Source: src/debug.cc and src/transport/net.cc of NVIDIA/nccl.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .prefixes import plain_text, without_prefixes

__all__ = ["NcclLine", "NetworkChannel", "channel_of", "nccl_line_of", "release_of"]

# What stands before "NCCL INFO". A host may be "<ip>" where somebody took its name out, and is never in quotes.
_PROCESS = re.compile(
    r"\s*(?:\[[^\]]{0,32}\d\d:\d\d[^\]]{0,16}\] )?"
    r"([^\s:'\"`(\[{]{1,1024}):(\d{1,10}):\d{1,10} \[-?\d{1,4}\]( .{0,300})?",
    re.DOTALL,
)
_INFO, _WARN, _LEVEL = "INFO ", "WARN ", 5
# NCCL 2.9 began to give the minor version two digits: 2.9.0 is 20900, 2.8.4 is 2804.
_LONG_VERSION = 10_000
# Every process has one of its own, unless every line has a time in front.
_MOST_BEGINNINGS = 4096
# "Ring" until NCCL 2.5, without "[send]" until 2.3; "(3)" is the rank of the proxy.
_CHANNEL = re.compile(
    r"(?:Channel|Ring) \d{1,5}(?:/\d{1,5})? : (\d{1,8})(?:\[\w{1,16}\])? -> (\d{1,8})(?:\[\w{1,16}\])? "
    r"(?:\[(send|receive)\] )?via NET/([^/]{1,64})/\d{1,5}(?:\(\d{1,8}\))?(/\S{0,200})?"
)


class NcclLine(NamedTuple):
    """One line, and which process printed it."""

    host: str
    pid: int
    text: str


class NetworkChannel(NamedTuple):
    """One end of a connection between two ranks that a network carries."""

    # Such as Libfabric, AWS Libfabric, Socket or IB.
    network: str
    gpu_direct: bool
    # The rank whose end it is. None: NCCL before 2.4 did not say which of the two.
    rank: int | None
    # Both ranks.
    ends: tuple[int, int]


def nccl_line_of(line: str) -> NcclLine | None:
    """What NCCL printed; None if the line is not NCCL's own, such as a comment that quotes one."""
    beginning, _, text = line.partition(" NCCL ")
    level, text = text[:_LEVEL], text[_LEVEL:]
    process = _process_of(beginning, level) if level in (_INFO, _WARN) else None
    return None if process is None else NcclLine(*process, plain_text(text))


@lru_cache(maxsize=_MOST_BEGINNINGS)
def _process_of(beginning: str, level: str) -> tuple[str, int] | None:
    """Host and process id of what stands before ``NCCL INFO``, or before ``NCCL WARN`` with a place in the code."""
    for candidate in without_prefixes(plain_text(beginning)):
        match = _PROCESS.fullmatch(candidate)
        if match and (level == _WARN or match[3] is None):
            return match[1], int(match[2])
    return None


def channel_of(text: str) -> NetworkChannel | None:
    """The end of a connection over a network that NCCL reports; None for anything else, such as one over NVLink."""
    match = _CHANNEL.match(text)
    if match is None:
        return None
    source, destination, direction, network, flags = match.groups()
    ends = int(source), int(destination)
    rank = None if direction is None else ends[direction == "receive"]
    return NetworkChannel(network, flags is not None and "/GDRDMA" in flags, rank, ends)


def release_of(version: int) -> str:
    """The release that ``ncclGetVersion`` means: 22707 is 2.27.7."""
    long = version >= _LONG_VERSION
    major, rest = divmod(version, 10_000 if long else 1_000)
    return f"{major}.{rest // 100}.{rest % 100}"
