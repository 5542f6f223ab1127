"""Reading templates: what cannot be read is refused in a line, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.review import read_assembly_templates, read_template_file, review
from efa_constructs.review.templates import StackTemplate, Templates

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
NESTED = "AWS::CloudFormation::Stack"


def nest(template: str) -> dict[str, Any]:
    return {"Type": NESTED, "Metadata": {"aws:asset:path": template}}


def deep(levels: int) -> str:
    return f'{{"Resources": {{"A": {{"Type": "Custom::A", "Properties": {"[" * levels}{"]" * levels}}}}}}}'


def aliases(count: int) -> str:
    """A list of lists of lists: short in YAML, and endless."""
    lists = [f"A{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, count)]
    return "\n".join(["A0: &a0 x", *lists, f"Resources: {{A: *a{count - 1}}}"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (deep(5000), "more than 200 levels"),
        (deep(500), "more than 200 levels"),
        ("Resources:\n  A: &a\n    Type: AWS::EC2::VPC\n    Properties: *a\n", "more than 200 levels"),
        (aliases(8), "more than 500,000 values"),
        ('{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}}', "it is Terraform's"),
        ('{"resource": {"aws_launch_template": {"nodes": {}}}}', "it is Terraform's"),
        ("{}", "it has no 'Resources'"),
        (f'{{"Resources": {{"A": {"9" * 5000}}}}}', "4300 digits"),
        ('{"Resources": {"A": {"Type": "\\ud800"}}}', "surrogate"),
        ("Resources: {}\n---\nResources: {}\n", "YAML not well-formed"),
    ],
)
def test_refuses_a_template_of_no_use_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(text)
    with pytest.raises(InvalidArgumentError, match=message) as refusal:
        read_template_file(file)
    assert "\n" not in str(refusal.value)


def test_reviews_a_template_that_is_as_deep_as_may_be(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(deep(195))
    assert review(read_template_file(file)).passes


def test_reads_an_alias_as_what_it_stands_for(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(aliases(2) + "\n")
    assert read_template_file(file).stacks[0].document["Resources"]["A"] == ["x"] * 9


def test_the_name_of_a_field_is_the_text_that_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        "Common: &common {2: b}\n"
        "Resources: {A: {Type: AWS::EKS::Nodegroup, Properties: {Labels: {<<: *common, 1: a, on: c, 2026-11-26: d}}}}\n"
    )
    templates = read_template_file(file)
    assert templates.resources[0].get("Labels") == {"2": "b", "1": "a", "on": "c", "2026-11-26": "d"}
    review(templates)


@pytest.mark.parametrize("key", ["[1, 2]", "{a: b}", "!Ref Name"])
def test_refuses_a_field_without_a_name_in_a_line(tmp_path: Path, key: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(f"Resources:\n  A:\n    ? {key}\n    : b\n")
    with pytest.raises(InvalidArgumentError, match="YAML not well-formed"):
        read_template_file(file)


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


def test_tells_stacks_of_the_same_name_apart_wherever_they_go() -> None:
    inner = StackTemplate(name="training/Nested", document={"Resources": {"Vpc": VPC}}, file=Path("nested.json"))
    resources = {"Nested": {"Type": NESTED}}
    outer = StackTemplate(
        name="training", document={"Resources": resources}, file=Path("one.json"), nested={"Nested": inner}
    )
    names = [stack.name for stack in Templates([outer, outer, outer]).stacks]
    assert names == [
        *("training", "training/Nested"),
        *("training (2)", "training (2)/Nested"),
        *("training (3)", "training (3)/Nested"),
    ]


@pytest.mark.parametrize(
    ("account", "region"), [("111111111111", "us-west-2"), ("222222222222", "us-east-1"), (None, "us-west-2")]
)
def test_an_export_is_of_its_own_account_and_region(account: str | None, region: str) -> None:
    exporting = {
        "Resources": {"Vpc": VPC},
        "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "Network:Vpc"}}},
    }
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Fn::ImportValue": "Network:Vpc"}}}
    templates = Templates(
        StackTemplate(name=name, document=document, file=Path("t.json"), account=place[0], region=place[1])
        for place in (("111111111111", "us-east-1"), (account, region))
        for name, document in (("Network", exporting), ("Nodes", {"Resources": {"Group": group}}))
    )
    vpcs = [templates.at(group.get("VpcId")) for group in templates.of_type("AWS::EC2::SecurityGroup")]
    assert vpcs == templates.of_type("AWS::EC2::VPC")


def test_refuses_a_nested_stack_that_has_itself_in_it(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"Resources": {"Two": nest("two.json")}}))
    (tmp_path / "two.json").write_text(json.dumps({"Resources": {"One": nest("one.json")}}))
    with pytest.raises(InvalidArgumentError, match=r"one\.json' is nested in itself"):
        read_template_file(tmp_path / "one.json")


def test_finds_a_nested_template_by_the_asset_that_its_address_names(tmp_path: Path) -> None:
    """As an app writes it that runs without the CDK CLI: there is no metadata."""
    address = {"Fn::Join": ["", ["https://s3.us-east-1.", {"Ref": "AWS::URLSuffix"}, "/assets/0a1b.json"]]}
    outer = {"Resources": {"Inner": {"Type": NESTED, "Properties": {"TemplateURL": address}}}}
    (tmp_path / "Outer.template.json").write_text(json.dumps(outer))
    (tmp_path / "Inner.nested.template.json").write_text(json.dumps({"Resources": {"Vpc": VPC}}))
    asset = {"source": {"path": "Inner.nested.template.json"}, "destinations": {"here": {"objectKey": "0a1b.json"}}}
    for name, content in (("Outer", {"files": {"0a1b": asset}}), ("Odd", {"files": [1]})):
        (tmp_path / f"{name}.assets.json").write_text(json.dumps(content))
    (tmp_path / "Broken.assets.json").write_text("{")
    templates = read_template_file(tmp_path / "Outer.template.json")
    assert [resource.type for resource in templates.resources] == [NESTED, "AWS::EC2::VPC"]
    assert templates.unread_stacks() == []


@pytest.mark.parametrize("metadata", ["odd", ["odd"], None, {"aws:asset:path": None}])
def test_a_nested_stack_may_have_its_template_elsewhere(tmp_path: Path, metadata: Any) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"Resources": {"Two": {"Type": NESTED, "Metadata": metadata}}}))
    assert read_template_file(tmp_path / "one.json").stacks[0].nested == {}


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


def test_follows_a_nested_stack_to_the_file_beside_its_template(tmp_path: Path) -> None:
    """As 'aws cloudformation package' does."""
    folder = tmp_path / "nested"
    folder.mkdir()
    (folder / "vpc.yaml").write_text("Resources: {Vpc: {Type: AWS::EC2::VPC}}\n")
    (tmp_path / "one.yaml").write_text(
        "Resources:\n"
        "  Here: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/vpc.yaml}}\n"
        "  There: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://example.com/vpc.yaml}}\n"
        "  Lost: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/nowhere.yaml}}\n"
        f"  Long: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {'x' * 5000}}}}}\n"
    )
    templates = read_template_file(tmp_path / "one.yaml")
    assert [stack.name for stack in templates.stacks] == ["one", "one/Here"]
    assert [vpc.logical_id for vpc in templates.of_type("AWS::EC2::VPC")] == ["Vpc"]
