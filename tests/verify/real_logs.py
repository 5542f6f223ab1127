"""Logs to read: pieces of real ones (logs/README.md says where they come from), and runs that are made up."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from efa_constructs.verify.log_lines import lines_of
from efa_constructs.verify.verified import VerifiedLog, verify_log
from efa_constructs.verify.verified_json import to_json

FOLDER = Path(__file__).parent / "logs"
NAMES = sorted(path.name for path in FOLDER.glob("*.txt"))
HEADER = f"#       size         count      type   redop    root {'    time   algbw   busbw #wrong ' * 2}"
# Of two ranks, as slow as on any type.
ROW = "  1073741824   268435456    float    sum    -1   245707    4.37    4.37      0   243479    4.41    4.41      0"
EFA = "NET/OFI Selected provider is efa, fabric is efa (found 32 nics)"


def text_of(name: str) -> str:
    return (FOLDER / name).read_text()


def verified(log: str | bytes, **options: Any) -> VerifiedLog:
    """The verdict on a log, read as from a file."""
    content = log if isinstance(log, bytes) else log.encode()
    return verify_log(lines_of(io.BytesIO(content)), **options)


def facts(log: str | bytes) -> dict[str, Any]:
    """What scripts get, but for how the lines that prove it look."""
    document = to_json(verified(log))
    for result in [document, *document["results"]]:
        for reason in result["reasons"]:
            reason["lines"] = [line["number"] for line in reason["lines"]]
    return document


def nccl(host: str, text: str, *, pid: int = 21, device: int = 0) -> str:
    return f"{host}:{pid}:{pid + 40} [{device}] NCCL INFO {text}"


def channel(
    host: str, network: str, *, flags: str = "/GDRDMA", pid: int = 21, ends: str = "0[0] -> 8[0] [send]"
) -> str:
    return nccl(host, f"Channel 00/0 : {ends} via NET/{network}/0{flags}", pid=pid)


def ranks(hosts: Iterable[str], pid: int = 21) -> list[str]:
    return [
        f"#  Rank {number:2d} Group  0 Pid {pid:6d} on {host:>10} device  0 [0000:53:00] NVIDIA H100 80GB HBM3"
        for number, host in enumerate(hosts)
    ]


def run(
    *said: str,
    hosts: Iterable[str] = ("node-1", "node-2"),
    rows: Iterable[str] = (ROW,),
    collective: str = "all_reduce",
    out_of_bounds: str = "0 OK",
    pid: int = 21,
    ends: bool = True,
) -> list[str]:
    """A run of nccl-tests 2.17, with what NCCL says before the table."""
    footer = [f"# Out of bounds values : {out_of_bounds}", "# Avg bus bandwidth    : 4.39 ", "#"]
    return [
        f"# Collective test starting: {collective}_perf",
        "# nThread 1 nGpus 1 minBytes 1073741824 maxBytes 1073741824 step: 2(factor) warmup iters: 5 iters: 20 "
        "agg iters: 1 validation: 1 graph: 0",
        "#",
        "# Using devices",
        *ranks(hosts, pid),
        *said,
        "#",
        "#                                                              out-of-place                       in-place",
        HEADER,
        "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)",
        *rows,
        *([*footer, f"# Collective test concluded: {collective}_perf"] if ends else []),
    ]


def efa_run(**options: Any) -> list[str]:
    """A run that EFA carried with GPUDirect RDMA."""
    hosts = list(options.get("hosts", ("node-1", "node-2")))
    pid = options.get("pid", 21)
    said = [line for host in hosts for line in (nccl(host, EFA, pid=pid), channel(host, "Libfabric", pid=pid))]
    return run(*said, **options)


def lines(*parts: Iterable[str]) -> str:
    """A log of these lines."""
    return "".join(f"{line}\n" for part in parts for line in part)
