"""Which names somebody may have meant who gave one that does not exist.

The functions import difflib when they are called: only an error needs it, and every start of the program would pay.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["nearest", "nearest_by_family"]


def nearest(name: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the names that are much like this one, whatever the case of the letters, the nearest first."""
    from difflib import get_close_matches

    spelt = {str(other).lower(): str(other) for other in names}
    return [spelt[key] for key in get_close_matches(str(name).lower(), spelt, n=most)]


def nearest_by_family(name: str, names: Iterable[str], *, most: int = 5, cutoff: float = 0.6) -> list[str]:
    """Return the instance types most like it, by family first: p3dn.24xlarge is nearer to p3.16xlarge than c5n.

    :param cutoff: How like the families must be, from 0 (not at all) to 1 (the same).
    """
    from difflib import SequenceMatcher

    def likeness(text: str, other: str) -> float:
        return SequenceMatcher(None, text, other).ratio()

    candidates = tuple(names)
    family, _, size = name.strip().lower().partition(".")
    scores = {}
    for other in candidates:
        other_family, _, other_size = other.partition(".")
        of_family = likeness(family, other_family)
        if of_family >= cutoff or (family and other_family.startswith(family)):
            scores[other] = of_family + likeness(size, other_size)
    ranked = sorted(scores, key=lambda other: (-scores[other], other))[:most]
    return ranked or nearest(name, candidates, most=most)
