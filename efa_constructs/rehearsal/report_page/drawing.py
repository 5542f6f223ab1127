"""Draws in SVG: a node with its network cards and accelerators, and how a job went on. Colours are the page's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree

from ...lookups.deployed import DeployedInterface
from ...review.page.svg import add, add_text, add_tip, as_text

__all__ = ["Accelerators", "Holder", "draw_hardware", "draw_timeline"]

# Units of the drawings, which are pixels in a window of 400 pixels.
_WIDTH = 336
_CELLS_A_ROW = 8
_WIDEST_CELL = 82
_GAP = 4
_ROW = 17
_TITLE = 15
_STEP_RADIUS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A pod that holds devices of a node. ``colour``: the number of its colour, from 1."""

    colour: int
    efas: int
    accelerators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerators:
    """The accelerators of a node. ``advertised``: how many of them the node offers to pods."""

    name: str
    count: int
    advertised: int


def draw_hardware(
    interfaces: Sequence[DeployedInterface],
    accelerators: Accelerators | None,
    *,
    advertised_efas: int,
    holders: Sequence[Holder],
) -> str:
    """The cards of a node with their interfaces, and its accelerators, each device in the colour of the pod with it.

    :param interfaces: By card, then device.
    :param accelerators: None: it has none.
    :param advertised_efas: How many EFAs the node offers to pods.
    :param holders: The pods with devices. Which pod has which of equal devices, Kubernetes does not say: they are
        given in order.
    """
    svg = _svg("hardware", "network cards, interfaces and accelerators of the node")
    efas = _classes([holder.efas for holder in holders], holders, advertised_efas)
    bottom = _draw_cards(svg, interfaces, efas)
    if accelerators is not None and accelerators.count:
        colours = _classes([holder.accelerators for holder in holders], holders, accelerators.advertised)
        bottom = _draw_accelerators(svg, accelerators, colours, bottom + 6)
    return as_text(svg, _WIDTH, bottom)


def draw_timeline(steps: Sequence[tuple[str, str]]) -> str:
    """Steps from left to right. ``steps``: name and time of each."""
    svg = _svg("timeline", "how the job went on: " + ", ".join(f"{name} {time}" for name, time in steps))
    places = [_WIDTH * (2 * step + 1) / (2 * len(steps)) for step in range(len(steps))]
    add(svg, "line", "track", x1=places[0], y1=12, x2=places[-1], y2=12)
    for place, (name, time) in zip(places, steps, strict=True):
        add(svg, "circle", f"step {name.lower()}", cx=place, cy=12, r=_STEP_RADIUS)
        add_text(svg, name, place, 34, "middle strong")
        add_text(svg, time, place, 48, "middle")
    return as_text(svg, _WIDTH, 52)


def _classes(amounts: Sequence[int], holders: Sequence[Holder], advertised: int) -> Iterator[str]:
    """The class of one device after the other: held, free, or not advertised."""
    for holder, amount in zip(holders, amounts, strict=True):
        yield from [f"held pod-{holder.colour}"] * amount
    yield from ["free"] * (advertised - sum(amounts))
    while True:
        yield "unadvertised"


def _draw_cards(svg: ElementTree.Element, interfaces: Sequence[DeployedInterface], efas: Iterator[str]) -> float:
    cards = [
        (card, tuple(one)) for card, one in groupby(interfaces, key=lambda interface: interface.network_card_index)
    ]
    add_text(svg, f"{len(cards)} network card{'s' * (len(cards) != 1)}", 0, _TITLE - 4, "label")
    width = _cell_width(len(cards))
    height = _ROW * max((len(on_card) for _, on_card in cards), default=0) + _ROW
    for place, (card, on_card) in enumerate(cards):
        x, y = _corner(place, width, height, _TITLE)
        box = add(svg, "rect", "card", x=x, y=y, width=width, height=height, rx=3)
        add_tip(box, f"network card {card}")
        add_text(svg, str(card), x + 4, y + 12, "small")
        for row, interface in enumerate(on_card, start=1):
            css = next(efas) if interface.carries_efa else "ena"
            chip = add(svg, "rect", f"chip {css}", x=x + 2, y=y + row * _ROW, width=width - 4, height=_ROW - 2, rx=2)
            add_tip(chip, f"card {card} device {interface.device_index}: {interface.interface_type}")
            add_text(svg, _SHORT[interface.interface_type], x + width / 2, y + row * _ROW + 11, "middle small")
    return _TITLE + _rows(len(cards)) * (height + _GAP)


# In a chip. An "interface" is an ENA.
_SHORT = {"interface": "ENA", "efa": "EFA+IP", "efa-only": "EFA"}


def _draw_accelerators(
    svg: ElementTree.Element, accelerators: Accelerators, colours: Iterator[str], top: float
) -> float:
    add_text(svg, f"{accelerators.count} {accelerators.name}", 0, top + _TITLE - 4, "label")
    width, height = _cell_width(_CELLS_A_ROW), 26
    for place in range(accelerators.count):
        x, y = _corner(place, width, height, top + _TITLE)
        add(svg, "rect", f"chip {next(colours)}", x=x, y=y, width=width, height=height, rx=3)
        add_text(svg, str(place), x + width / 2, y + 17, "middle small")
    return top + _TITLE + _rows(accelerators.count) * (height + _GAP)


def _cell_width(count: int) -> float:
    in_row = max(1, min(count, _CELLS_A_ROW))
    return min((_WIDTH - _GAP * (in_row - 1)) / in_row, _WIDEST_CELL)


def _corner(place: int, width: float, height: float, top: float) -> tuple[float, float]:
    row, column = divmod(place, _CELLS_A_ROW)
    return column * (width + _GAP), top + row * (height + _GAP)


def _rows(count: int) -> int:
    return -(-count // _CELLS_A_ROW)


def _svg(css: str, label: str) -> ElementTree.Element:
    return ElementTree.Element("svg", {"class": css, "role": "img", "aria-label": label})
