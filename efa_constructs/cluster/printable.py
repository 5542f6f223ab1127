"""Text of pods, for a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """The same text without what would steer a terminal: whoever runs a pod chooses what it says."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)
