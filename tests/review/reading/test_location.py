"""Where in its file a finding stands, which is what a CI marks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from efa_constructs.review.reading.location import Place, place_of
from efa_constructs.review.reading.template_file import read_template_file

# A property that has the name of a resource stands before it, as in most templates.
YAML = """\
Parameters:
  Role: {Type: String}
Resources:
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      NodeRole: !GetAtt NodeRole.Arn
      LaunchTemplate: {Id: !Ref LaunchTemplate, Version: "1"}
      ScalingConfig: &sizes
        MinSize: 1
  NodeRole:
    Type: AWS::IAM::Role
  "LaunchTemplate":
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        Placement: !If [Placed, {GroupName: x}, !Ref AWS::NoValue]
        NetworkInterfaces:
          - DeviceIndex: 0
            InterfaceType: efa
          - {DeviceIndex: 1,
             InterfaceType: efa}
        BlockDeviceMappings: !If [Large, [{DeviceName: a}], [{DeviceName: b}]]
        TagSpecifications:
          - ResourceType: volume
          - !If [Tagged, {ResourceType: instance}, !Ref AWS::NoValue]
          - {Fn::If: [Tagged, {ResourceType: network-interface}, {Ref: AWS::NoValue}]}
          - ResourceType: volume
"""
INTERFACES = "LaunchTemplateData.NetworkInterfaces"


@pytest.mark.parametrize(
    ("logical_id", "path", "place"),
    [
        ("Nodes", "", (4, 3, 8)),
        ("NodeRole", "", (11, 3, 11)),
        ("NodeRole", "ManagedPolicyArns", (11, 3, 11)),
        ("LaunchTemplate", "", (13, 3, 19)),
        ("Nodes", "ScalingConfig.MinSize", (10, 9, 16)),
        ("Nodes", "ScalingConfig.MaxSize", (9, 7, 20)),
        ("Nodes", "LaunchTemplate.Version", (8, 49, 56)),
        ("LaunchTemplate", "LaunchTemplateData.MetadataOptions.HttpTokens", (16, 7, 25)),
        ("LaunchTemplate", "LaunchTemplateData.Placement.GroupName", (17, 9, 18)),
        ("LaunchTemplate", f"{INTERFACES}.0.InterfaceType", (20, 13, 26)),
        ("LaunchTemplate", f"{INTERFACES}.1", (21, 13, 14)),
        ("LaunchTemplate", f"{INTERFACES}.1.InterfaceType", (22, 14, 27)),
        ("LaunchTemplate", f"{INTERFACES}.7", (18, 9, 26)),
        # What stands first in Fn::If is the name of its condition.
        ("LaunchTemplate", "LaunchTemplateData.BlockDeviceMappings.0", (23, 9, 28)),
        ("LaunchTemplate", "LaunchTemplateData.TagSpecifications.0", (25, 13, 14)),
        # Which is the second depends on what the conditions leave out.
        ("LaunchTemplate", "LaunchTemplateData.TagSpecifications.1", (24, 9, 26)),
        ("LaunchTemplate", "LaunchTemplateData.TagSpecifications.3", (24, 9, 26)),
    ],
)
def test_points_at_the_property_or_at_what_is_there_around_it(
    tmp_path: Path, logical_id: str, path: str, place: tuple[int, int, int]
) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text(YAML)
    templates = read_template_file(file)
    (resource,) = [each for each in templates.resources if each.logical_id == logical_id]
    assert place_of(resource, path) == Place(*place)


@pytest.mark.parametrize("indent", [None, 1, "\t"])
def test_points_into_json(tmp_path: Path, indent: int | str | None) -> None:
    file = tmp_path / "nodes.json"
    nodes = {"Type": "AWS::EKS::Nodegroup", "Properties": {"ScalingConfig": {"MinSize": 1}}}
    file.write_text(json.dumps({"Resources": {"Nodes": nodes}}, indent=indent))
    (resource,) = read_template_file(file).resources
    found = place_of(resource, "ScalingConfig.MinSize")
    line = file.read_text().splitlines()[found.line - 1]
    assert line[found.column - 1 : found.end_column - 1] == '"MinSize"'


def test_points_at_the_first_line_of_a_text_that_it_cannot_take_apart(tmp_path: Path) -> None:
    file = tmp_path / "nodes.json"
    file.write_text('{"Description": "\\ud83d\\ude80",\n"Resources": {"Nodes": {"Type": "AWS::EKS::Nodegroup"}}}')
    (resource,) = read_template_file(file).resources
    assert place_of(resource) == Place(1, 1, 2)
    file.unlink()
    assert place_of(resource) == Place(1, 1, 2)
