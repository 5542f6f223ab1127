"""What a rule says: the words that construct errors, reports and the documentation share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Rule", "Severity", "with_rule"]


class Severity(StrEnum):
    """What breaking a rule means."""

    # The deployment fails, or EFA does not carry the traffic, or the job does not run.
    ERROR = "error"
    # It works, and is slower, less safe or more expensive than meant.
    WARNING = "warning"
    # Worth knowing.
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One mistake that is known, and how to mend it."""

    # Stable: EFA-SG-001. People suppress findings by it.
    id: str
    severity: Severity
    # What should be, in one sentence without a full stop.
    title: str
    # What is wrong where the rule is broken: a fact, with the names of values in braces.
    problem: str
    # Why anyone should care, in whole sentences.
    why: str
    # An imperative. It may have the names of values in braces, too.
    fix: str
    # A URL, or the title of a document.
    source: str

    def broken(self, **values: object) -> str:
        """What is wrong, with the values that are."""
        return self.problem.format(**values)

    def mend(self, **values: object) -> str:
        """What to do about it."""
        return self.fix.format(**values)

    def refusal(self, problem: str | None = None, remedy: str | None = None, /, **values: object) -> str:
        """The message of an error that refuses it: what is wrong, what to do, and the rule to read about.

        :param problem: What is wrong, in the words of whoever made it: with the names of arguments. Default: the
            rule's own words.
        :param remedy: What to do, where whoever made it has a way of their own. Default: the rule's fix.
        :param values: Those that :attr:`fix`, and the rule's own words, have in braces. ``where`` names the argument.
        """
        wrong = self.broken(**values) if problem is None else problem
        return self.cited(f"{wrong}: {self.mend(**values) if remedy is None else remedy}")

    def cited(self, message: str) -> str:
        """A message that says itself what to do, with the rule to read about."""
        return f"{message} ({self.id})"


def with_rule(message: str, rule: Rule | None) -> str:
    """A message that says itself what to do, with the rule to read about, where there is one."""
    return message if rule is None else rule.cited(message)
