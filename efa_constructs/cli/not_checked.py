"""What AWS refused to say while the rest of a command's questions were answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import AwsRequestError
from .output import note

__all__ = ["not_checked_facts", "note_not_checked"]


def note_not_checked(refusals: Mapping[str, AwsRequestError]) -> None:
    """Say on standard error what was not checked, and why.

    :param refusals: By what is not known, in words.
    """
    for what, refusal in refusals.items():
        note(f"not checked: {what}: {refusal}")


def not_checked_facts(refusals: Mapping[str, AwsRequestError]) -> list[dict[str, Any]]:
    """The same for a JSON document."""
    return [
        {"what": what, "reason": str(refusal), "deniedAction": refusal.denied_action}
        for what, refusal in refusals.items()
    ]
