"""A review as one JSON document: what ``efa report --json`` prints."""

from __future__ import annotations

from typing import Any

from ..comparison import Comparison
from ..comparison.changes import Change
from ..comparison.exports import ExportInUse
from ..reading.location import place_of
from ..review import Finding, Review

__all__ = ["to_json"]


def to_json(review: Review, comparison: Comparison | None = None) -> dict[str, Any]:
    """The findings, the worst first, and those that people acknowledge.

    :param comparison: With the templates that are deployed now. Default: what changes is not known, null.
    """
    return {
        "passes": review.passes and not (comparison and comparison.is_refused),
        "stacks": [stack.name for stack in review.blueprint.templates.stacks],
        "findings": [_finding(finding) for finding in review.findings],
        "acknowledged": [{**_finding(finding), "reason": finding.acknowledged} for finding in review.acknowledged],
        "changes": comparison and [_change(change) for change in comparison.changes],
        "exportsInUse": comparison and [_export(export) for export in comparison.exports_in_use],
    }


def _change(change: Change) -> dict[str, Any]:
    resource, of_kubernetes = change.resource, change.kubernetes_object
    return {
        "kind": change.kind.value,
        "stack": resource.stack.name,
        "logicalId": resource.logical_id,
        "resourceType": resource.type,
        "constructPath": resource.construct_path,
        "kubernetesObject": of_kubernetes.title if of_kubernetes else None,
        "replacement": change.replacement.value,
        "interrupts": change.interrupts,
        "refused": change.refusal,
        "becauseOf": [cause.name for cause in change.because_of],
        "properties": [{"path": one.path, "replacement": one.replacement.value} for one in change.properties],
    }


def _export(export: ExportInUse) -> dict[str, Any]:
    return {
        "export": export.name,
        "stack": export.stack.name,
        "importedBy": [stack.name for stack in export.importers],
        "removed": export.is_removed,
        "sure": export.is_sure,
        "becauseOf": export.because_of.name if export.because_of is not None else None,
        "problem": export.problem,
        "fix": export.fix,
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
