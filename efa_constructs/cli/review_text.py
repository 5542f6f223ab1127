"""What ``efa report --check`` prints for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from ..review import Finding, Review
from ..review.comparison import Comparison
from ..rules import Severity
from .output import console

__all__ = ["print_findings", "print_refusals"]

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_SEVERITY = max(map(len, Severity))
_INDENT = _SEVERITY + 2


def print_findings(review: Review) -> None:
    """Print the findings, the worst first, each with where it is, what to do and why, and how many there are."""
    out = console()
    for finding in review.findings:
        severity = finding.rule.severity
        out.print(
            Text.assemble(
                (f"{severity:<{_SEVERITY}}", _STYLES[severity]), "  ", (finding.rule.id, "bold"), f"  {_where(finding)}"
            ),
            soft_wrap=True,
        )
        for line in _lines(finding, out.width):
            out.print(Text(line), soft_wrap=True)
        out.print()
    for finding in review.acknowledged:
        out.print(
            Text(f"{'':{_INDENT}}{finding.rule.id}  {_where(finding)} is acknowledged: {finding.acknowledged}"),
            soft_wrap=True,
        )
    if review.acknowledged:
        out.print()
    out.print(Text(_summary(review)))


def print_refusals(comparison: Comparison) -> None:
    """Print what CloudFormation would refuse to update: what cannot change so, and what another stack imports."""
    out = console()
    refused = [[f"{change.resource.name}: {change.refusal}"] for change in comparison.refused_changes]
    in_use = [[export.problem, f"fix: {export.fix}"] for export in comparison.exports_in_use]
    for parts in (*refused, *in_use):
        out.print()
        for part in parts:
            for line in _wrapped(part, out.width):
                out.print(Text(line), soft_wrap=True)


def _where(finding: Finding) -> str:
    about = finding.violation.kubernetes_object
    path = finding.resource.construct_path
    place = finding.resource.name if path is None else f"{finding.resource.name} ({path})"
    return place if about is None else f"{about.title} of {place}"


def _lines(finding: Finding, width: int) -> Iterator[str]:
    rule = finding.rule
    for part in (finding.problem, f"fix: {finding.fix}", f"why: {rule.why}", f"see: {rule.source}"):
        yield from _wrapped(part, width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=" " * _INDENT,
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _summary(review: Review) -> str:
    counts = [(severity, _count(review.findings, severity)) for severity in Severity]
    said = [f"{count} {severity}{'s' * (count != 1)}" for severity, count in counts if count]
    if review.acknowledged:
        said.append(f"{len(review.acknowledged)} acknowledged")
    stacks = len(review.blueprint.templates.stacks)
    return f"{', '.join(said) or 'no findings'} in {stacks} template{'s' * (stacks != 1)}"


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(finding.rule.severity is severity for finding in findings)
