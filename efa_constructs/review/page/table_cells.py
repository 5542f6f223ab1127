"""Prepares the rows of a table: long names may break, and each cell knows its heading, for narrow windows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

__all__ = ["with_breaks", "with_headings"]

_TEXT_BETWEEN_TAGS = re.compile(r">[^<]+")
_END_OF_PART = re.compile(r"(::|[/.])(?=[A-Za-z])")
_ROW = re.compile(r"<tr.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b")


def with_breaks(text: str) -> Markup:
    """Let long names in a text break where their parts end."""
    return Markup(_END_OF_PART.sub(r"\1<wbr>", str(escape(text))))


def with_headings(rows: str, headings: Sequence[str]) -> Markup:
    """The rows of a table, whose cells have their headings and roles: a window may be too narrow to show it as a table.

    :param rows: Pieces of HTML. A row may lack its first cells, which then are of a row above.
    """
    broken = _TEXT_BETWEEN_TAGS.sub(lambda text: _END_OF_PART.sub(r"\1<wbr>", text[0]), rows)
    return Markup(_ROW.sub(lambda row: _with_headings(row[0], headings), broken))


def _with_headings(row: str, headings: Sequence[str]) -> str:
    left = iter(headings[len(headings) - len(_CELL.findall(row)) :])

    def cell(tag: re.Match[str]) -> str:
        role = "rowheader" if tag[1] == "th" else "cell"
        return f'<{tag[1]} role="{role}" data-heading="{escape(next(left))}"'

    return _CELL.sub(cell, row).replace("<tr", '<tr role="row"', 1)
