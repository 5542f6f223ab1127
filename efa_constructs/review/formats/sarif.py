"""A review in SARIF 2.1.0, which code hosts show beside the code.

Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub reads of it, and wants of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...rules import RULES, Rule, Severity
from ..reading.location import place_of
from ..review import Finding, Review

__all__ = ["to_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_INDEXES = {rule.id: index for index, rule in enumerate(RULES)}


def to_sarif(review: Review, *, version: str) -> dict[str, Any]:
    """One run with all rules, and a result for each finding. Those that people acknowledge are suppressed in source.

    :param version: Of this package.
    """
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "efa report", "version": version, "rules": [_rule(rule) for rule in RULES]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding) for finding in (*review.findings, *review.acknowledged)],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.fix}. Source: {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        # By which GitHub orders alerts. A rule that cannot know says nothing.
        "properties": {"precision": "high", "problem.severity": _PROBLEM_SEVERITIES[rule.severity]},
    }
    if rule.source.startswith("https://"):
        described["helpUri"] = rule.source
    return described


def _result(finding: Finding) -> dict[str, Any]:
    resource = finding.resource
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": _INDEXES[finding.rule.id],
        "level": _LEVELS[finding.rule.severity],
        "message": {"text": f"{finding.problem}: {finding.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(resource.stack.file)},
                    "region": _region(finding),
                },
                "logicalLocations": [
                    {"fullyQualifiedName": resource.construct_path or resource.name, "kind": "resource"}
                ],
            }
        ],
        # The same finding in the next run, wherever its line will be.
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
    }
    if finding.acknowledged is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.acknowledged}]
    return result


def _region(finding: Finding) -> dict[str, int]:
    place = place_of(finding.resource, finding.violation.path)
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.line,
        "endColumn": place.end_column,
    }


def _fingerprint(finding: Finding) -> str:
    about = finding.violation.kubernetes_object
    parts = (
        finding.rule.id,
        finding.resource.construct_path or finding.resource.name,
        finding.violation.path,
        about.title if about else "",
        finding.problem,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _uri(file: Path) -> str:
    """Relative to where the command runs, which is the root of what a code host checked out."""
    try:
        return quote(file.resolve().relative_to(Path.cwd()).as_posix())
    except ValueError:
        return file.resolve().as_uri()
