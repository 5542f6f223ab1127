"""Lines that NCCL, its plugins among it, prints with ``NCCL_DEBUG=INFO``.

``host:pid:thread [device] NCCL INFO text``, with a time in front and a place in the source code before ``NCCL WARN`` in
some releases. Source: src/debug.cc and src/transport/net.cc of NVIDIA/nccl.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .prefixes import plain_text, without_prefixes

__all__ = ["NcclLine", "NetworkChannel", "channel_of", "nccl_line_of"]

# What stands before "NCCL INFO".
_PROCESS = re.compile(
    r"\s*(?:\[[^\]]{8,40}\] )?([^\s:]{1,1024}):(\d{1,10}):\d{1,10} \[-?\d{1,4}\](?: .{0,300})?", re.DOTALL
)
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


def nccl_line_of(line: str) -> NcclLine | None:
    """What NCCL printed; None if the line is not NCCL's own, such as a comment that quotes one."""
    beginning, _, text = line.partition(" NCCL ")
    process = _process_of(beginning)
    if process is None or not text.startswith(("INFO ", "WARN ")):
        return None
    return NcclLine(*process, plain_text(text[5:]))


@lru_cache(maxsize=_MOST_BEGINNINGS)
def _process_of(beginning: str) -> tuple[str, int] | None:
    """Host and process id of what stands before ``NCCL INFO``."""
    for candidate in without_prefixes(plain_text(beginning)):
        if match := _PROCESS.fullmatch(candidate):
            return match[1], int(match[2])
    return None


def channel_of(text: str) -> NetworkChannel | None:
    """The end of a connection over a network that NCCL reports; None for anything else, such as one over NVLink."""
    match = _CHANNEL.match(text)
    if match is None:
        return None
    source, destination, direction, network, flags = match.groups()
    rank = {"send": source, "receive": destination}.get(direction)
    return NetworkChannel(network, "/GDRDMA" in (flags or ""), None if rank is None else int(rank))
