"""A small renderer of SVG. Colours and fonts are those of the page: a drawing says only which class a thing is of."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from xml.etree import ElementTree

from .svg import add, add_text, add_tip, as_text

__all__ = ["LINE_HEIGHT", "Drawing", "fitting"]

# Of the page's small text, in units of the drawings, which are the page's pixels.
LINE_HEIGHT = 15
# How wide its letters are, in the widest of the fonts that browsers take for system-ui.
_NARROW, _USUAL, _CAPITAL, _WIDE = 4.6, 7.3, 8.7, 11.6
_NARROW_LETTERS = frozenset("fijlrtI.,:;'|!()[]/ -")
_WIDE_LETTERS = frozenset("mwMW%@=…")
_BOLD = 1.12


class Drawing:
    """A picture that says in words what it shows, to those who do not see it."""

    def __init__(self, name: str, title: str, description: str) -> None:
        """:param name: An id that no other picture of the page has."""
        self._svg = ElementTree.Element(
            "svg", {"role": "img", "aria-labelledby": f"{name}-title {name}-text", "class": f"picture {name}"}
        )
        ElementTree.SubElement(self._svg, "title", {"id": f"{name}-title"}).text = title
        ElementTree.SubElement(self._svg, "desc", {"id": f"{name}-text"}).text = description
        # An arrowhead of a drawing of its own: what another one has, a browser may not show here.
        self._arrow = f"{name}-arrow"
        marker = add(self._svg, "marker", id=self._arrow, viewBox="0 0 8 8", refX=7, refY=4, markerWidth=8)
        marker.attrib.update(markerHeight="8", orient="auto-start-reverse", markerUnits="userSpaceOnUse")
        add(marker, "path", "arrowhead", d="M0 0 L8 4 L0 8 z")

    def box(self, x: float, y: float, width: float, height: float, css: str, *, tip: str | None = None) -> None:
        """A rectangle. ``tip``: what a browser shows when the mouse rests on it. Default: nothing."""
        rect = add(self._svg, "rect", css, x=x, y=y, width=width, height=height, rx=4)
        if tip is not None:
            add_tip(rect, tip)

    def text(self, text: str, x: float, y: float, css: str = "") -> None:
        """A line of text, whose baseline begins at a place; with the class "middle", its middle is there."""
        add_text(self._svg, text, x, y, css)

    def texts(self, lines: Sequence[str], x: float, y: float, css: str = "") -> None:
        """Lines of text, one below the other."""
        for number, line in enumerate(lines):
            self.text(line, x, y + number * LINE_HEIGHT, css)

    def arrow(self, path: str, css: str = "") -> None:
        """A line with a head at its end. ``path``: as SVG's ``d`` has it."""
        add(self._svg, "path", f"arrow {css}".strip(), d=path, **{"marker-end": f"url(#{self._arrow})"})

    def finished(self, width: float, height: float) -> str:
        """The picture as text, as large as its drawing."""
        self._svg.set("width", f"{width:g}")
        self._svg.set("height", f"{height:g}")
        return as_text(self._svg, width, height)


def fitting(text: str, width: float, *, bold: bool = False) -> str:
    """A text, shortened in its middle where it would be wider than so many units."""
    room = width / (_BOLD if bold else 1)
    if sum(map(_letter_width, text)) <= room:
        return text
    half = (room - _WIDE) / 2
    return f"{_beginning(text, half)}…{_beginning(text[::-1], half)[::-1]}"


def _beginning(text: str, room: float) -> str:
    """As much of it as there is room for, and one letter at least."""
    ends = itertools.accumulate(map(_letter_width, text))
    return text[: max(1, sum(1 for end in itertools.takewhile(lambda end: end <= room, ends)))]


def _letter_width(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return _NARROW
    if letter in _WIDE_LETTERS or unicodedata.east_asian_width(letter) in ("W", "F"):
        return _WIDE
    return _CAPITAL if letter.isupper() else _USUAL
