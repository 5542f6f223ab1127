"""A review as one JSON document: what ``efa report --json`` prints."""

from __future__ import annotations

from typing import Any

from ..location import place_of
from ..review import Finding, Review

__all__ = ["to_json"]


def to_json(review: Review) -> dict[str, Any]:
    """The findings, the worst first, and those that people acknowledge."""
    return {
        "passes": review.passes,
        "stacks": [stack.name for stack in review.blueprint.templates.stacks],
        "findings": [_finding(finding) for finding in review.findings],
        "acknowledged": [{**_finding(finding), "reason": finding.acknowledged} for finding in review.acknowledged],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule, violation, resource = finding.rule, finding.violation, finding.resource
    return {
        "rule": rule.id,
        "severity": rule.severity.value,
        "title": rule.title,
        "problem": finding.problem,
        "fix": finding.fix,
        "why": rule.why,
        "source": rule.source,
        "stack": resource.stack.name,
        "logicalId": resource.logical_id,
        "resourceType": resource.type,
        "constructPath": resource.construct_path,
        "propertyPath": violation.path or None,
        "kubernetesObject": violation.kubernetes_object.title if violation.kubernetes_object else None,
        "file": str(resource.stack.file),
        "line": place_of(resource, violation.path).line,
    }
