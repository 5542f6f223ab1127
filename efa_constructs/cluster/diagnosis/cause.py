"""What stands at the beginning of a fault, and what suffers from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...rules import Rule
from ..finding import Finding, Level
from ..printable import printable

__all__ = ["Cause", "Owner", "listed"]

# Of several that suffer alike, this many are named.
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """What made pods, or a pod that nothing made."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.namespace}/{self.name}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A finding with what suffers from it."""

    code: str
    # A fact, without what suffers.
    problem: str
    # An imperative.
    fix: str
    level: Level = Level.FAULT
    # The one that templates with the same mistake break. None: no template says it.
    rule: Rule | None = None
    # What does not run because of it. Empty: what the problem names, or nothing so far.
    sufferers: tuple[Owner, ...] = ()
    # What else the problem explains, beside the sufferers.
    explains: tuple[Owner, ...] = ()
    # The resource that nodes have and do not offer because of it. Empty: it is about something else.
    resource: str = ""

    def finding(self) -> Finding:
        """As people are told it."""
        suffers = ""
        if self.sufferers:
            verb = "waits for it" if len(self.sufferers) == 1 else "wait for it"
            suffers = f"; {listed(self.sufferers)} {verb}"
        return Finding(
            code=self.code,
            level=self.level,
            problem=printable(self.problem + suffers),
            fix=printable(self.fix),
            rule=self.rule,
        )


def listed(things: Iterable[object]) -> str:
    """Name things in a sentence: ``a, b and 3 more``."""
    names = list(dict.fromkeys(map(str, things)))
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
