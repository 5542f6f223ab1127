"""Lines that NCCL, its plugins among it, prints with ``NCCL_DEBUG=INFO``.

``host:pid:thread [device] NCCL INFO text``, with a time in front and a place in the source code before ``NCCL WARN`` in
some releases. Source: src/debug.cc and src/transport/net.cc of NVIDIA/nccl.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NcclLine", "NetworkChannel", "channel_of", "nccl_line_of"]

_LINE = re.compile(
    r"\s*(?:\[[^\]]{8,40}\] )?([^\s:]{1,1024}):(\d{1,10}):\d{1,10} \[-?\d{1,4}\] "
    r"(?:.{0,300}? )?NCCL (?:INFO|WARN) (.*)",
    re.DOTALL,
)
# "Ring" until NCCL 2.5, without "[send]" until 2.3; "(3)" is the rank of the proxy.
_CHANNEL = re.compile(
    r"(?:Channel|Ring) \d{1,5}(?:/\d{1,5})? : (\d{1,8})(?:\[\w{1,16}\])? -> (\d{1,8})(?:\[\w{1,16}\])? "
    r"(?:\[(send|receive)\] )?via NET/([^/]{1,64})/\d{1,5}(?:\(\d{1,8}\))?(/\S{0,200})?"
)


@dataclass(frozen=True, slots=True)
class NcclLine:
    """One line, and which process printed it."""

    host: str
    pid: int
    text: str


@dataclass(frozen=True, slots=True)
class NetworkChannel:
    """One end of a connection between two ranks that a network carries."""

    # Such as Libfabric, AWS Libfabric, Socket or IB.
    network: str
    gpu_direct: bool
    # The rank whose end it is. None: NCCL before 2.4 did not say which of the two.
    rank: int | None


def nccl_line_of(text: str) -> NcclLine | None:
    """What NCCL printed; None if the line is not NCCL's own, such as a comment that quotes one."""
    match = _LINE.match(text)
    return None if match is None else NcclLine(match[1], int(match[2]), match[3])


def channel_of(text: str) -> NetworkChannel | None:
    """The end of a connection over a network that NCCL reports; None for anything else, such as one over NVLink."""
    match = _CHANNEL.match(text)
    if match is None:
        return None
    source, destination, direction, network, flags = match.groups()
    rank = {"send": source, "receive": destination}.get(direction)
    return NetworkChannel(network, "/GDRDMA" in (flags or ""), None if rank is None else int(rank))
