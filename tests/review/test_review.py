from __future__ import annotations

import pkgutil
import re
from types import ModuleType

import pytest

import efa_constructs.review.reading
from efa_constructs.review import blueprint
from efa_constructs.review.checks import CHECKS
from efa_constructs.rules import RULES

from .templates import Template, put, review_of


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

    assert [finding.rule.id for finding in review_of(change).findings] == ["EFA-SG-001", "EFA-CFN-010"]


def test_says_which_rule_somebody_may_have_meant_to_acknowledge() -> None:
    def change(template: Template) -> None:
        metadata = {"efa-constructs": {"acknowledge": [{"id": "EFA-SG-1", "reason": "known"}]}}
        template["Resources"]["SecurityGroup"]["Metadata"] = metadata

    (finding,) = review_of(change).findings
    assert finding.problem.startswith(
        "the metadata of Stack1/SecurityGroup acknowledges EFA-SG-1, which is no rule; did you mean EFA-SG-0"
    )


INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://templates/part.yaml"}}


@pytest.mark.parametrize("place", ["LaunchTemplate.LaunchTemplateData", "LaunchTemplate", "NodeGroup.ScalingConfig"])
def test_says_nothing_about_what_a_macro_writes(place: str) -> None:
    """The rest of a property may come from there, and what uses the resource may be as it should."""

    def change(template: Template) -> None:
        put("LaunchTemplate.LaunchTemplateData.MetadataOptions", {})(template)
        put("LaunchTemplate.LaunchTemplateData.NetworkInterfaces", [])(template)
        put("NodeGroup.ScalingConfig", {"MinSize": 5, "MaxSize": 1})(template)

    def with_macro(template: Template) -> None:
        change(template)
        put(f"{place}.Fn::Transform", INCLUDE)(template)

    assert {"EFA-LT-011", "EFA-NI-012", "EFA-NG-001"} <= {each.rule.id for each in review_of(change).findings}
    about = {each.resource.logical_id for each in review_of(with_macro).findings}
    assert about == ({"LaunchTemplate"} if place.startswith("NodeGroup") else set())


def test_a_macro_may_write_all_properties_of_a_resource_and_resources_of_its_own() -> None:
    def change(template: Template) -> None:
        template["Resources"]["PlacementGroup"]["Properties"] = {"Fn::Transform": INCLUDE}
        template["Resources"]["Fn::Transform"] = INCLUDE

    review = review_of(change)
    assert review.findings == ()
    assert "Fn::Transform" not in {each.logical_id for each in review.blueprint.templates.resources}


def test_reads_the_rules_of_security_groups_once_however_many_groups_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates of megabytes are reviewed in seconds."""
    readings = []
    read = blueprint.group_rules
    monkeypatch.setattr(blueprint, "group_rules", lambda templates: readings.append(1) or read(templates))

    def change(template: Template) -> None:
        for number in range(20):
            for name in ("SecurityGroup", "LaunchTemplate"):
                template["Resources"][f"{name}{number}"] = template["Resources"][name]

    review_of(change)
    assert len(readings) == 1


@pytest.mark.parametrize("package", [efa_constructs.review, efa_constructs.review.reading])
def test_a_package_says_where_to_look(package: ModuleType) -> None:
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules == set(re.findall(r"``(\w+)``", str(package.__doc__)))
