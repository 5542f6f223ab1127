"""Reviews templates: runs every check, and sets apart what people acknowledge."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from ..rules import Rule, Severity
from .acknowledgements import reason_for
from .blueprint import Blueprint
from .check import Fault, Violation
from .checks import CHECKS
from .choices import Choice, combinations_of_choices
from .resource import Resource
from .templates import Templates
from .values import references_in

__all__ = ["Finding", "Review", "review"]

_SEVERITIES = list(Severity)
_RULES = [check.rule for check in CHECKS]
# By what makes each the same one, whatever people choose.
_Faults = dict[tuple[str, ...], Fault]


@dataclass(frozen=True, kw_only=True, eq=False)
class Finding:
    """A rule that templates break."""

    rule: Rule
    # A fact.
    problem: str
    # An imperative.
    fix: str
    violation: Violation
    # Why people accept it. None: nobody did.
    acknowledged: str | None

    @property
    def resource(self) -> Resource:
        """The resource that it is about."""
        return self.violation.resource


@dataclass(frozen=True, kw_only=True, eq=False)
class Review:
    """What was found."""

    blueprint: Blueprint
    # The worst first. Those that people accept are not among them.
    findings: tuple[Finding, ...]
    acknowledged: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether there is no error."""
        return all(finding.rule.severity is not Severity.ERROR for finding in self.findings)


def review(templates: Templates) -> Review:
    """Check templates by every rule."""
    found = [
        Finding(
            rule=fault.rule,
            problem=fault.problem,
            fix=fault.rule.mend(**fault.violation.values),
            violation=fault.violation,
            acknowledged=reason_for(fault.rule.id, fault.violation.resource),
        )
        for fault in sorted(_faults_of_choices(templates), key=_place_in_order)
    ]
    return Review(
        blueprint=Blueprint(templates),
        findings=tuple(finding for finding in found if finding.acknowledged is None),
        acknowledged=tuple(finding for finding in found if finding.acknowledged is not None),
    )


def _place_in_order(fault: Fault) -> tuple[int, int]:
    return _SEVERITIES.index(fault.rule.severity), _RULES.index(fault.rule)


def _faults_of_choices(templates: Templates) -> Iterable[Fault]:
    """What is wrong whatever people choose, and errors of any one choice.

    What is wrong only for two choices together, people may have ruled out; and what one choice makes slower or less
    safe, they choose.
    """
    chosen = {choices: _with(templates, choices) for choices in combinations_of_choices(templates)}
    possible = {choices: each for choices, each in chosen.items() if not each.are_refused} or {(): templates}
    by_choices = {choices: _faults(each) for choices, each in possible.items()}
    found = _in_all(by_choices.values())
    for choice in dict.fromkeys(itertools.chain.from_iterable(by_choices)):
        of_choice = _in_all(faults for choices, faults in by_choices.items() if choice in choices)
        found |= {key: fault for key, fault in of_choice.items() if fault.rule.severity is Severity.ERROR}
    return found.values()


def _in_all(alternatives: Iterable[_Faults]) -> _Faults:
    first, *others = alternatives
    return {key: fault for key, fault in first.items() if all(key in other for other in others)}


def _with(templates: Templates, choices: Iterable[Choice]) -> Templates:
    parameters: dict[str, dict[str, str]] = {}
    for stack, parameter, value in choices:
        parameters.setdefault(stack, {})[parameter] = value
    return templates.with_parameters(parameters) if parameters else templates


def _faults(templates: Templates) -> _Faults:
    blueprint = Blueprint(templates)
    found = (
        Fault(rule=check.rule, violation=violation)
        for check in CHECKS
        for violation in check.violations(blueprint)
        if not _may_be_otherwise(violation.resource, templates)
    )
    return {
        (fault.rule.id, fault.violation.resource.name, fault.violation.path, fault.problem): fault for fault in found
    }


def _may_be_otherwise(resource: Resource, templates: Templates) -> bool:
    """Whether a macro writes part of a resource, or of one that it refers to."""
    if resource.is_rewritten:
        return True
    others = map(templates.at, references_in(resource.properties))
    return any(each is not None and each.is_rewritten for each in others)
