from __future__ import annotations

import pytest

from ..templates import Template, broken_rules


@pytest.mark.parametrize(("missing", "rule"), [("Egress", "EFA-SG-001"), ("Ingress", "EFA-SG-002")])
def test_finds_a_group_that_does_not_talk_to_itself(missing: str, rule: str) -> None:
    assert broken_rules(lambda template: template["Resources"].pop(missing)) == {rule}


def test_does_not_take_a_rule_to_everywhere_for_one_to_itself() -> None:
    def change(template: Template) -> None:
        properties = template["Resources"]["Egress"]["Properties"]
        del properties["DestinationSecurityGroupId"]
        properties["CidrIp"] = "0.0.0.0/0"

    assert broken_rules(change) == {"EFA-SG-001"}
