"""What is said of each mistake, and where, changes only where a reviewer sees it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from efa_constructs.review.review import Review

from .cases import CASES
from .checks.test_manifests import BROKEN
from .manifests import review_of_manifests
from .templates import review_of

SNAPSHOT = Path(__file__).parent / "snapshots" / "findings.txt"


def said(title: str, found: Review) -> Iterator[str]:
    yield title
    for finding in found.findings:
        what = finding.violation.kubernetes_object
        place = " ".join(filter(None, [finding.resource.name, what and what.title, finding.violation.path]))
        yield f"  {finding.rule.id} at {place}"
        yield f"    {finding.problem}"
        yield f"    {finding.fix}"


def of_all_cases() -> Iterator[str]:
    """The findings of each case, by rule; cases of one rule in their order."""
    count: Counter[str] = Counter()
    reviews = [
        *((case.rule.id, review_of, case.broken) for case in CASES),
        *((rule, review_of_manifests, change) for rule, change in BROKEN),
    ]
    for rule, review, change in sorted(reviews, key=lambda one: one[0]):
        count[rule] += 1
        yield from said(f"{rule}, case {count[rule]}", review(change))  # type: ignore[operator]


def test_findings_change_knowingly() -> None:
    text = "\n".join(of_all_cases()) + "\n"
    if "WRITE_SNAPSHOTS" in os.environ:
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text(), "'make snapshots' writes it anew, for a reviewer to read"
