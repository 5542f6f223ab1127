from __future__ import annotations

from efa_constructs.review.checks import CHECKS
from efa_constructs.rules import RULES

from .templates import Template, review_of


def test_every_rule_is_checked_and_every_check_is_of_a_rule() -> None:
    assert sorted(check.rule.id for check in CHECKS) == sorted(rule.id for rule in RULES)


def test_no_two_rules_have_one_id() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_a_sound_template_breaks_no_rule() -> None:
    review = review_of()
    assert [finding.problem for finding in review.findings] == []
    assert review.passes


def test_sets_a_finding_apart_that_the_template_acknowledges_with_a_reason() -> None:
    def change(template: Template) -> None:
        template["Resources"].pop("Egress")
        template["Resources"]["SecurityGroup"]["Metadata"] = {
            "efa-constructs": {"acknowledge": [{"id": "EFA-SG-001", "reason": "another stack has the rule"}]}
        }

    review = review_of(change)
    assert review.findings == ()
    assert [finding.acknowledged for finding in review.acknowledged] == ["another stack has the rule"]


def test_takes_no_acknowledgement_without_a_reason() -> None:
    def change(template: Template) -> None:
        template["Resources"].pop("Egress")
        template["Resources"]["SecurityGroup"]["Metadata"] = {"efa-constructs": {"acknowledge": [{"id": "EFA-SG-001"}]}}

    assert [finding.rule.id for finding in review_of(change).findings] == ["EFA-SG-001"]
