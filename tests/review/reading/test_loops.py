"""Loops of templates are reviewed as CloudFormation writes them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from efa_constructs.review import read_template_file, review
from efa_constructs.review.reading.location import place_of
from efa_constructs.review.reading.loops import without_loops

GROUPS = """\
Transform: AWS::LanguageExtensions
Parameters:
  Zones: {Type: CommaDelimitedList, Default: "us-east-1a, us-east-1b"}
Resources:
  Fn::ForEach::Groups:
    - Zone
    - !Ref Zones
    - Nodes&{Zone}:
        Type: AWS::EKS::Nodegroup
        Properties:
          ClusterName: training
          NodeRole: arn:aws:iam::123456789012:role/nodes
          Subnets: [subnet-0123456789abcdef0]
          Labels: {zone: !Ref Zone, place: !Sub "a-${Zone}"}
          ScalingConfig: {MinSize: 5, MaxSize: 1}
"""


def test_reviews_each_resource_that_a_loop_makes(tmp_path: Path) -> None:
    file = tmp_path / "groups.yaml"
    file.write_text(GROUPS)
    templates = read_template_file(file)
    labels = {group.logical_id: group.get("Labels") for group in templates.of_type("AWS::EKS::Nodegroup")}
    assert labels == {
        f"Nodesuseast1{letter}": {"zone": f"us-east-1{letter}", "place": f"a-us-east-1{letter}"} for letter in "ab"
    }
    findings = [(each.rule.id, each.resource.logical_id) for each in review(templates).findings]
    assert findings == [("EFA-NG-001", "Nodesuseast1a"), ("EFA-NG-001", "Nodesuseast1b")]


def loop(collection: Any, body: Any, **more: Any) -> dict[str, Any]:
    return {
        "Transform": ["AWS::LanguageExtensions"],
        "Parameters": {"Open": {"Type": "CommaDelimitedList"}},
        "Resources": {"Fn::ForEach::Loop": ["Name", collection, body]},
        **more,
    }


def test_writes_out_loops_within_loops_and_in_properties() -> None:
    inner = {
        "Fn::ForEach::Inner": ["Size", [1, 2], {"${Name}${Size}": {"Type": "${Name}-${Size}", "Of": {"Ref": "Size"}}}]
    }
    assert without_loops(loop(["a", "b"], inner))["Resources"] == {
        f"{name}{size}": {"Type": f"{name}-{size}", "Of": f"{size}"} for name in "ab" for size in (1, 2)
    }
    assert without_loops(loop({"Ref": "Name"}, {}, Resources={"A": {"Fn::ForEach::X": ["V", ["k"], {"${V}": 1}]}}))[
        "Resources"
    ] == {"A": {"k": 1}}


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        ({"Ref": "Open"}, {"${Name}": {}}),
        ({"Fn::Split": [",", "a,b"]}, {"${Name}": {}}),
        ([{"Ref": "Open"}], {"${Name}": {}}),
        (["a"], "odd"),
        (None, {}),
    ],
)
def test_leaves_a_loop_as_it_is_where_nobody_knows_over_what(collection: Any, body: Any) -> None:
    document = loop(collection, body)
    assert without_loops(document) == document


def test_leaves_loops_without_an_end_as_they_are() -> None:
    body: dict[str, Any] = {"${Name}": {"Type": "AWS::SNS::Topic"}}
    for depth in range(6):
        body = {f"Fn::ForEach::L{depth}": [f"V{depth}", [str(number) for number in range(50)], body]}
    written = without_loops(loop(["a"], body))
    assert all(name.startswith("Fn::ForEach::") for name in written["Resources"])


def test_points_at_what_a_loop_makes_a_resource_of(tmp_path: Path) -> None:
    file = tmp_path / "groups.yaml"
    file.write_text(GROUPS)
    group = read_template_file(file).resources[0]
    assert place_of(group).line == 1 + GROUPS.splitlines().index("    - Nodes&{Zone}:")
    assert place_of(group, "ScalingConfig.MinSize").line == len(GROUPS.splitlines())


def test_knows_loops_only_where_the_template_has_the_transform() -> None:
    document = loop(["a"], {"${Name}": {}}, Transform="AWS::Serverless-2016-10-31")
    assert without_loops(document) is document
