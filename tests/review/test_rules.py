"""Every rule finds its mistake, and finds nothing where there is none."""

from __future__ import annotations

import pytest

from efa_constructs.rules import RULES

from .cases import CASES, Case
from .templates import broken_rules, review_of, whole

# Those about Kubernetes have tables of their own.
OF_KUBERNETES = ("EFA-K8S-", "EFA-JOB-")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finds_the_mistake_and_nothing_else(case: Case) -> None:
    assert broken_rules(case.broken) == {case.rule.id} | case.also


@pytest.mark.parametrize("case", CASES, ids=str)
def test_says_nothing_where_the_mistake_is_not(case: Case) -> None:
    assert case.rule.id not in broken_rules(case.kept)


def test_every_rule_has_a_template_that_breaks_it_and_one_that_does_not() -> None:
    of_aws = {rule.id for rule in RULES if not rule.id.startswith(OF_KUBERNETES)}
    assert {case.rule.id for case in CASES} == of_aws


def test_a_whole_cluster_breaks_no_rule() -> None:
    assert [(finding.rule.id, finding.problem) for finding in review_of(whole).findings] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_names_the_place_and_the_fix_in_words(case: Case) -> None:
    for finding in review_of(case.broken).findings:
        for words in (finding.problem, finding.fix):
            assert words
            assert "{" not in words
            assert not words.endswith(".")
