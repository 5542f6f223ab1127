"""What the account accepted although it could not check it: its report says so."""

from __future__ import annotations

__all__ = ["CLUSTERS_PATH", "PATH", "take_on_trust", "taken_on_trust"]

# Where the account's server tells.
PATH = "/rehearsal/taken-on-trust"
# Where it tells which clusters have a control plane on this machine, and where that one's files are.
CLUSTERS_PATH = "/rehearsal/clusters"

# As keys: in the order in which they came, each once.
_TAKEN: dict[str, None] = {}


def take_on_trust(what: str) -> None:
    """Note that something was accepted unchecked, in words that follow "not checked:"."""
    _TAKEN[what] = None


def taken_on_trust() -> tuple[str, ...]:
    """Everything that was."""
    return tuple(_TAKEN)
