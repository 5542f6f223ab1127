"""Rows of a preflight check: a status, the reason for it, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..rules import Rule, with_rule
from .account import Account
from .plan import Plan

__all__ = ["Check", "NoSubnetError", "Row", "Status", "Verdict", "failed", "not_checked", "passed", "warned"]


class Status(StrEnum):
    """What a row means for the deployment."""

    PASS = "pass"
    # It may work, and deserves a look.
    WARN = "warn"
    # The deployment would end in an error, or the nodes would not do what they are for.
    FAIL = "fail"
    # Nobody could say.
    NOT_CHECKED = "not checked"


class Verdict(NamedTuple):
    """A status with its reason."""

    status: Status
    # A fact, in words.
    reason: str
    # An imperative; None where nothing is to be done.
    fix: str | None = None
    # The one that templates with the same mistake break. None: no template says it.
    rule: Rule | None = None


class NoSubnetError(Exception):
    """A check depends on the subnet of the nodes, and there is none, or which one it is cannot be decided."""

    def __init__(self, verdict: Verdict) -> None:
        """
        :param verdict: On the subnet itself.
        """
        super().__init__(verdict.reason)
        self.verdict = verdict


class Check(NamedTuple):
    """One thing that is looked at."""

    # Stable, kebab-case.
    id: str
    # What it is about, in words: the heading of its rows.
    subject: str
    # None: it is not about this deployment.
    judge: Callable[[Plan, Account], Verdict | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of a check."""

    id: str
    subject: str
    status: Status
    reason: str
    fix: str | None
    rule: Rule | None

    @property
    def advice(self) -> str | None:
        """What to do, with the rule to read about. None: nothing is to be done."""
        return None if self.fix is None else with_rule(self.fix, self.rule)


def passed(reason: str) -> Verdict:
    """All is well."""
    return Verdict(Status.PASS, reason)


def warned(reason: str, fix: str, rule: Rule | None = None) -> Verdict:
    """It may work."""
    return Verdict(Status.WARN, reason, fix, rule)


def failed(reason: str, fix: str, rule: Rule | None = None) -> Verdict:
    """It would not work."""
    return Verdict(Status.FAIL, reason, fix, rule)


def not_checked(reason: str, fix: str) -> Verdict:
    """It is not known, and how to find out."""
    return Verdict(Status.NOT_CHECKED, reason, fix)
