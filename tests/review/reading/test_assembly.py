"""Reading cloud assemblies of the shape that the CDK writes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.review.reading.assembly import read_assembly


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def manifest(**artifacts: Any) -> dict[str, Any]:
    return {"version": "55.0.0", "artifacts": artifacts}


def stack(template: str, environment: str = "aws://123456789012/us-west-2", **properties: str) -> dict[str, Any]:
    version = "/cdk-bootstrap/hnb659fds/version"
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": template, "bootstrapStackVersionSsmParameter": version, **properties},
    }


def template(*types: str) -> dict[str, Any]:
    return {"Resources": {f"R{number}": {"Type": type} for number, type in enumerate(types)}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An assembly with a stack that has a nested stack, a stage, assets, and a stack for anywhere."""
    nested = {"Type": "AWS::CloudFormation::Stack"}
    one = template("AWS::EC2::VPC", "Custom::AWSCDK-EKS-KubernetesResource", "Custom::AWSCDK-EKS-HelmChart")
    write(tmp_path / "One.template.json", {"Resources": {**one["Resources"], "Nest": nested}})
    write(tmp_path / "Nest.nested.template.json", template("AWS::EC2::PlacementGroup", "AWS::EC2::VPC"))
    write(tmp_path / "Two.template.json", template("AWS::EC2::VPC"))
    write(
        tmp_path / "One.assets.json",
        {
            "files": {
                "a": {"source": {"path": "asset.a"}},
                "b": {"source": {"path": "One.template.json"}},
                "n": {"source": {"path": "Nest.nested.template.json"}},
            },
            "dockerImages": {"c": {"displayName": "trainer"}},
        },
    )
    write(
        tmp_path / "manifest.json",
        manifest(
            One=stack("One.template.json") | {"dependencies": ["Assets"]},
            Two=stack("Two.template.json", "aws://unknown-account/unknown-region"),
            Assets={"type": "cdk:asset-manifest", "properties": {"file": "One.assets.json"}},
            Stage={"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
            Tree={"type": "cdk:tree", "properties": {"file": "tree.json"}},
        )
        | {"missing": [{"key": "availability-zones:account=1", "provider": "availability-zones", "props": {}}]},
    )
    prod = stack("Three.template.json", "aws://123456789012/eu-west-1", stackName="Prod-Three")
    prod["displayName"] = "Prod/Three"
    write(tmp_path / "assembly-Prod" / "manifest.json", manifest(Three=prod))
    write(tmp_path / "assembly-Prod" / "Three.template.json", template("AWS::EC2::VPC"))
    return tmp_path


def test_reads_stacks_of_the_app_and_of_its_stages(folder: Path) -> None:
    assembly = read_assembly(folder)
    assert [stack.name for stack in assembly.stacks] == ["One", "Two", "Prod-Three"]
    assert assembly.stacks[2].path == "Prod/Three"
    assert assembly.stacks[2].template_file == folder / "assembly-Prod" / "Three.template.json"


def test_counts_the_resources_of_nested_stacks(folder: Path) -> None:
    assembly = read_assembly(folder)
    assert assembly.stacks[0].resource_types["AWS::EC2::VPC"] == 2
    assert assembly.stacks[0].resource_types["AWS::EC2::PlacementGroup"] == 1
    assert assembly.resource_count == 8
    assert assembly.kubernetes_manifest_count == 2


def test_reads_where_a_stack_goes_and_leaves_open_what_the_app_left_open(folder: Path) -> None:
    assembly = read_assembly(folder)
    assert (assembly.stacks[0].account, assembly.stacks[0].region) == ("123456789012", "us-west-2")
    assert (assembly.stacks[1].account, assembly.stacks[1].region) == (None, None)
    assert assembly.regions == ("eu-west-1", "us-west-2")
    assert assembly.accounts == ("123456789012",)


def test_reads_images_missing_context_and_the_bootstrap_qualifier(folder: Path) -> None:
    assembly = read_assembly(folder)
    assert assembly.docker_image_names == ("trainer",)
    assert assembly.missing_context == ("availability-zones:account=1",)
    assert assembly.stacks[0].bootstrap_qualifier == "hnb659fds"


def test_reads_a_stack_that_needs_no_bootstrap(tmp_path: Path) -> None:
    legacy = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Old.template.json"}}
    write(tmp_path / "manifest.json", manifest(Old=legacy))
    write(tmp_path / "Old.template.json", template("AWS::EC2::VPC"))
    assert read_assembly(tmp_path).stacks[0].bootstrap_qualifier is None


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({}, "has no manifest.json, so it is not a cloud assembly: run 'cdk synth'", id="an empty folder"),
        pytest.param({"cdk.json": "{}"}, "run 'cdk synth' there and give its cdk.out", id="the folder of an app"),
        pytest.param({"manifest.json": "{"}, "is not JSON", id="broken JSON"),
        pytest.param({"manifest.json": "[]"}, "no 'version' and 'artifacts'", id="another manifest"),
        pytest.param({"manifest.json": json.dumps(manifest())}, "has no stack", id="an app without stacks"),
        pytest.param(
            {"manifest.json": json.dumps(manifest(One=stack("One.template.json")))},
            "cannot read '.*One.template.json' of the cloud assembly: No such file",
            id="a template that is not there",
        ),
    ],
)
def test_fails_on_a_folder_that_is_no_assembly(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InvalidArgumentError, match=message):
        read_assembly(tmp_path)


def test_fails_on_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="is not a folder"):
        read_assembly(tmp_path / "cdk.out")


def change_of(*path: str, value: Any) -> Any:
    """What the manifest of an assembly with a stack, its assets and a stage is once something else stands there."""
    whole = manifest(
        One=stack("One.template.json") | {"dependencies": ["Assets"], "additionalMetadataFile": "One.metadata.json"},
        Assets={"type": "cdk:asset-manifest", "properties": {"file": "One.assets.json"}},
        Stage={"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Stage"}},
    )
    part = whole
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return whole


@pytest.mark.parametrize(
    "changed",
    [
        change_of("artifacts", "One", value="odd"),
        change_of("artifacts", "One", "properties", value=None),
        change_of("artifacts", "One", "properties", "templateFile", value=3),
        change_of("artifacts", "One", "environment", value=None),
        change_of("artifacts", "One", "dependencies", value=3),
        change_of("artifacts", "One", "metadata", value=["odd"]),
        change_of("artifacts", "One", "metadata", value={"/One": [3]}),
        change_of("artifacts", "One", "additionalMetadataFile", value=["odd"]),
        change_of("artifacts", "Assets", "properties", value=["odd"]),
        change_of("artifacts", "Stage", "properties", value=None),
        change_of("artifacts", "Stage", "properties", "directoryName", value="."),
        change_of("missing", value=["odd"]),
    ],
)
def test_refuses_or_passes_over_what_the_cdk_does_not_write(tmp_path: Path, changed: Any) -> None:
    write(tmp_path / "manifest.json", changed)
    write(tmp_path / "One.template.json", template("AWS::EC2::VPC"))
    write(tmp_path / "One.assets.json", {"files": {"a": {"source": None}, "b": 3}, "dockerImages": {"c": None}})
    write(tmp_path / "One.metadata.json", {})
    write(tmp_path / "assembly-Stage" / "manifest.json", manifest())
    with contextlib.suppress(InvalidArgumentError):
        read_assembly(tmp_path)


@pytest.mark.parametrize("name", ["One.template.json", "One.assets.json", "One.metadata.json"])
@pytest.mark.parametrize("content", [3, ["odd"], {"Resources": {"A": "odd"}, "files": [], "dockerImages": 3}])
def test_refuses_or_passes_over_files_that_the_cdk_does_not_write(tmp_path: Path, name: str, content: Any) -> None:
    test_refuses_or_passes_over_what_the_cdk_does_not_write(tmp_path, change_of("version", value="55.0.0"))
    write(tmp_path / name, content)
    with contextlib.suppress(InvalidArgumentError):
        read_assembly(tmp_path)
