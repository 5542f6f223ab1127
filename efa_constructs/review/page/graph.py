"""Draws who has to do with whom: boxes in columns, and labelled arrows that leave to the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .drawing import LINE_HEIGHT, Drawing, fitting

__all__ = ["Arrow", "Box", "draw_graph"]

_BOX_WIDTH = 268
_GAP_WIDTH = 184
_HEADING = 24
_SPACE = 16
_PADDING = 9
# Between the ends of two arrows at one side of a box.
_END_SPACE = 12
# How far below itself an arrow comes back that ends in the column where it begins.
_TURN = 9


@dataclass(frozen=True, kw_only=True)
class Box:
    """A thing. ``key`` tells it from the others."""

    key: str
    column: int
    title: str
    lines: tuple[str, ...] = ()
    css: str = "thing"


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """From a box to one of its column, or of the next."""

    start: str
    end: str
    label: tuple[str, ...]
    css: str = ""


@dataclass(kw_only=True)
class _Placed:
    box: Box
    x: float
    y: float
    height: float
    # Arrows at its left and right side, from top to bottom.
    left: list[_Way] = field(default_factory=list)
    right: list[_Way] = field(default_factory=list)

    def beginning(self, way: _Way) -> float:
        """Where at its right side an arrow begins, in height."""
        return self._height_of(self.right.index(way), self.right)

    def end(self, way: _Way) -> float:
        """Where an arrow ends, in height. One from the box to itself ends below where it begins."""
        side = self.right if way.returns else self.left
        return self._height_of(max(index for index, one in enumerate(side) if one is way), side)

    def _height_of(self, index: int, side: list[_Way]) -> float:
        return self.y + self.height * (index + 1) / (len(side) + 1)


@dataclass(kw_only=True, eq=False)
class _Way:
    """An arrow on its way: through the place of its label."""

    arrow: Arrow
    start: _Placed
    end: _Placed
    # Middle of its label, in height.
    y: float = 0

    @property
    def column(self) -> int:
        return self.start.box.column

    @property
    def returns(self) -> bool:
        return self.end.box.column == self.start.box.column


def draw_graph(drawing: Drawing, headings: Sequence[str], boxes: Sequence[Box], arrows: Iterable[Arrow]) -> str:
    """Draw boxes in columns.

    :param headings: Of the columns. Those without a box are left out.
    :param arrows: Each between boxes that are there.
    """
    columns = sorted({box.column for box in boxes})
    ways = list(arrows)
    placed = _place(boxes, columns, ways)
    routed = [_Way(arrow=arrow, start=placed[arrow.start], end=placed[arrow.end]) for arrow in ways]
    bottom = max((one.y + one.height for one in placed.values()), default=0.0)
    for column in columns:
        bottom = max(bottom, _place_labels([way for way in routed if way.column == column]))
    _share_sides(placed, routed)
    for number, column in enumerate(columns):
        drawing.text(headings[column], _x(number), 12, "label")
    for way in routed:
        _draw_way(drawing, way)
    for one in placed.values():
        _draw_box(drawing, one)
    last_returns = any(way.column == columns[-1] for way in routed) if columns else False
    width = len(columns) * (_BOX_WIDTH + _GAP_WIDTH) - (0 if last_returns else _GAP_WIDTH) + 2
    return drawing.finished(width, bottom + 4)


def _x(number: int) -> float:
    return 1 + number * (_BOX_WIDTH + _GAP_WIDTH)


def _place(boxes: Sequence[Box], columns: Sequence[int], arrows: Sequence[Arrow]) -> dict[str, _Placed]:
    placed: dict[str, _Placed] = {}
    for number, column in enumerate(columns):
        y = float(_HEADING)
        for box in (box for box in boxes if box.column == column):
            starts = sum(arrow.start == box.key for arrow in arrows)
            ends = sum(arrow.end == box.key for arrow in arrows)
            height = max(LINE_HEIGHT * (1 + len(box.lines)) + 2 * _PADDING, _END_SPACE * (starts + ends + 1))
            placed[box.key] = _Placed(box=box, x=_x(number), y=y, height=height)
            y += height + _SPACE
    return placed


def _place_labels(ways: list[_Way]) -> float:
    """Give each arrow of one gap its label's place: near its ends, and below the one before. Returns the lowest."""
    ways.sort(key=_middle)
    bottom = float(_HEADING)
    for way in ways:
        half = LINE_HEIGHT * len(way.arrow.label) / 2
        way.y = max(_middle(way), bottom + half)
        bottom = way.y + half + (_TURN + 4 if way.returns else 4)
    return bottom


def _middle(way: _Way) -> float:
    return (way.start.y + way.start.height / 2 + way.end.y + way.end.height / 2) / 2


def _share_sides(placed: Mapping[str, _Placed], ways: Iterable[_Way]) -> None:
    for way in sorted(ways, key=lambda way: way.y):
        way.start.right.append(way)
        (way.end.right if way.returns else way.end.left).append(way)
    for one in placed.values():
        one.right.sort(key=lambda way: way.y)
        one.left.sort(key=lambda way: way.y)


def _draw_way(drawing: Drawing, way: _Way) -> None:
    start_x, start_y = way.start.x + _BOX_WIDTH, way.start.beginning(way)
    # The label stands in the middle of the gap, and arrows pass below its text.
    left, right = start_x + 28, start_x + _GAP_WIDTH - 28
    below = way.y + LINE_HEIGHT * len(way.arrow.label) / 2 - 1
    path = f"M{start_x:g} {start_y:g} C{start_x + 20:g} {start_y:g} {left - 14:g} {below:g} {left:g} {below:g}"
    if way.returns:
        end_y, turn = way.end.end(way), right + 12
        path += (
            f" H{right:g} C{turn:g} {below:g} {turn:g} {below + _TURN:g} {right:g} {below + _TURN:g} H{left:g}"
            f" C{left - 14:g} {below + _TURN:g} {start_x + 22:g} {end_y:g} {start_x + 2:g} {end_y:g}"
        )
    else:
        end_x, end_y = way.end.x, way.end.end(way)
        path += f" H{right:g} C{right + 14:g} {below:g} {end_x - 20:g} {end_y:g} {end_x - 2:g} {end_y:g}"
    drawing.arrow(path, way.arrow.css)
    top = below - LINE_HEIGHT * len(way.arrow.label) + 10
    middle = start_x + _GAP_WIDTH / 2
    for number, line in enumerate(way.arrow.label):
        drawing.text(fitting(line, right - left + 16), middle, top + number * LINE_HEIGHT, "middle on-arrow")


def _draw_box(drawing: Drawing, one: _Placed) -> None:
    box = one.box
    drawing.box(one.x, one.y, _BOX_WIDTH, one.height, box.css, tip="\n".join((box.title, *box.lines)))
    room = _BOX_WIDTH - 2 * _PADDING
    drawing.text(fitting(box.title, room, bold=True), one.x + _PADDING, one.y + _PADDING + 11, "strong")
    lines = [fitting(line, room) for line in box.lines]
    drawing.texts(lines, one.x + _PADDING, one.y + _PADDING + 11 + LINE_HEIGHT, "quiet")
