"""One rule, with a template that breaks it and one that does not."""

from __future__ import annotations

from dataclasses import dataclass

from efa_constructs.rules import Rule

from ..templates import Change, unchanged

__all__ = ["Case"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a change of the sound template means for a rule."""

    rule: Rule
    broken: Change
    # As like the other as it can be. Default: the sound template itself, which has what the rule is about.
    kept: Change = unchanged
    # Other rules that the first breaks, too, and why that is right.
    also: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.rule.id
