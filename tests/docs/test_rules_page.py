"""The reference of the rules, held against the rules."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from efa_constructs.rules import RULES, Rule

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_rules_say() -> None:
    specification = importlib.util.spec_from_file_location(
        "rules_page", ROOT / "docs" / ".extensions" / "rules_page.py"
    )
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert (ROOT / "docs" / "reference" / "rules.md").read_text() == module.page(RULES), "run 'make rules'"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_written_like_the_others(rule: Rule) -> None:
    assert re.fullmatch(r"EFA-[A-Z0-9]{2,3}-\d{3}", rule.id)
    for sentence in (rule.title, rule.problem, rule.fix):
        assert not sentence.endswith("."), sentence
    # Only these two have the values of a finding.
    assert "{" not in rule.title + rule.why
    assert rule.title[0].isupper() and rule.why.endswith(".")
    assert rule.fix[0].islower() or rule.fix.startswith("{")
    assert rule.source
