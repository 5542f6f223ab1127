"""What is wrong with what is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..rules import Rule, with_rule

__all__ = ["Finding", "Level"]


class Level(StrEnum):
    """What a finding means for training on these nodes."""

    # EFA packets would not pass.
    BLOCKS = "blocks"
    # They would pass, but not on the whole fabric of the nodes, or the nodes would not work for another reason.
    FAULT = "fault"
    # Worth knowing.
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong with what is deployed, and what to do about it."""

    # Stable, kebab-case.
    code: str
    level: Level
    # A fact.
    problem: str
    # An imperative.
    fix: str
    # The one that templates with the same mistake break. None: no template says it.
    rule: Rule | None = None

    @property
    def advice(self) -> str:
        """What to do about it, with the rule to read about."""
        return with_rule(self.fix, self.rule)
