"""What functions of a template come to before the deployment, and what stays for it to know."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.review.stack_template import StackTemplate
from efa_constructs.review.templates import Templates
from efa_constructs.review.values import Reference, unknown

OWN: dict[str, Any] = {
    "Parameters": {
        "Size": {"Type": "Number", "Default": 3},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Groups": {"Type": "List<AWS::EC2::SecurityGroup::Id>", "Default": "sg-1,sg-2"},
        "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/aws/ami"},
        "Asked": {"Type": "String"},
    },
    "Mappings": {"Map": {"us-west-2": {"Ami": "ami-1", "Zones": ["a"]}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Size"}, 3]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Perhaps": {"Fn::Equals": [{"Ref": "Asked"}, "x"]},
        "Itself": {"Fn::Not": [{"Condition": "Itself"}]},
    },
    "Resources": {"Vpc": {"Type": "AWS::EC2::VPC"}},
    "Outputs": {
        "Own": {"Value": "own", "Export": {"Name": "exported"}},
        "Round": {"Value": {"Fn::ImportValue": "round"}, "Export": {"Name": "round"}},
    },
}
YES, NO, PERHAPS = ({"Condition": name} for name in ("Yes", "No", "Perhaps"))
ASKED = unknown("Asked")


def evaluated(value: Any, region: str | None = "us-west-2", account: str | None = "123456789012") -> Any:
    """The value of a property of a resource, in a stack with another one beside it."""
    document = {**OWN, "Resources": {**OWN["Resources"], "Thing": {"Type": "A", "Properties": {"Value": value}}}}
    own = StackTemplate(name="Own", document=document, file=Path("own.json"), region=region, account=account)
    outputs = {"Told": {"Value": {"Ref": "Role"}, "Export": {"Name": "told"}}, "Odd": "odd"}
    resources = {"Role": {"Type": "AWS::IAM::Role"}}
    other = StackTemplate(name="Other", document={"Resources": resources, "Outputs": outputs}, file=Path("other.json"))
    templates = Templates([own, other])
    (thing,) = templates.of_type("A")
    return thing.properties.get("Value")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Vpc"}, Reference("Own", "Vpc")),
        ({"Ref": "Size"}, 3),
        ({"Ref": "Names"}, ["a", "b"]),
        ({"Ref": "Groups"}, ["sg-1", "sg-2"]),
        ({"Ref": "Image"}, unknown("ssm:/aws/ami")),
        ({"Ref": "Asked"}, ASKED),
        ({"Ref": "Nowhere"}, unknown("Nowhere")),
        ({"Ref": ["Vpc"]}, unknown("Ref")),
        ({"Ref": "AWS::Region"}, "us-west-2"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::StackName"}, "Own"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::StackId"}, unknown("AWS::StackId")),
        ({"Ref": "AWS::NoValue"}, None),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ({"Fn::GetAtt": ["Vpc", "CidrBlock"]}, Reference("Own", "Vpc", "CidrBlock")),
        ({"Fn::GetAtt": "Vpc.Ipv6.First"}, Reference("Own", "Vpc", "Ipv6.First")),
        ({"Fn::GetAtt": "Vpc"}, unknown("Fn::GetAtt")),
        ({"Fn::GetAtt": ["Vpc", 1]}, unknown("Fn::GetAtt")),
        ({"Fn::Join": ["-", ["a", {"Ref": "Size"}, True, {"b": 1}]]}, 'a-3-true-{"b": 1}'),
        ({"Fn::Join": ["", [{"Ref": "Vpc"}]]}, Reference("Own", "Vpc")),
        ({"Fn::Join": ["-", {"Ref": "Asked"}]}, unknown("Fn::Join")),
        ({"Fn::Sub": "${Size}-${ Vpc.Id }-${!Size}"}, f"3-{Reference('Own', 'Vpc', 'Id')}-${{Size}}"),
        ({"Fn::Sub": ["${One}${Size}", {"One": {"Ref": "Size"}}]}, "33"),
        ({"Fn::Sub": "${Vpc}"}, Reference("Own", "Vpc")),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Select": [2, ["a", "b"]]}, unknown("Fn::Select")),
        ({"Fn::Select": ["x", ["a"]]}, unknown("Fn::Select")),
        ({"Fn::Select": [0, {"Ref": "Asked"}]}, unknown("Fn::Select")),
        ({"Fn::Split": [",", "a,b c"]}, ["a", "b c"]),
        ({"Fn::Split": [",", {"Ref": "Asked"}]}, unknown("Fn::Split")),
        ({"Fn::Split": [",", ["a"]]}, unknown("Fn::Split")),
        ({"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Ami"]}, "ami-1"),
        ({"Fn::FindInMap": ["Map", "us-west-2", "Zones", {"DefaultValue": 1}]}, ["a"]),
        ({"Fn::FindInMap": ["Map", "nowhere", "Ami"]}, unknown("Fn::FindInMap")),
        ({"Fn::FindInMap": "Map"}, unknown("Fn::FindInMap")),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, {"Ref": "Size"}]}, 3),
        ({"Fn::If": ["Perhaps", 1, 2]}, unknown("Perhaps")),
        ({"Fn::If": ["Itself", 1, 2]}, unknown("Itself")),
        ({"Fn::If": ["Yes", 1]}, unknown("Fn::If")),
        ({"Fn::Equals": ["a", "b"]}, False),
        ({"Fn::Equals": [{"Ref": "Asked"}, {"Ref": "Asked"}]}, True),
        ({"Fn::Equals": [{"Ref": "Asked"}, "a"]}, unknown("Fn::Equals")),
        ({"Fn::Equals": ["a", {"Ref": "Asked"}]}, unknown("Fn::Equals")),
        ({"Fn::Not": [YES]}, False),
        ({"Fn::Not": [NO]}, True),
        ({"Fn::Not": [PERHAPS]}, unknown("Fn::Not")),
        ({"Fn::Not": []}, unknown("Fn::Not")),
        ({"Fn::And": [YES, YES]}, True),
        ({"Fn::And": [PERHAPS, NO]}, False),
        ({"Fn::And": [YES, PERHAPS]}, unknown("Fn::And")),
        ({"Fn::And": "odd"}, unknown("Fn::And")),
        ({"Fn::Or": [NO, NO]}, False),
        ({"Fn::Or": [PERHAPS, YES]}, True),
        ({"Fn::Or": [NO, PERHAPS]}, unknown("Fn::Or")),
        ({"Fn::Or": "odd"}, unknown("Fn::Or")),
        ({"Fn::Contains": [["a", "b"], "a"]}, True),
        ({"Fn::Contains": [["a", "b"], "c"]}, False),
        ({"Fn::Contains": [["a", {"Ref": "Asked"}], "a"]}, unknown("Fn::Contains")),
        ({"Fn::Contains": [["a"], {"Ref": "Asked"}]}, unknown("Fn::Contains")),
        (YES, True),
        (PERHAPS, unknown("Perhaps")),
        # In a policy of IAM.
        ({"Condition": {"Bool": {"Ref": "Size"}}}, {"Condition": {"Bool": 3}}),
        ({"Fn::Base64": "ä"}, base64.b64encode("ä".encode()).decode()),
        ({"Fn::ToJsonString": {"a": {"Ref": "Size"}, "ä": 1}}, json.dumps({"a": 3, "ä": 1}, ensure_ascii=False)),
        ({"Fn::ImportValue": "told"}, Reference("Other", "Role")),
        ({"Fn::ImportValue": {"Fn::Sub": "tol${One}"}}, unknown(f"tol{unknown('One')}")),
        ({"Fn::ImportValue": "exported"}, "own"),
        ({"Fn::ImportValue": "nothing"}, unknown("nothing")),
        ({"Fn::ImportValue": "round"}, unknown("Own.Round")),
        ({"Fn::GetStackOutput": {"StackName": "Other", "OutputName": "Told"}}, Reference("Other", "Role")),
        ({"Fn::GetStackOutput": {"StackName": "Other", "OutputName": "None"}}, unknown("Other.None")),
        ({"Fn::GetStackOutput": {"StackName": "Far", "OutputName": "Told"}}, unknown("Far.Told")),
        ({"Fn::GetStackOutput": "odd"}, unknown("Fn::GetStackOutput")),
        ({"Fn::Heard::Of": "nothing"}, unknown("Fn::Heard::Of")),
        ("{{resolve:ssm:/a}} and {{resolve:ssm:b}}", f"{unknown('ssm:/a')} and {unknown('ssm:b')}"),
        # An object with more than a function in it is none.
        ({"Ref": "Size", "Other": 1}, {"Ref": "Size", "Other": 1}),
        (1.5, 1.5),
    ],
    ids=str,
)  # fmt: skip
def test_evaluates_as_cloudformation_does_as_far_as_it_is_known(value: Any, expected: Any) -> None:
    found = evaluated(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        (None, "aws", "amazonaws.com"),
    ],
)
def test_knows_the_partition_of_a_region(region: str | None, partition: str, suffix: str) -> None:
    assert evaluated([{"Ref": "AWS::Partition"}, {"Ref": "AWS::URLSuffix"}], region) == [partition, suffix]
    assert evaluated({"Ref": "AWS::AccountId"}, region, None) == unknown("AWS::AccountId")


def test_a_resource_whose_condition_does_not_hold_is_not_there() -> None:
    resources = {name: {"Type": "A", "Condition": name} for name in ("Yes", "No", "Perhaps", "Nowhere")}
    document = {**OWN, "Resources": resources}
    templates = Templates([StackTemplate(name="Own", document=document, file=Path("own.json"))])
    assert [one.logical_id for one in templates.of_type("A")] == ["Yes", "Perhaps", "Nowhere"]


def test_parameters_and_outputs_go_through_nested_stacks() -> None:
    inner_document = {
        "Parameters": {"Vpc": {"Type": "String", "Default": "none"}, "Left": {"Type": "String", "Default": "default"}},
        "Resources": {"Subnet": {"Type": "B", "Properties": {"VpcId": {"Ref": "Vpc"}, "Left": {"Ref": "Left"}}}},
        "Outputs": {"Subnet": {"Value": {"Ref": "Subnet"}}},
    }
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Vpc": {"Ref": "Vpc"}}}}
    taking = {
        "Subnet": {"Fn::GetAtt": ["Nested", "Outputs.Subnet"]},
        "None": {"Fn::GetAtt": ["Nested", "Outputs.None"]},
        "Id": {"Fn::GetAtt": ["Nested", "Arn"]},
    }
    resources = {"Vpc": {"Type": "V"}, "Nested": nested, "Taking": {"Type": "T", "Properties": taking}}
    inner = StackTemplate(name="Own/Nested", document=inner_document, file=Path("inner.json"))
    outer = StackTemplate(
        name="Own", document={"Resources": resources}, file=Path("own.json"), nested={"Nested": inner}
    )
    templates = Templates([outer])
    (subnet,), (taker,) = templates.of_type("B"), templates.of_type("T")
    assert subnet.properties == {"VpcId": Reference("Own", "Vpc"), "Left": "default"}
    assert taker.properties == {
        "Subnet": Reference("Own/Nested", "Subnet"),
        "None": unknown("Own/Nested.None"),
        "Id": Reference("Own", "Nested", "Arn"),
    }
    assert templates.at(taker.get("Subnet")) is subnet
