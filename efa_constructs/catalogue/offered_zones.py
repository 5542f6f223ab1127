"""Which Availability Zones were offering an instance type when the catalogue was made.

Zone names differ between AWS accounts, and these are of one account: who deploys asks EC2 (``efa lookup``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from .records import load_json

__all__ = ["offered_zones"]


def offered_zones(instance_type: str) -> Mapping[str, tuple[str, ...]] | None:
    """Return the zones that offer an EFA instance type, by Region. None: nothing is recorded about the type."""
    recorded = _recorded().get(instance_type)
    if recorded is None:
        return None
    return {region: tuple(region + letter for letter in letters) for region, letters in recorded.items()}


@cache
def _recorded() -> dict[str, dict[str, str]]:
    recorded: dict[str, dict[str, str]] = load_json("offered_zones.json")["zones"]
    return recorded
