"""What is said of a cluster of which AWS tells only a part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from efa_constructs.cluster import status
from efa_constructs.cluster.finding import Level
from efa_constructs.cluster.status import StatusQuestion, read_status
from efa_constructs.errors import KubernetesRequestError
from efa_constructs.lookups.clients import AwsClients

DENIED = "User: arn:aws:iam::1:user/a is not authorized to perform: ec2:DescribeSubnets because no policy allows it"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Stubber, Stubber]]:
    """EKS and EC2, in which nobody is refused anything on this machine; and no kubeconfig."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    eks, ec2 = boto3.client("eks", **keys), boto3.client("ec2", **keys)  # type: ignore[call-overload]
    monkeypatch.setattr(status, "aws_clients", lambda **_: AwsClients(region="us-east-1", ec2=ec2, eks=eks))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Stubber(eks) as stubbed_eks, Stubber(ec2) as stubbed_ec2:
        yield stubbed_eks, stubbed_ec2


def has_cluster(eks: Stubber, times: int, *issues: dict[str, Any]) -> None:
    cluster = {"name": "training", "version": "1.34", "status": "ACTIVE", "resourcesVpcConfig": {"vpcId": "vpc-1"}}
    group = {
        "nodegroupName": "efa",
        "status": "DEGRADED" if issues else "ACTIVE",
        "scalingConfig": {"minSize": 0, "desiredSize": 2, "maxSize": 2},
        "subnets": ["subnet-1"],
        "health": {"issues": list(issues)},
    }
    for _ in range(times):
        eks.add_response("describe_cluster", {"cluster": cluster})
        eks.add_response("list_nodegroups", {"nodegroups": ["efa"]})
        eks.add_response("describe_nodegroup", {"nodegroup": group})


def test_where_ec2_is_denied_what_eks_says_is_told(account: tuple[Stubber, Stubber]) -> None:
    eks, ec2 = account
    has_cluster(eks, 2)
    ec2.add_client_error("describe_subnets", "UnauthorizedOperation", DENIED)
    found = read_status(StatusQuestion(cluster_name="training"))
    assert found.state is not None
    assert [group.status for group in found.state.node_groups] == ["ACTIVE"]
    assert found.deployed is None
    assert found.sound
    unread, kubeconfig = found.not_checked
    assert unread.startswith("instances, network interfaces and security groups: AWS refused DescribeSubnets: allow")
    assert "'ec2:DescribeSubnets'" in unread
    assert kubeconfig.startswith("what runs on the cluster: there is no kubeconfig")


def test_a_health_issue_is_told_in_plain_words_with_ekss_own(account: tuple[Stubber, Stubber]) -> None:
    eks, ec2 = account
    message = "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have ..."
    has_cluster(eks, 2, {"code": "AsgInstanceLaunchFailures", "message": message, "resourceIds": ["asg-1"]})
    ec2.add_client_error("describe_subnets", "UnauthorizedOperation", DENIED)
    found = read_status(StatusQuestion(cluster_name="training"))
    (finding,) = found.findings
    assert (finding.code, finding.level) == ("node-group-unhealthy", Level.FAULT)
    assert finding.problem == (
        "node group 'efa': EC2 has too few of these instances in the zone right now: EKS says "
        f'AsgInstanceLaunchFailures, "{message}" (of asg-1)'
    )
    assert "capacity reservation" in finding.fix
    assert not found.sound


def test_where_eks_is_denied_too_there_is_nothing_to_tell(account: tuple[Stubber, Stubber]) -> None:
    eks, _ = account
    eks.add_client_error("describe_cluster", "AccessDeniedException", "not authorized to perform: eks:DescribeCluster")
    with pytest.raises(KubernetesRequestError, match=r"allow 'eks:DescribeCluster'.*; .*there is no kubeconfig"):
        read_status(StatusQuestion(cluster_name="training"))
