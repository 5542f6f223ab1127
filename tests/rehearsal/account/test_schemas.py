"""What the registry schemas say about properties."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.rehearsal.account.cloudformation.schemas import Schema, is_aws_type, schema


def of(type_name: str) -> Schema:
    found = schema(type_name)
    assert found is not None
    return found


NODE_GROUP = {"ClusterName": "c", "NodeRole": "arn:aws:iam::123456789012:role/r", "Subnets": ["subnet-1"]}


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ({"Colour": "red"}, "#: extraneous key [Colour] is not permitted"),
        ({"scalingConfig": {}}, "#: extraneous key [scalingConfig] is not permitted"),
        ({"ScalingConfig": {"minSize": 1}}, "#/ScalingConfig: extraneous key [minSize] is not permitted"),
        ({"ScalingConfig": {"MinSize": "one"}}, "#/ScalingConfig/MinSize: expected type: Integer, found: String"),
        ({"ScalingConfig": {"MinSize": -1}}, "#/ScalingConfig/MinSize: -1 is not greater or equal to 0"),
        ({"ScalingConfig": [1]}, "#/ScalingConfig: expected type: JSONObject, found: JSONArray"),
        ({"Subnets": "subnet-1"}, "#/Subnets: expected type: JSONArray, found: String"),
        ({"Taints": [{"Effect": "NoSchedule"}]}, "#/Taints/0/Effect: NoSchedule is not a valid enum value"),
        ({"Arn": "arn"}, "#: extraneous key [Arn] is not permitted: it is read-only"),
    ],
)
def test_finds_a_problem(extra: dict[str, Any], problem: str) -> None:
    _, problems = of("AWS::EKS::Nodegroup").conform({**NODE_GROUP, **extra})
    assert problems == [problem]


def test_finds_what_is_missing() -> None:
    _, problems = of("AWS::EKS::Nodegroup").conform({"ClusterName": "c", "Subnets": []})
    assert problems == ["#: required key [NodeRole] not found"]


def test_takes_scalars_as_templates_write_them() -> None:
    given = {**NODE_GROUP, "ScalingConfig": {"MinSize": "1"}, "ForceUpdateEnabled": "true", "Labels": {"n": 1}}
    conformed, problems = of("AWS::EKS::Nodegroup").conform(given)
    assert problems == []
    assert conformed["ScalingConfig"] == {"MinSize": 1}
    assert conformed["ForceUpdateEnabled"] is True
    assert conformed["Labels"] == {"n": "1"}


def test_knows_which_changes_need_a_new_resource() -> None:
    group = of("AWS::EKS::Nodegroup")
    assert group.needs_replacement(NODE_GROUP, {**NODE_GROUP, "ScalingConfig": {"MinSize": 2}}) == []
    assert group.needs_replacement(NODE_GROUP, {**NODE_GROUP, "AmiType": "AL2023_x86_64_NVIDIA"}) == ["AmiType"]


def test_notices_that_a_new_resource_would_have_the_old_ones_name() -> None:
    cluster = of("AWS::EKS::Cluster")
    assert cluster.same_name({"Name": "a", "RoleArn": "x"}, {"Name": "a", "RoleArn": "y"}) == "a"
    assert cluster.same_name({"Name": "a"}, {"Name": "b"}) is None
    assert cluster.same_name({}, {}) is None


@pytest.mark.parametrize(
    ("type_name", "attribute", "known"),
    [
        ("AWS::EKS::Cluster", "Endpoint", True),
        ("AWS::EKS::Cluster", "KubernetesNetworkConfig.ServiceIpv6Cidr", True),
        ("AWS::EKS::Cluster", "Endpont", False),
        ("AWS::EC2::LaunchTemplate", "LatestVersionNumber", True),
    ],
)
def test_knows_attributes(type_name: str, attribute: str, known: bool) -> None:
    assert of(type_name).has_attribute(attribute) is known


def test_tells_types_of_aws_from_others() -> None:
    assert is_aws_type("AWS::EC2::PlacementGroup")
    assert not is_aws_type("AWS::EC2::PlacementGrop")
    assert schema("Custom::Thing") is None
