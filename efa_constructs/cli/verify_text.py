"""What ``efa verify`` prints for people: verdict first, then why, then how fast, then what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..verify.comparison import Change, Comparison, compare_logs
from ..verify.efa_counters import TrafficJudgement
from ..verify.in_words import size_in_words
from ..verify.results import Measurement, NcclTestsRun, Row
from ..verify.verdict import Reason, Verdict
from ..verify.verified import VerifiedLog, VerifiedRun
from .output import console
from .text_parts import print_facts, print_heading, print_indented, print_list

__all__ = ["print_verified"]

_MEANING = {
    Verdict.EFA_GDR: "EFA carried the traffic, with GPUDirect RDMA",
    Verdict.EFA_NO_GDR: "EFA carried the traffic, without GPUDirect RDMA",
    Verdict.TCP: "TCP carried the traffic, not EFA",
    Verdict.SINGLE_NODE: "no traffic left the node",
    Verdict.UNPROVEN: "the log does not prove what carried the traffic",
}
# A table of sizes from 8 bytes to 16 GiB has 32.
_MOST_ROWS = 40


def print_verified(
    verified: VerifiedLog, other: VerifiedLog | None = None, traffic: TrafficJudgement | None = None
) -> None:
    """Print the verdict on each run of a log.

    :param other: A log whose runs are set beside them. Default: none.
    :param traffic: What the counters of EFA devices prove about the runs. Default: they were not read.
    """
    out = console()
    with out.capture() as captured:
        for number, run in enumerate(verified.runs, start=1):
            if number > 1:
                out.print()
            _print_run(out, run, f"run {number} of {len(verified.runs)}: " if len(verified.runs) > 1 else "")
        if other is not None:
            _print_comparisons(out, verified, other)
        if traffic is not None:
            print_list(out, "Counters of the EFA devices", (*traffic.words, *traffic.troubles))
    # A log has any character, and the terminal's encoding may not have it.
    encoding = sys.stdout.encoding or "utf-8"
    # rich fills lines with blanks, which wrap in a narrower window.
    for line in captured.get().splitlines():
        print(line.rstrip().encode(encoding, "replace").decode(encoding))


def _print_run(out: Console, verified: VerifiedRun, which: str) -> None:
    style = "bold green" if verified.passes else "bold red"
    out.print(Text.assemble(which, (str(verified.verdict), style), f": {_MEANING[verified.verdict]}"))
    print_facts(out, _facts(verified))
    print_heading(out, "Why")
    for reason in verified.reasons:
        _print_reason(out, reason)
    if verified.run.rows:
        print_heading(out, "Measured")
        out.print(Padding(_table(verified.run.rows), (0, 0, 0, 2)))
    print_list(out, "Bandwidth", verified.bandwidth.words)
    print_list(out, "What to do", verified.advice)


def _print_comparisons(out: Console, verified: VerifiedLog, other: VerifiedLog) -> None:
    comparisons = compare_logs(verified, other)
    for one in comparisons:
        several = len(verified.runs) > 1 or len(other.runs) > 1
        which = f" (run {one.run + 1}, and run {one.other_run + 1} there)" if several else ""
        print_list(out, f"Beside the other log{which}", one.comparison.words)
        if one.comparison.sizes:
            out.print()
            out.print(Padding(_comparison_table(one.comparison), (0, 0, 0, 2)))
    if not comparisons:
        print_list(out, "Beside the other log", ("no run of it is of the same collective",))


def _comparison_table(comparison: Comparison) -> Table:
    table = Table(box=box.ASCII, show_edge=False, pad_edge=False)
    for heading in ("size", "busbw GB/s", "other", "difference", "times as fast", ""):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for size in comparison.sizes[-_MOST_ROWS:]:
        table.add_row(
            size_in_words(size.size_bytes),
            f"{size.bus_bandwidth:.2f}",
            f"{size.other_bus_bandwidth:.2f}",
            f"{size.difference:+.2f}",
            f"{size.speed:.3g}",
            "" if size.change is Change.SAME else str(size.change),
        )
    return table


def _facts(verified: VerifiedRun) -> Iterator[tuple[str, str]]:
    run = verified.run
    yield "what ran", _what_ran(run)
    if run.nodes or run.ranks:
        yield "where", _where(verified)
    if run.pod is not None:
        yield "printed by", f"pod {run.pod}"
    if (peak := _peak(run.rows)) is not None:
        row, measured = peak
        yield (
            "peak",
            f"{measured.bus_bandwidth:.2f} GB/s of bus bandwidth, out of place, at {size_in_words(row.size_bytes)}",
        )
    if run.average_bus_bandwidth is not None:
        yield "average", f"{run.average_bus_bandwidth:.2f} GB/s over all sizes"
    if run.rows:
        yield "wrong values", "not checked" if verified.wrong_values is None else f"{verified.wrong_values:,}"
    if verified.interfaces_found is not None:
        expected = verified.interfaces_expected
        of = "" if expected is None else f" of {expected}"
        yield "EFA interfaces", f"{verified.interfaces_found}{of} found"
    versions = (("NCCL", verified.nccl), ("aws-ofi-nccl", verified.plugin), ("libfabric", verified.libfabric))
    if any(version for _, version in versions):
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions if version)


def _what_ran(run: NcclTestsRun) -> str:
    return f"{run.collective or 'a collective that the log does not name'} of nccl-tests"


def _where(verified: VerifiedRun) -> str:
    run = verified.run
    ranks = "" if run.ranks is None else f"{run.ranks:,} rank{'s' * (run.ranks != 1)}"
    nodes = "" if run.nodes is None else f"{run.nodes:,} node{'s' * (run.nodes != 1)}"
    kind = "" if verified.instance_type is None else f" of type {verified.instance_type.name}"
    devices = f" ({', '.join(run.devices)})" if run.devices else ""
    return " on ".join(part for part in (ranks, nodes) if part) + kind + devices


def _print_reason(out: Console, reason: Reason) -> None:
    count = f" ({reason.count:,} line{'s' * (reason.count != 1)})" if reason.count else ""
    print_indented(out, f"- {reason.statement}{count}")
    for line in reason.lines:
        print_indented(out, Text(f"{line.number}: {line.text}", style="dim"), by=6)


def _table(rows: Iterable[Row]) -> Table:
    table = Table(box=box.ASCII, show_edge=False, pad_edge=False)
    for heading in ("size", "type", "time us", "algbw", "busbw GB/s", "wrong"):
        table.add_column(heading, justify="left" if heading == "type" else "right", no_wrap=True)
    shown = list(rows)
    if len(shown) > _MOST_ROWS:
        table.add_row(f"{len(shown) - _MOST_ROWS:,} more", "...")
    for row in shown[-_MOST_ROWS:]:
        table.add_row(size_in_words(row.size_bytes), row.data_type, *_cells(row.out_of_place), _wrong(row))
    return table


def _cells(measured: Measurement | None) -> tuple[str, str, str]:
    if measured is None:
        return "-", "-", "-"
    return f"{measured.time_us:.2f}", f"{measured.algorithm_bandwidth:.2f}", f"{measured.bus_bandwidth:.2f}"


def _wrong(row: Row) -> str:
    """Wrong values of both operations together."""
    counts = [one.wrong_values for one in (row.out_of_place, row.in_place) if one is not None]
    known = [count for count in counts if count is not None]
    return f"{sum(known):,}" if known else "-"


def _peak(rows: Iterable[Row]) -> tuple[Row, Measurement] | None:
    measured = [(row, row.out_of_place) for row in rows if row.out_of_place is not None]
    return max(measured, key=lambda one: one[1].bus_bandwidth, default=None)
