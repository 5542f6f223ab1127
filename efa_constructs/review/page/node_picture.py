"""Draws the nodes of a launch template: network cards, and on each the interfaces with type, address and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..launch_template import Interface
from .drawing import LINE_HEIGHT, Drawing, fitting

__all__ = ["NodePicture", "draw_node"]

_CARDS_A_ROW = 8
_CARD_WIDTH = 100
_GAP = 6
_CHIP_HEIGHT = 2 * LINE_HEIGHT + 5
_HEADING = 18
# An EFA-only interface has none: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html
_WITHOUT_ADDRESS = ("efa-only",)
_CLASSES = {"efa": "chip efa", "efa-only": "chip efa"}


@dataclass(frozen=True, kw_only=True)
class NodePicture:
    """The picture, and the security groups that its letters stand for."""

    svg: str
    groups: Mapping[str, Any]


def _letters_of(interfaces: Sequence[Interface]) -> dict[str, Any]:
    """The security groups of interfaces, by the letters that stand for them: A, B, ... and after Z a number."""
    groups: list[Any] = []
    for interface in interfaces:
        groups += [group for group in interface.groups if group not in groups]
    return {_letter(number): group for number, group in enumerate(groups)}


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"{number + 1}"


def draw_node(name: str, title: str, interfaces: Sequence[Interface]) -> NodePicture:
    """Draw one node.

    :param name: An id that no other picture of the page has.
    :param interfaces: Of its launch template.
    """
    letters = _letters_of(interfaces)
    cards: dict[int | None, list[Interface]] = {}
    for interface in sorted(interfaces, key=_place):
        cards.setdefault(interface.card, []).append(interface)
    drawing = Drawing(name, title, _description(cards, letters))
    x, y, bottom = 1.0, 1.0, 1.0
    for place, (card, on_card) in enumerate(cards.items()):
        if place % _CARDS_A_ROW == 0:
            row = list(cards.values())[place : place + _CARDS_A_ROW]
            height = _HEADING + max(map(len, row)) * (_CHIP_HEIGHT + 3) + 3
            x, y = 1.0, bottom
            bottom = y + height + _GAP
        _draw_card(drawing, x, y, height, card, on_card, letters)
        x += _CARD_WIDTH + _GAP
    width = max(1, min(len(cards), _CARDS_A_ROW)) * (_CARD_WIDTH + _GAP) - _GAP + 2
    return NodePicture(svg=drawing.finished(width, bottom), groups=letters)


def _place(interface: Interface) -> tuple[int, int, int]:
    unknown = 1 << 16
    card, device = interface.card, interface.device
    return unknown if card is None else card, unknown if device is None else device, interface.index


def _draw_card(
    drawing: Drawing,
    x: float,
    y: float,
    height: float,
    card: int | None,
    interfaces: Sequence[Interface],
    letters: Mapping[str, Any],
) -> None:
    drawing.box(x, y, _CARD_WIDTH, height, "card")
    drawing.text(f"card {_number(card)}", x + 6, y + 13, "quiet")
    for row, interface in enumerate(interfaces):
        top = y + _HEADING + row * (_CHIP_HEIGHT + 3)
        css = _CLASSES.get(interface.type, "chip ena")
        drawing.box(x + 3, top, _CARD_WIDTH - 6, _CHIP_HEIGHT, css, tip=_in_words(interface, letters))
        room = _CARD_WIDTH - 12
        drawing.text(
            fitting(f"{_number(interface.device)} {interface.type}", room, bold=True), x + 7, top + 13, "strong"
        )
        address = "no IP" if interface.type in _WITHOUT_ADDRESS else "IP"
        groups = " ".join(_letters(interface, letters)) or "no group"
        drawing.text(fitting(f"{address} · {groups}", room), x + 7, top + 13 + LINE_HEIGHT)


def _letters(interface: Interface, letters: Mapping[str, Any]) -> list[str]:
    return [letter for letter, group in letters.items() if group in interface.groups]


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _in_words(interface: Interface, letters: Mapping[str, Any]) -> str:
    address = "no address" if interface.type in _WITHOUT_ADDRESS else "an address"
    groups = ", ".join(_letters(interface, letters)) or "none"
    where = f"card {_number(interface.card)} device {_number(interface.device)}"
    return f"{where}: {interface.type}, {address}, security groups {groups}"


def _description(cards: Mapping[int | None, Sequence[Interface]], letters: Mapping[str, Any]) -> str:
    count = f"{len(cards)} network card{'s' * (len(cards) != 1)}. "
    return count + "; ".join(_in_words(one, letters) for on_card in cards.values() for one in on_card) + "."
