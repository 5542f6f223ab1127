"""Lines of labels and their values, as far apart as the longest label needs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

__all__ = ["fact_lines"]

_INDENT = 2


def fact_lines(facts: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Lay out labels and values, values folded between words, never cut.

    A value with a word that does not fit beside the labels (the name of a placement group, in a narrow terminal) goes
    below its label, where there is more room.

    :param facts: Label and value of each.
    :param width: Columns that there are.
    """
    pairs = list(facts)
    beside = _INDENT + max((len(label) for label, _ in pairs), default=0) + 2
    lines = []
    for label, value in pairs:
        longest = max(map(len, value.split()), default=0)
        if beside + longest <= width:
            first, indent = f"{'':{_INDENT}}{label}".ljust(beside), beside
        else:
            lines.append(f"{'':{_INDENT}}{label}")
            first, indent = " " * 2 * _INDENT, 2 * _INDENT
        lines += textwrap.wrap(
            value, width, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False
        )
    return lines
