"""Writes the reference of the rules, docs/reference/rules.md, from the rules themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from efa_constructs.rules import RULES, Rule

_TOPICS = {
    "CFN": "Templates",
    "EKS": "Clusters and access",
    "IAM": "Permissions",
    "JOB": "Pods and MPIJobs",
    "K8S": "Device plugins, the MPI Operator, manifests",
    "LT": "Launch templates",
    "NET": "Subnets and zones",
    "NG": "Node groups",
    "NI": "Network interfaces",
    "SG": "Security groups",
}
_HEAD = """\
# Rules

Each mistake that is known is a rule. Constructs refuse it when they are made, [`efa report`](command.md#efa-report)
finds it in any template, and `EfaRules` lets `cdk synth` fail by it. [How to review an app](../how-to/review.md) says
how to accept a finding.

An *error* does not deploy, or does not use EFA, or keeps jobs from running. A *warning* works, and is slower, less
safe or dearer than meant. A *note* is worth knowing.

This page is written by `make rules`.
"""


def page(rules: Iterable[Rule]) -> str:
    """The page in Markdown."""
    return "".join(_parts(rules))


def _parts(rules: Iterable[Rule]) -> Iterator[str]:
    yield _HEAD
    for topic, of_topic in groupby(sorted(rules, key=lambda rule: rule.id), key=lambda rule: rule.id.split("-")[1]):
        yield f"\n## {_TOPICS[topic]}\n"
        for rule in of_topic:
            source = f"<{rule.source}>" if rule.source.startswith("https://") else rule.source
            # Links are to the id alone.
            yield f"\n### {rule.id}: {rule.title} {{ #{rule.id.lower()} }}\n\n"
            yield f"*{rule.severity.value.capitalize()}*. {rule.why}\n\n"
            yield f"Fix: {_as_code(rule.fix)}.\n\nSource: {source}\n"


def _as_code(text: str) -> str:
    """Names of values as code."""
    return text.replace("{", "*").replace("}", "*")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(RULES), encoding="utf-8")
