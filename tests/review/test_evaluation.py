"""Functions of templates: what they come to, and what nobody can know before the deployment."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.review.evaluation import Evaluator
from efa_constructs.review.values import Reference, is_known, unknown

DOCUMENT: dict[str, Any] = {
    "Parameters": {
        "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"},
        "Mode": {"Type": "String"},
        "Count": {"Type": "Number", "Default": 2},
        "Flag": {"Type": "String", "Default": "true"},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Ami": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": "/ami"},
    },
    "Conditions": {
        "KnownText": {"Fn::Equals": [{"Ref": "Count"}, "2"]},
        "KnownTruth": {"Fn::Equals": [{"Ref": "Flag"}, True]},
        "Known": {"Fn::Equals": [{"Ref": "Count"}, 2]},
        "SameSubnet": {
            "Fn::Equals": [{"Fn::Select": [0, {"Ref": "Subnets"}]}, {"Fn::Select": [1, {"Ref": "Subnets"}]}]
        },
        "Itself": {"Fn::Equals": [{"Ref": "Mode"}, {"Ref": "Mode"}]},
        "Mode": {"Fn::Equals": [{"Ref": "Mode"}, "fast"]},
        "NotMode": {"Fn::Not": [{"Condition": "Mode"}]},
        "Never": {"Fn::And": [{"Condition": "Mode"}, {"Fn::Not": [{"Condition": "Known"}]}]},
        "Always": {"Fn::Or": [{"Condition": "Mode"}, {"Condition": "Known"}]},
        "Round": {"Condition": "Round"},
    },
    "Mappings": {"Types": {"us-east-1": {"gpu": "p4d.24xlarge"}}},
    "Resources": {"Group": {"Type": "AWS::EC2::SecurityGroup"}},
}


def evaluator(region: str | None = "us-east-1") -> Evaluator:
    return Evaluator(
        stack="Stack",
        document=DOCUMENT,
        account=None,
        region=region,
        parameters={},
        export=unknown,
        output=lambda stack, name: unknown(name),
    )


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ({"Ref": "Group"}, Reference("Stack", "Group")),
        ({"Fn::GetAtt": "Group.GroupId"}, Reference("Stack", "Group", "GroupId")),
        ({"Fn::Sub": "${Group.GroupId}"}, Reference("Stack", "Group", "GroupId")),
        ({"Fn::Sub": ["${!Kept} ${ A } ${Count}", {"A": {"Ref": "AWS::Region"}}]}, "${Kept} us-east-1 2"),
        ({"Fn::FindInMap": ["Types", {"Ref": "AWS::Region"}, "gpu"]}, "p4d.24xlarge"),
        ({"Fn::If": ["Known", 1, {"Ref": "AWS::NoValue"}]}, 1),
        ({"a": {"Fn::If": ["Known", {"Ref": "AWS::NoValue"}, 1]}, "b": [{"Ref": "AWS::NoValue"}]}, {"b": []}),
        ({"Fn::If": ["Mode", -1, "-1"]}, -1),
        ({"a": {"Fn::If": ["Mode", {"Ref": "AWS::NoValue"}, {"Ref": "AWS::NoValue"}]}, "b": 1}, {"b": 1}),
        ({"Fn::Select": ["1", {"Ref": "Names"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": ["/", "a/b"]}]}, "a"),
        ({"Fn::Join": ["-", [{"Ref": "Names"}, True, 1]]}, '["a", "b"]-true-1'),
        ({"Statement": {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}}, None),
    ],
)
def test_functions_of_what_is_known_come_to_values(function: Any, value: Any) -> None:
    assert evaluator().evaluate(function) == (function if value is None else value)


@pytest.mark.parametrize(
    "function",
    [
        {"Ref": "Mode"},
        {"Ref": "Ami"},
        {"Fn::Select": [0, {"Ref": "Subnets"}]},
        {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        {"Fn::If": ["Mode", "a", "b"]},
        {"Fn::If": ["Mode", {"Ref": "Mode"}, {"Ref": "AWS::NoValue"}]},
        {"Fn::FindInMap": ["Types", {"Ref": "Mode"}, "gpu"]},
        {"Fn::Transform": {"Name": "AWS::Include"}},
        {"Fn::ForEach::Loop": ["Name", ["a"], {}]},
        "{{resolve:ssm:/ami}}",
    ],
)
def test_what_only_the_deployment_knows_stays_a_mark(function: Any) -> None:
    assert not is_known(evaluator().evaluate(function))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("Known", True),
        ("KnownText", True),
        ("KnownTruth", True),
        ("Mode", None),
        ("NotMode", None),
        ("Never", False),
        ("Always", True),
        ("Itself", True),
        ("SameSubnet", None),
        ("Round", None),
        ("Nowhere", None),
    ],
)
def test_a_condition_holds_or_does_not_or_nobody_knows(condition: str, holds: bool | None) -> None:
    assert evaluator().holds(condition) is holds


def test_what_hangs_on_the_region_is_unknown_without_one() -> None:
    assert not is_known(evaluator(region=None).evaluate({"Fn::FindInMap": ["Types", {"Ref": "AWS::Region"}, "gpu"]}))
