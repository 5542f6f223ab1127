"""A command for a real cluster, and what came of it here."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TriedCommand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedCommand:
    """A command, and what came of it."""

    # As a person would type it for the real cluster: ``efa status --cluster NAME --region REGION``.
    command: str
    # In words.
    answer: str
    # Whether it is what the rest of the rehearsal shows.
    as_expected: bool
