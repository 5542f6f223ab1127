"""The templates of an app, by the names that it gives them, with what it says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.review import read_assembly_templates
from efa_constructs.review.stack_template import StackTemplate

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def assembly(folder: Path, **templates: Any) -> Path:
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://123456789012/{region}",
            "properties": {"templateFile": f"{name}.json", "stackName": "training"},
        }
        for name, region in zip(templates, ("us-east-1", "us-west-2"), strict=False)
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    for name, template in templates.items():
        (folder / f"{name}.json").write_text(json.dumps(template))
    return folder


def test_a_stack_of_an_app_may_have_no_resources(tmp_path: Path) -> None:
    templates = read_assembly_templates(assembly(tmp_path, One={"Parameters": {}}, Two={"Resources": {"Vpc": VPC}}))
    assert [resource.logical_id for resource in templates.resources] == ["Vpc"]


def test_tells_stacks_of_the_same_name_in_two_regions_apart(tmp_path: Path) -> None:
    def template(cidr: str) -> dict[str, Any]:
        vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Ref": "Cidr"}}}
        subnet = {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}}
        return {
            "Parameters": {"Cidr": {"Type": "String", "Default": cidr}},
            "Resources": {"Vpc": vpc, "Subnet": subnet},
        }

    templates = read_assembly_templates(assembly(tmp_path, One=template("10.0.0.0/16"), Two=template("10.1.0.0/16")))
    assert [stack.name for stack in templates.stacks] == ["training", "training (us-west-2)"]
    assert [vpc.get("CidrBlock") for vpc in templates.of_type("AWS::EC2::VPC")] == ["10.0.0.0/16", "10.1.0.0/16"]
    vpcs = [templates.at(subnet.get("VpcId")) for subnet in templates.of_type("AWS::EC2::Subnet")]
    assert vpcs == templates.of_type("AWS::EC2::VPC")


def one_stack(folder: Path, **artifact: Any) -> StackTemplate:
    """The stack of an assembly that says this of it."""
    (folder / "One.template.json").write_text(json.dumps({"Resources": {"Vpc": VPC}}))
    stack = {"type": "aws:cloudformation:stack", **artifact}
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": {"One": stack}}))
    (found,) = read_assembly_templates(folder).stacks
    return found


def test_takes_the_names_that_the_app_gives(tmp_path: Path) -> None:
    found = one_stack(
        tmp_path,
        displayName="Stage/One",
        environment="aws://123456789012/us-west-2",
        properties={"stackName": "training"},
    )
    assert (found.name, found.construct_path, found.account, found.region) == (
        *("training", "Stage/One", "123456789012", "us-west-2"),
    )
    assert found.file == tmp_path / "One.template.json"


def test_takes_the_id_where_the_app_gives_no_names(tmp_path: Path) -> None:
    found = one_stack(tmp_path)
    assert (found.name, found.construct_path, found.account, found.region) == ("One", "One", None, None)


@pytest.mark.parametrize(
    ("root", "version"),
    [
        ({"fqn": "aws-cdk-lib.App", "version": "2.300.1"}, "2.300.1"),
        ({"fqn": "cdk8s.App", "version": "2.70.0"}, None),
        (None, None),
    ],
)
def test_takes_the_version_of_the_cdk_that_wrote_it(tmp_path: Path, root: Any, version: str | None) -> None:
    assert one_stack(tmp_path).cdk_version is None
    (tmp_path / "tree.json").write_text(json.dumps({"version": "tree-0.1", "tree": {"constructInfo": root}}))
    assert one_stack(tmp_path).cdk_version == version


def test_takes_acknowledged_rules_from_the_manifest_and_the_file_beside_it(tmp_path: Path) -> None:
    def said(kind: str, **reasons: str) -> dict[str, Any]:
        return {"type": kind, "data": reasons}

    acknowledged = "aws:cdk:acknowledged-rules"
    beside = {"/One/Nodes": [said(acknowledged, second="why"), said("aws:cdk:info", third="no")]}
    (tmp_path / "One.metadata.json").write_text(json.dumps(beside))
    odd: list[Any] = [{"type": acknowledged, "data": "odd"}, "odd"]
    found = one_stack(
        tmp_path,
        metadata={"/One/Vpc": [said(acknowledged, first="because"), said(acknowledged, other="too"), *odd]},
        additionalMetadataFile="One.metadata.json",
    )
    assert found.acknowledgements == {
        "One/Vpc": {"first": "because", "other": "too"},
        "One/Nodes": {"second": "why"},
    }
