"""What EKS alone says of a cluster and its node groups."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from efa_constructs.errors import AwsRequestError, InvalidArgumentError
from efa_constructs.lookups.clients import AwsClients
from efa_constructs.lookups.health_issues import HealthIssue
from efa_constructs.lookups.node_group_states import read_cluster_state

CLUSTER = {"name": "training", "version": "1.34", "status": "ACTIVE", "endpoint": "https://a.eks.example"}


@pytest.fixture
def eks() -> Iterator[tuple[AwsClients, Stubber]]:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    client = boto3.client("eks", **keys)  # type: ignore[call-overload]
    with Stubber(client) as stub:
        yield AwsClients(region="us-east-1", ec2=boto3.client("ec2", **keys), eks=client), stub  # type: ignore[call-overload]
        stub.assert_no_pending_responses()


def test_node_groups_come_with_their_sizes_and_health_issues(eks: tuple[AwsClients, Stubber]) -> None:
    clients, stub = eks
    stub.add_response("describe_cluster", {"cluster": CLUSTER}, {"name": "training"})
    stub.add_response("list_nodegroups", {"nodegroups": ["efa"], "nextToken": "1"}, {"clusterName": "training"})
    stub.add_response("list_nodegroups", {"nodegroups": ["cpu"]}, {"clusterName": "training", "nextToken": "1"})
    issue = {"code": "AsgInstanceLaunchFailures", "message": "no capacity", "resourceIds": ["asg-1"]}
    for name, issues in (("efa", [issue]), ("cpu", [])):
        group = {
            "nodegroupName": name,
            "status": "DEGRADED" if issues else "ACTIVE",
            "capacityType": "SPOT",
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
            "health": {"issues": issues},
        }
        stub.add_response("describe_nodegroup", {"nodegroup": group})
    state = read_cluster_state(clients, "training")
    assert (state.region, state.version, state.endpoint) == ("us-east-1", "1.34", "https://a.eks.example")
    efa, cpu = state.node_groups
    assert (efa.status, efa.min_size, efa.desired_size, efa.max_size) == ("DEGRADED", 1, 2, 3)
    assert efa.health_issues == (
        HealthIssue(code="AsgInstanceLaunchFailures", message="no capacity", resource_ids=("asg-1",)),
    )
    assert cpu.health_issues == ()


def test_a_cluster_that_is_not_there_is_told_with_those_that_are(eks: tuple[AwsClients, Stubber]) -> None:
    clients, stub = eks
    stub.add_client_error("describe_cluster", "ResourceNotFoundException", "No cluster found for name: trainin.")
    stub.add_response("list_clusters", {"clusters": ["training", "other"]})
    with pytest.raises(InvalidArgumentError) as refused:
        read_cluster_state(clients, "trainin")
    assert str(refused.value) == (
        "there is no EKS cluster 'trainin' in us-east-1 of this account: there are other, training"
    )


def test_a_refusal_names_the_permission(eks: tuple[AwsClients, Stubber]) -> None:
    clients, stub = eks
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: eks:DescribeCluster on resource: *"
    stub.add_client_error("describe_cluster", "AccessDeniedException", message)
    with pytest.raises(AwsRequestError, match=r"allow 'eks:DescribeCluster'"):
        read_cluster_state(clients, "training")
