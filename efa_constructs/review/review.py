"""Reviews templates: runs every check, and sets apart what people acknowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..rules import PLUGIN_NAME, Rule, Severity
from .blueprint import Blueprint
from .check import Violation
from .checks import CHECKS
from .shapes import as_mappings, at_path
from .templates import Resource, Templates
from .values import references_in

__all__ = ["Finding", "Review", "review"]

# Of a resource, where no CDK construct can acknowledge: {"acknowledge": [{"id": ..., "reason": ...}]}
_METADATA = "efa-constructs"
_ORDER = list(Severity)


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
    blueprint = Blueprint(templates)
    found = sorted(
        (
            Finding(
                rule=check.rule,
                problem=check.rule.broken(**violation.values),
                fix=check.rule.mend(**violation.values),
                violation=violation,
                acknowledged=_acknowledgement(check.rule, violation.resource),
            )
            for check in CHECKS
            for violation in check.violations(blueprint)
            if not _may_be_otherwise(violation.resource, templates)
        ),
        key=lambda finding: _ORDER.index(finding.rule.severity),
    )
    return Review(
        blueprint=blueprint,
        findings=tuple(finding for finding in found if finding.acknowledged is None),
        acknowledged=tuple(finding for finding in found if finding.acknowledged is not None),
    )


def _may_be_otherwise(resource: Resource, templates: Templates) -> bool:
    """Whether a macro writes part of a resource, or of one that it refers to."""
    if resource.is_rewritten:
        return True
    others = map(templates.at, references_in(resource.properties))
    return any(each is not None and each.is_rewritten for each in others)


def _acknowledgement(rule: Rule, resource: Resource) -> str | None:
    reasons = {**_of_constructs(resource), **_of_metadata(resource.metadata)}
    return reasons.get(rule.id)


def _of_metadata(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    """What the resource's own template acknowledges. A reason is a must."""
    return {
        str(entry.get("id")): str(entry["reason"])
        for entry in as_mappings(at_path(metadata, _METADATA, "acknowledge"))
        if str(entry.get("reason") or "").strip()
    }


def _of_constructs(resource: Resource) -> Mapping[str, str]:
    """What the resource's construct acknowledges, or one that it is in."""
    path = resource.construct_path or resource.stack.construct_path or ""
    prefix = f"{PLUGIN_NAME}::"
    return {
        identifier.removeprefix(prefix): reason
        for scope, reasons in resource.stack.acknowledgements.items()
        if path == scope or path.startswith(f"{scope}/")
        for identifier, reason in reasons.items()
        if identifier.startswith(prefix)
    }
