"""Reading templates and evaluating their functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from efa_constructs.rehearsal.account.cloudformation.dependencies import check_references, creation_order
from efa_constructs.rehearsal.account.cloudformation.errors import TemplateError
from efa_constructs.rehearsal.account.cloudformation.functions import KNOWN_AFTER_APPLY, Evaluator, Surroundings
from efa_constructs.rehearsal.account.cloudformation.parameters import check_rules, parameter_values
from efa_constructs.rehearsal.account.cloudformation.template import parse_template
from efa_constructs.rehearsal.account.resource_type import Resource

SURROUNDINGS = Surroundings(
    pseudo_parameters={"AWS::Region": "eu-north-1", "AWS::AccountId": "123456789012", "AWS::StackName": "nodes"},
    zones=lambda region: [f"{region}a", f"{region}b"],
    import_value={"vpc": "vpc-1"}.__getitem__,
    stack_output=lambda stack, output, region: f"{stack}.{output}@{region}",
    ssm_parameter={"/ami": "ami-1"}.__getitem__,
)


def document(**sections: Any) -> str:
    resources = {"Thing": {"Type": "Custom::Thing"}, "Other": {"Type": "Custom::Thing", "Condition": "Never"}}
    conditions = {"Never": {"Fn::Equals": ["a", "b"]}, "Always": {"Fn::Not": [{"Condition": "Never"}]}}
    mappings = {"Sizes": {"small": {"nodes": 2}}}
    return json.dumps({"Resources": resources, "Conditions": conditions, "Mappings": mappings, **sections})


def evaluate(value: Any, **parameters: Any) -> Any:
    thing = Resource(physical_id="thing-1", attributes={"Arn": "arn:thing-1", "Endpoint.Address": "10.0.0.1"})
    return Evaluator(parse_template(document()), parameters, SURROUNDINGS, {"Thing": thing}).evaluate(value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Thing"}, "thing-1"),
        ({"Ref": "AWS::Region"}, "eu-north-1"),
        ({"Ref": "Nodes"}, "2"),
        ({"Fn::GetAtt": ["Thing", "Arn"]}, "arn:thing-1"),
        ({"Fn::GetAtt": "Thing.Endpoint.Address"}, "10.0.0.1"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Thing"}, 3, True]]}, "a-thing-1-3-true"),
        ({"Fn::Sub": "${Thing}/${Thing.Arn}/${AWS::Region}/${!Literal}"}, "thing-1/arn:thing-1/eu-north-1/${Literal}"),
        ({"Fn::Sub": ["${x}-${Thing}", {"x": {"Ref": "Nodes"}}]}, "2-thing-1"),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "eu-north-1a"),
        ({"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}, "eu-north-1a"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::FindInMap": ["Sizes", "small", "nodes"]}, 2),
        ({"Fn::FindInMap": ["Sizes", "large", "nodes", {"DefaultValue": 9}]}, 9),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::If": ["Always", "yes", {"Ref": "Other"}]}, "yes"),
        ({"Fn::Or": [{"Condition": "Never"}, {"Fn::Equals": [2, "2"]}]}, True),
        ({"Fn::And": [{"Condition": "Never"}, {"Condition": "Always"}]}, False),
        ({"Fn::ImportValue": {"Fn::Sub": "vpc"}}, "vpc-1"),
        ({"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Id"}}, "net.Id@eu-north-1"),
        ({"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Id", "Region": "us-east-1"}}, "net.Id@us-east-1"),
        ({"Fn::Length": [1, 2, 3]}, 3),
        ({"Fn::ToJsonString": {"a": {"Ref": "Thing"}}}, '{"a":"thing-1"}'),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ("{{resolve:ssm:/ami}}", "ami-1"),
        ({"Fn::Join": ["", ["{{resolve:ssm:", "/ami", "}}"]]}, "ami-1"),
        ({"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]},
         {"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}),
        ({"Condition": {"StringEquals": {"aws:a": "b"}}}, {"Condition": {"StringEquals": {"aws:a": "b"}}}),
    ],
)  # fmt: skip
def test_evaluates(expression: Any, value: Any) -> None:
    assert evaluate(expression, Nodes="2") == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"Fn::Nonsense": 1}, "unsupported intrinsic function Fn::Nonsense"),
        ({"Fn::Select": ["2", ["a", "b"]]}, "Fn::Select cannot select nonexistent value at index 2"),
        ({"Fn::FindInMap": ["Sizes", "large", "nodes"]}, "Unable to get mapping for Sizes::large::nodes"),
        ({"Fn::GetAtt": ["Thing", "Color"]}, "resource Thing does not support attribute type Color in Fn::GetAtt"),
        ({"Ref": "Other"}, r"Unresolved resource dependencies \[Other\]"),
        ("{{resolve:secretsmanager:secret}}", "does not resolve {{resolve:secretsmanager:secret}}"),
    ],
)
def test_refuses_an_expression(expression: Any, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        evaluate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        {"Ref": "Thing"},
        {"Fn::GetAtt": ["Thing", "Arn"]},
        {"Fn::Select": [3, {"Fn::Split": [",", {"Ref": "Thing"}]}]},
        {"Fn::Base64": {"Fn::Sub": "x ${Thing}"}},
    ],
)
def test_leaves_what_only_the_deployment_will_know_open(expression: Any) -> None:
    evaluator = Evaluator(parse_template(document()), {}, SURROUNDINGS)
    assert evaluator.evaluate(expression) == KNOWN_AFTER_APPLY


def test_reads_yaml_with_short_tags_and_keeps_dates_as_text() -> None:
    template = parse_template(
        "AWSTemplateFormatVersion: 2010-09-09\n"
        "Conditions:\n  C: !Not [!Equals [a, !Ref 'AWS::Region']]\n"
        "Resources:\n"
        "  A:\n    Type: Custom::A\n    Properties:\n      Version: 2012-10-17\n"
        "      Arn: !GetAtt B.Endpoint.Address\n      Text: !Sub '${B}'\n      If: !If [C, !Ref B, 1]\n"
        "  B: {Type: Custom::B}\n"
    )
    assert template.resources["A"]["Properties"] == {
        "Version": "2012-10-17",
        "Arn": {"Fn::GetAtt": ["B", "Endpoint.Address"]},
        "Text": {"Fn::Sub": "${B}"},
        "If": {"Fn::If": ["C", {"Ref": "B"}, 1]},
    }
    assert template.conditions["C"] == {"Fn::Not": [{"Fn::Equals": ["a", {"Ref": "AWS::Region"}]}]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "JSON not well-formed"),
        ("a: [", "YAML not well-formed"),
        ("just text", "unsupported structure"),
        ("{}", "At least one Resources member must be defined"),
        ('{"Resorces": {}}', r"Invalid template property or properties \[Resorces\]"),
        ('{"Resources": {"A": {}}}', r"\[/Resources/A\] Every Resources object must contain a Type member"),
        ('{"Resources": {"A-b": {"Type": "T"}}}', "Resource name A-b is non alphanumeric"),
        ('{"Resources": {"A": {"Type": "T", "Propertys": {}}}}', "Invalid template resource property 'Propertys'"),
        ('{"Resources": {"A": {"Type": "T", "DeletionPolicy": "Keep"}}}', "Unrecognized DeletionPolicy Keep"),
        ('{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": {"Type": "T"}}}', "AWS::Serverless"),
    ],
)
def test_refuses_a_template(body: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        parse_template(body)


def resources(**definitions: Any) -> dict[str, Any]:
    return {name: {"Type": "Custom::Thing", **definition} for name, definition in definitions.items()}


def test_orders_resources_by_what_they_refer_to() -> None:
    definitions = resources(
        A={"Properties": {"x": {"Fn::Sub": "${B.Arn}"}}},
        B={"DependsOn": "C"},
        C={"Properties": {"x": [{"Fn::If": ["c", {"Ref": "D"}, 1]}]}},
        D={},
        E={"Properties": {"x": {"Fn::Sub": ["${y}", {"y": {"Fn::GetAtt": ["A", "Arn"]}}]}}},
    )
    assert creation_order(definitions) == ["D", "C", "B", "A", "E"]


def test_names_the_resources_of_a_circle_and_no_others() -> None:
    definitions = resources(A={"DependsOn": ["B"]}, B={"Properties": {"x": {"Ref": "A"}}}, C={"DependsOn": "A"}, D={})
    with pytest.raises(TemplateError, match=r"^Circular dependency between resources: \[A, B\]$"):
        creation_order(definitions)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Resources": resources(A={"Properties": {"x": {"Ref": "Nowhere"}}})}, r"\[Nowhere\] in the Resources block"),
        ({"Resources": resources(A={"DependsOn": "Gone"})}, r"\[Gone\] in the Resources block"),
        ({"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Gone", "Arn"]}}}}, r"\[Gone\] in the Outputs block"),
        ({"Resources": resources(A={"Condition": "Maybe"})}, "Unresolved condition dependency Maybe"),
    ],
)
def test_refuses_references_to_nothing(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        check_references(parse_template(document(**sections)))


PARAMETERS = {
    "Size": {"Type": "Number", "MinValue": 1, "MaxValue": 3, "Default": 2},
    "Kind": {"Type": "String", "AllowedValues": ["a", "b"], "Default": "a"},
    "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "lower case only"},
    "Zones": {"Type": "CommaDelimitedList", "Default": ""},
    "Ami": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/ami"},
}


def values(**given: str) -> Any:
    template = parse_template(document(Parameters=PARAMETERS))
    return parameter_values(template, given, {}, SURROUNDINGS.ssm_parameter)


def test_takes_defaults_and_looks_up_stored_parameters() -> None:
    found = values(Name="abc", Zones="x, y")
    assert found.resolved == {"Size": "2", "Kind": "a", "Name": "abc", "Zones": ["x", "y"], "Ami": "ami-1"}
    assert found.given["Ami"] == "/ami"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"Parameters: \[Name\] must have values"),
        ({"Name": "a", "Nmae": "b"}, r"Parameters: \[Nmae\] do not exist in the template"),
        ({"Name": "A"}, "Parameter Name failed to satisfy constraint: lower case only"),
        ({"Name": "a", "Kind": "c"}, "Parameter 'Kind' must be one of AllowedValues"),
        ({"Name": "a", "Size": "4"}, "Parameter 'Size' must be a number not greater than 3"),
        ({"Name": "a", "Size": "many"}, "Parameter 'Size' must be a number"),
    ],
)
def test_refuses_parameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        values(**given)


@pytest.mark.parametrize(("version", "refused"), [("5", True), ("28", False)])
def test_refuses_an_account_whose_bootstrap_is_too_old(version: str, refused: bool) -> None:
    assertion = {
        "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]},
        "AssertDescription": "CDK bootstrap stack version 6 required",
    }
    template = parse_template(
        document(
            Parameters={"BootstrapVersion": {"Type": "String"}},
            Rules={"CheckBootstrapVersion": {"Assertions": [assertion]}},
        )
    )
    evaluator = Evaluator(template, {"BootstrapVersion": version}, SURROUNDINGS)
    if refused:
        with pytest.raises(TemplateError, match="CDK bootstrap stack version 6 required"):
            check_rules(evaluator)
    else:
        check_rules(evaluator)
