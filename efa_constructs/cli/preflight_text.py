"""What ``efa preflight`` prints for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from ..preflight.rows import Row, Status
from .output import console

__all__ = ["print_rows"]

_STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.NOT_CHECKED: "dim"}
# Of the column with the status, as wide as its longest word.
_STATUS = max(map(len, Status))
_INDENT = 2
# Columns that an answer needs beside its id, or it goes below.
_ROOM = 30


def print_rows(rows: Sequence[Row]) -> None:
    """Print the rows under their subjects, each with its reason and what to do, and how many there are of each kind."""
    out = console()
    ids = max((len(row.id) for row in rows), default=0)
    for subject, of_subject in groupby(rows, key=lambda row: row.subject):
        out.print(Text(subject, style="bold"))
        for row in of_subject:
            first, *others = _lines(row, ids, out.width)
            end = _INDENT + _STATUS
            out.print(Text.assemble(first[:_INDENT], (first[_INDENT:end], _STYLES[row.status]), first[end:]))
            for line in others:
                out.print(Text(line))
        out.print()
    out.print(Text(_summary(rows)))


def _lines(row: Row, ids: int, width: int) -> Iterator[str]:
    beside = _INDENT + _STATUS + 2 + ids + 2
    narrow = width - beside < _ROOM
    indent = _INDENT + _STATUS + 2 if narrow else beside
    head = f"{'':{_INDENT}}{row.status:<{_STATUS}}  {row.id:<{ids}}  "
    if narrow:
        yield head.rstrip()
        head = " " * indent
    parts = [row.reason] + ([f"fix: {row.advice}"] if row.fix else [])
    for number, part in enumerate(parts):
        yield from textwrap.wrap(
            part,
            width,
            initial_indent=head if number == 0 else " " * indent,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )


def _summary(rows: Sequence[Row]) -> str:
    counts = {status: sum(row.status is status for row in rows) for status in Status}
    counted = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    if counts[Status.FAIL]:
        return f"{counted}: as it stands, a deployment would fail or be of no use"
    if counts[Status.NOT_CHECKED]:
        return f"{counted}: nothing that could be checked is in the way"
    return f"{counted}: nothing is in the way"
