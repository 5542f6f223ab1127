"""A review as a JUnit report, which every CI reads: a suite for each stack, a test case for each rule.

Source: https://github.com/jenkinsci/xunit-plugin, its schema of JUnit reports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from ...rules import RULES, Rule, Severity
from ..review import Finding, Review
from ..stack_template import StackTemplate

__all__ = ["to_junit"]

# What XML 1.0 does not have, and a template may.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def to_junit(review: Review) -> str:
    """An XML document. A test case fails for an error; other findings, and acknowledged ones, are in its output."""
    root = ElementTree.Element("testsuites", name="efa report")
    suites = [_suite(review, stack) for stack in review.blueprint.templates.stacks]
    root.extend(suites)
    for count in ("tests", "failures"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.set("errors", "0")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(review: Review, stack: StackTemplate) -> ElementTree.Element:
    findings = [each for each in review.findings if each.resource.stack is stack]
    acknowledged = [each for each in review.acknowledged if each.resource.stack is stack]
    suite = ElementTree.Element("testsuite", name=_clean(stack.name), tests=str(len(RULES)), errors="0", time="0")
    failures = 0
    for rule in RULES:
        case = ElementTree.SubElement(
            suite, "testcase", name=f"{rule.id}: {rule.title}", classname=_clean(stack.name), time="0"
        )
        broken = [each for each in findings if each.rule is rule]
        if broken and rule.severity is Severity.ERROR:
            failures += 1
            failure = ElementTree.SubElement(
                case, "failure", message=_clean(_in_words(broken[0])), type=rule.severity.value
            )
            failure.text = _clean(_details(rule, broken))
        said = [_in_words(each) for each in broken if rule.severity is not Severity.ERROR]
        said += [f"{_in_words(each)} (acknowledged: {each.acknowledged})" for each in acknowledged if each.rule is rule]
        if said:
            ElementTree.SubElement(case, "system-out").text = _clean("\n".join(said))
    suite.set("failures", str(failures))
    return suite


def _in_words(finding: Finding) -> str:
    return f"{finding.resource.name}: {finding.problem}"


def _details(rule: Rule, broken: Sequence[Finding]) -> str:
    return "\n".join(
        [*(f"{_in_words(each)}\n  fix: {each.fix}" for each in broken), f"why: {rule.why}", f"source: {rule.source}"]
    )


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
