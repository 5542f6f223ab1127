"""Reading a file with a template: what cannot be read is refused in a line, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.review import read_template_file, review

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
