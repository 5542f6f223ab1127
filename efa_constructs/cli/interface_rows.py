"""Rows of an interface table, equal network cards as one row: a p5 node has 33 interfaces."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

__all__ = ["card_rows", "cards_in_words"]

Cells = TypeVar("Cells", bound=Hashable)


def card_rows(interfaces: Iterable[tuple[int, Cells]]) -> list[tuple[str, Cells]]:
    """Rows of cards and what is on them, where cards with the same on them share their rows.

    :param interfaces: Network card and cells of each interface, in the order of the table.
    """
    by_card: dict[int, tuple[Cells, ...]] = {}
    for card, cells in interfaces:
        by_card[card] = (*by_card.get(card, ()), cells)
    cards_with: dict[tuple[Cells, ...], list[int]] = {}
    for card, all_cells in by_card.items():
        cards_with.setdefault(all_cells, []).append(card)
    return [(cards_in_words(cards), cells) for all_cells, cards in cards_with.items() for cells in all_cells]


def cards_in_words(cards: Sequence[int]) -> str:
    """Name cards in short: ``0, 4-7``."""
    runs: list[list[int]] = []
    for card in sorted(cards):
        if runs and runs[-1][-1] == card - 1:
            runs[-1].append(card)
        else:
            runs.append([card])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
