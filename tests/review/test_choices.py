"""Templates with conditions: each part is reviewed as it will be deployed, with what else is deployed then."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.review.review import review

from .templates import Template, put, review_of, sound, templates_of

NO_VALUE = {"Ref": "AWS::NoValue"}


def conditions(template: Template, **parameters: dict[str, Any]) -> None:
    template["Parameters"] |= {name: {"Type": "String"} | definition for name, definition in parameters.items()}
    template["Conditions"] = {
        "Fabric": {"Fn::Equals": [{"Ref": "Fabric"}, "on"]},
        "Plain": {"Fn::Not": [{"Condition": "Fabric"}]},
        "OwnGroup": {"Fn::Equals": ["", {"Ref": "Group"}]},
    }


def launch_template_data(template: Template) -> Any:
    return template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]


def choose(condition: str, value: Any, otherwise: Any = None) -> dict[str, Any]:
    return {"Fn::If": [condition, value, NO_VALUE if otherwise is None else otherwise]}


def rules(change: Any) -> list[str]:
    return [finding.rule.id for finding in review_of(change).findings]


def with_or_without_fabric(template: Template, **parameter: Any) -> None:
    """Nodes of a launch template with EFA, or plain ones: a setting is here for the one, and there for the other."""
    conditions(template, Fabric=parameter)
    group = template["Resources"]["NodeGroup"]["Properties"]
    launched = launch_template_data(template)
    launched["NetworkInterfaces"] = choose("Fabric", launched["NetworkInterfaces"])
    launched["SecurityGroupIds"] = choose("Plain", [{"Ref": "ClusterSecurityGroup"}])
    group["DiskSize"] = choose("Plain", 100)
    group["LaunchTemplate"] = choose("Fabric", group["LaunchTemplate"])


def test_settings_that_exclude_each_other_may_hang_on_one_condition() -> None:
    assert rules(with_or_without_fabric) == []


@pytest.mark.parametrize("parameter", [{}, {"AllowedValues": ["on", "off"]}, {"Default": "on"}])
def test_finds_the_error_of_a_part_that_hangs_on_a_condition(parameter: dict[str, Any]) -> None:
    def change(template: Template) -> None:
        with_or_without_fabric(template, **parameter)
        _, interfaces, _ = launch_template_data(template)["NetworkInterfaces"]["Fn::If"]
        interfaces[1]["InterfaceType"] = "effa"

    assert rules(change) == ["EFA-NI-001"]


@pytest.mark.parametrize("parameter", [{"Default": "off"}, {"AllowedValues": ["off", "no"]}])
def test_passes_over_what_nobody_can_choose(parameter: dict[str, Any]) -> None:
    def change(template: Template) -> None:
        conditions(template, Fabric=parameter)
        put("NodeGroup.DiskSize", choose("Fabric", 100))(template)

    assert rules(change) == []


@pytest.mark.parametrize("asked", [["us-east-1"], [f"us-east-{number}" for number in range(30)]])
def test_a_stack_that_may_go_anywhere_has_the_choice_of_its_region(asked: list[str]) -> None:
    """The CDK's condition of its own metadata asks for them all, and is not worth so many reviews."""
    document = sound()
    with_or_without_fabric(document, Default="on")
    every = [{"Fn::Equals": [{"Ref": "AWS::Region"}, name]} for name in asked]
    document["Conditions"]["There"] = {"Fn::Or": every} if len(every) > 1 else every[0]
    group = document["Resources"]["NodeGroup"]["Properties"]
    group["DiskSize"] = choose("There", 100)
    launch_template_data(document)["ImageId"] = choose("There", "ami-0123456789abcdef0")
    group["AmiType"] = choose("There", "CUSTOM", "AL2023_x86_64_NVIDIA")

    def found(region: str | None) -> set[str]:
        return {finding.rule.id for finding in review(templates_of(document, region=region)).findings}

    assert found(None) == {"EFA-NG-017"}
    # An image there for certain has nobody to tell it its cluster.
    assert found("us-east-1") == {"EFA-NG-017", "EFA-LT-027"}
    assert found("eu-west-1") == set()


def test_finds_the_error_of_what_no_condition_asks_for() -> None:
    def change(template: Template) -> None:
        conditions(template, Fabric={"AllowedValues": ["on", "off"]})
        put("NodeGroup.DiskSize", choose("Plain", 100))(template)

    assert rules(change) == ["EFA-NG-017"]


def test_what_goes_wrong_only_for_two_choices_together_may_be_ruled_out() -> None:
    """A group of their own, or the id of one: nobody chooses neither."""

    def change(template: Template) -> None:
        conditions(template, Fabric={}, Group={})
        for one in launch_template_data(template)["NetworkInterfaces"]:
            cluster, own = one["Groups"]
            one["Groups"] = [cluster, choose("Fabric", own, {"Ref": "Group"})]

    assert rules(change) == []


@pytest.mark.parametrize("condition", [None, {"Fn::Equals": ["a", "a"]}])
def test_passes_over_what_a_rule_of_the_template_refuses(condition: Any) -> None:
    def change(template: Template) -> None:
        conditions(template, Fabric={})
        put("NodeGroup.DiskSize", choose("Fabric", 100))(template)
        assertion = {"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Fabric"}, "on"]}]}, "AssertDescription": "never"}
        rule = {"Assertions": [assertion]} | ({} if condition is None else {"RuleCondition": condition})
        template["Rules"] = {"NeverOn": rule, "Odd": None, "Odder": {"Assertions": ["odd"]}}

    assert rules(change) == []


def test_what_one_choice_makes_less_safe_is_chosen() -> None:
    def change(value: Any) -> Any:
        return lambda template: (
            conditions(template, Fabric={}),
            put("LaunchTemplate.LaunchTemplateData.MetadataOptions.HttpTokens", value)(template),
        )

    assert rules(change(choose("Fabric", "required", "optional"))) == []
    assert rules(change("optional")) == ["EFA-LT-011"]


def test_what_hangs_on_too_many_choices_stays_unknown() -> None:
    names = [f"Choice{number}" for number in range(5)]

    def change(template: Template) -> None:
        template["Parameters"] |= {name: {"Type": "String"} for name in names}
        template["Conditions"] = {name: {"Fn::Equals": [{"Ref": name}, "on"]} for name in names}
        put("NodeGroup.ScalingConfig.MinSize", choose(names[0], 9))(template)

    assert rules(change) == []


def test_a_finding_is_about_the_resource_of_its_stack() -> None:
    def change(template: Template) -> None:
        with_or_without_fabric(template)
        launch_template_data(template)["IamInstanceProfile"] = {"Name": "nodes"}

    review = review_of(change)
    (finding,) = review.findings
    assert finding.resource.stack is review.blueprint.templates.stacks[0]


@pytest.mark.parametrize("odd", [None, "odd", [], {"AllowedValues": {"odd": 1}}, {"AllowedValues": [None, ["odd"]]}])
def test_a_parameter_may_be_odd(odd: Any) -> None:
    def change(template: Template) -> None:
        conditions(template, Fabric={})
        template["Parameters"]["Fabric"] = odd

    assert rules(change) == []
