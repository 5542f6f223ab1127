"""What the account accepted although it could not check it: its report says so."""

from __future__ import annotations

__all__ = ["take_on_trust", "taken_on_trust"]

# As keys: in the order in which they came, each once.
_TAKEN: dict[str, None] = {}


def take_on_trust(what: str) -> None:
    """Note that something was accepted unchecked, in words that follow "not checked:"."""
    _TAKEN[what] = None


def taken_on_trust() -> tuple[str, ...]:
    """Everything that was."""
    return tuple(_TAKEN)
