"""Reading deployed node groups back, from answers of the shape that EKS and EC2 give."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from efa_constructs.catalogue.tags import STACK_TAG
from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.clients import AwsClients
from efa_constructs.lookups.deployed import PlacementGroup, SecurityGroupRule, WayOut
from efa_constructs.lookups.health_issues import HealthIssue
from efa_constructs.lookups.node_groups import read_cluster, read_clusters

SUBNET = "subnet-0123456789abcdef0"
VPC = "vpc-0123456789abcdef0"
CLUSTER_GROUP = "sg-0c1c1c1c1c1c1c1c1"
EFA_GROUP = "sg-0efa0efa0efa0efa0"
TEMPLATE = "lt-0123456789abcdef0"


class Account:
    """Stubbed clients: each answer is given once, in the order in which it was added."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        ec2, eks = boto3.client("ec2", **keys), boto3.client("eks", **keys)  # type: ignore[call-overload]
        self.clients = AwsClients(region="us-east-1", ec2=ec2, eks=eks)
        self.ec2, self.eks = Stubber(ec2), Stubber(eks)

    def has_cluster(self, node_groups: list[str]) -> None:
        network = {"vpcId": VPC, "clusterSecurityGroupId": CLUSTER_GROUP}
        cluster = {
            "name": "training",
            "arn": "arn:aws:eks:us-east-1:123456789012:cluster/training",
            "version": "1.34",
            "status": "ACTIVE",
            "resourcesVpcConfig": network,
        }
        self.eks.add_response("describe_cluster", {"cluster": cluster}, {"name": "training"})
        # Each name on a page of its own.
        for position, name in enumerate(node_groups):
            token = {"nextToken": str(position + 1)} if position + 1 < len(node_groups) else {}
            asked = {"clusterName": "training"} | ({"nextToken": str(position)} if position else {})
            self.eks.add_response("list_nodegroups", {"nodegroups": [name], **token}, asked)
        for name in node_groups:
            self.has_node_group(name)

    def has_node_group(self, name: str, **changes: Any) -> None:
        node_group = {
            "nodegroupName": name,
            "clusterName": "training",
            "status": "ACTIVE",
            "capacityType": "ON_DEMAND",
            "amiType": "AL2023_x86_64_NVIDIA",
            "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 1},
            "subnets": [SUBNET],
            "launchTemplate": {"id": TEMPLATE, "name": "efa", "version": "7"},
            "labels": {"purpose": "training"},
            "tags": {STACK_TAG: "arn:stack/1"},
            "health": {"issues": [{"code": "AsgInstanceLaunchFailures", "message": "no capacity"}]},
        }
        answer = {"nodegroup": {**node_group, **changes}}
        self.eks.add_response("describe_nodegroup", answer, {"clusterName": "training", "nodegroupName": name})

    def has_template(self, data: dict[str, Any]) -> None:
        answer = {"LaunchTemplateVersions": [{"LaunchTemplateId": TEMPLATE, "LaunchTemplateData": data}]}
        asked = {"LaunchTemplateId": TEMPLATE, "Versions": ["7"]}
        self.ec2.add_response("describe_launch_template_versions", answer, asked)

    def has_subnet(self) -> None:
        subnet = {"SubnetId": SUBNET, "VpcId": VPC, "AvailabilityZone": "us-east-1a"}
        self.ec2.add_response("describe_subnets", {"Subnets": [subnet]}, {"SubnetIds": [SUBNET]})
        asked = {"Filters": [{"Name": "vpc-id", "Values": [VPC]}]}
        routes = [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0a"}]
        table = {"RouteTableId": "rtb-0a", "Associations": [{"SubnetId": SUBNET}], "Routes": routes}
        self.ec2.add_response("describe_route_tables", {"RouteTables": [table]}, asked)
        self.ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": []}, asked)

    def has_instances(self, node_group: str, *pages: list[dict[str, Any]]) -> None:
        filters = [
            {"Name": "tag:eks:cluster-name", "Values": ["training"]},
            {"Name": "tag:eks:nodegroup-name", "Values": [node_group]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        for position, instances in enumerate(pages):
            token = {"NextToken": str(position + 1)} if position + 1 < len(pages) else {}
            asked = {"Filters": filters} | ({"NextToken": str(position)} if position else {})
            reservations = [{"Instances": [instance]} for instance in instances]
            self.ec2.add_response("describe_instances", {"Reservations": reservations, **token}, asked)

    def has_placement_group(self, name: str) -> None:
        answer = {"PlacementGroups": [{"GroupName": name, "Strategy": "cluster"}]}
        asked = {"Filters": [{"Name": "group-name", "Values": [name]}]}
        self.ec2.add_response("describe_placement_groups", answer, asked)

    def has_security_groups(self, *groups: dict[str, Any]) -> None:
        asked = {"Filters": [{"Name": "vpc-id", "Values": [VPC]}]}
        self.ec2.add_response("describe_security_groups", {"SecurityGroups": list(groups)}, asked)


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()
    with account.ec2, account.eks:
        yield account
        account.ec2.assert_no_pending_responses()
        account.eks.assert_no_pending_responses()


def instance(id: str, *interfaces: dict[str, Any]) -> dict[str, Any]:
    return {
        "InstanceId": id,
        "InstanceType": "p4d.24xlarge",
        "State": {"Code": 16, "Name": "running"},
        "Placement": {"AvailabilityZone": "us-east-1a", "GroupName": "together"},
        "SubnetId": SUBNET,
        "VpcId": VPC,
        "LaunchTime": datetime(2026, 1, 1, tzinfo=UTC),
        "NetworkInterfaces": list(interfaces),
    }


def attached(card: int, device: int, type: str, address: str | None = None) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": f"eni-0{card}{device}",
        "InterfaceType": type,
        "Attachment": {"NetworkCardIndex": card, "DeviceIndex": device},
        "Groups": [{"GroupId": CLUSTER_GROUP, "GroupName": "c"}, {"GroupId": EFA_GROUP, "GroupName": "e"}],
        **({"PrivateIpAddress": address} if address else {}),
    }


def security_group(id: str, name: str, ingress: list[Any], egress: list[Any]) -> dict[str, Any]:
    return {
        "GroupId": id,
        "GroupName": name,
        "VpcId": VPC,
        "IpPermissions": ingress,
        "IpPermissionsEgress": egress,
    }


def to_group(id: str) -> dict[str, Any]:
    return {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": id}]}


TEMPLATE_DATA = {
    "InstanceType": "p4d.24xlarge",
    "Placement": {"GroupName": "together"},
    "NetworkInterfaces": [
        {"DeviceIndex": 0, "NetworkCardIndex": 1, "InterfaceType": "efa-only", "Groups": [EFA_GROUP]},
        {"DeviceIndex": 0, "NetworkCardIndex": 0, "InterfaceType": "interface", "Groups": [EFA_GROUP]},
    ],
}


def test_reads_a_node_group_its_nodes_and_their_security_groups(account: Account) -> None:
    account.has_cluster(["efa"])
    account.has_template(TEMPLATE_DATA)
    account.has_subnet()
    # Interfaces out of order, and nodes out of order on two pages.
    account.has_instances(
        "efa",
        [instance("i-0b", attached(1, 0, "efa-only"), attached(0, 0, "interface", "10.0.1.11"))],
        [instance("i-0a", attached(0, 0, "interface", "10.0.1.10"))],
    )
    account.has_placement_group("together")
    efa = security_group(
        EFA_GROUP,
        "efa",
        [to_group(EFA_GROUP)],
        [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": [{"GroupId": EFA_GROUP}]}],
    )
    account.has_security_groups(
        security_group(CLUSTER_GROUP, "eks-cluster-sg-training", [to_group(CLUSTER_GROUP)], []),
        efa | {"Tags": [{"Key": "efa-constructs:traffic", "Value": "efa"}, {"Key": STACK_TAG, "Value": "arn:stack/1"}]},
    )

    cluster = read_cluster(account.clients, "training")

    (group,) = cluster.node_groups
    assert (group.status, group.min_size, group.desired_size, group.max_size) == ("ACTIVE", 1, 1, 3)
    assert group.placement_group == PlacementGroup(name="together", strategy="cluster")
    assert group.health_issues == (HealthIssue(code="AsgInstanceLaunchFailures", message="no capacity"),)
    assert [node.instance_id for node in group.nodes] == ["i-0a", "i-0b"]
    primary, efa_only = group.nodes[1].interfaces
    assert (primary.network_card_index, primary.private_ipv4_address) == (0, "10.0.1.11")
    assert (efa_only.interface_type, efa_only.private_ipv4_address) == ("efa-only", None)
    assert efa_only.security_group_ids == (CLUSTER_GROUP, EFA_GROUP)
    assert [i.network_card_index for i in group.template_node.interfaces] == [0, 1]
    assert group.template_node.availability_zone == "us-east-1a"
    assert group.stack_id == cluster.security_groups[EFA_GROUP].stack_id == "arn:stack/1"
    assert cluster.security_groups[EFA_GROUP].made_for_efa
    assert not cluster.security_groups[CLUSTER_GROUP].made_for_efa
    assert cluster.security_groups[EFA_GROUP].rules == (
        SecurityGroupRule(egress=False, protocol="-1", group_id=EFA_GROUP),
        SecurityGroupRule(egress=True, protocol="-1", group_id=EFA_GROUP),
        SecurityGroupRule(egress=True, protocol="-1", cidr="0.0.0.0/0"),
    )


@pytest.mark.parametrize(
    ("user_data", "uses_proxy"),
    [
        ("export HTTPS_PROXY=http://10.0.0.9:3128", True),
        ('[settings.network]\nhttps-proxy = "10.0.0.9:3128"', True),
        ("kube-proxy", False),
    ],
)
def test_reads_how_nodes_reach_the_cluster_and_aws(account: Account, user_data: str, uses_proxy: bool) -> None:
    account.has_cluster(["plain"])
    account.has_template({"InstanceType": "m7i.large", "UserData": base64.b64encode(user_data.encode()).decode()})
    account.has_subnet()
    account.has_instances("plain", [])
    account.has_security_groups(security_group(CLUSTER_GROUP, "eks-cluster-sg-training", [], []))

    cluster = read_cluster(account.clients, "training")

    (group,) = cluster.node_groups
    assert group.uses_proxy is uses_proxy
    assert group.ways_out == (WayOut(subnet_id=SUBNET, internet_gateway=True, default_route=False),)
    assert not cluster.private_endpoint


def test_gives_the_cluster_security_group_to_nodes_of_a_template_that_names_none(account: Account) -> None:
    account.has_cluster(["plain"])
    account.has_template({"InstanceType": "m7i.large"})
    account.has_subnet()
    account.has_instances("plain", [])
    account.has_security_groups(security_group(CLUSTER_GROUP, "eks-cluster-sg-training", [], []))

    (group,) = read_cluster(account.clients, "training").node_groups

    (interface,) = group.template_node.interfaces
    assert interface.security_group_ids == (CLUSTER_GROUP,)
    assert interface.interface_type == "interface"
    assert group.placement_group is None


def test_reads_a_group_of_another_vpc_by_its_id(account: Account) -> None:
    account.has_cluster(["plain"])
    account.has_template({"InstanceType": "m7i.large", "SecurityGroupIds": [EFA_GROUP]})
    account.has_subnet()
    account.has_instances("plain", [])
    account.has_security_groups(security_group(CLUSTER_GROUP, "eks-cluster-sg-training", [], []))
    shared = {"SecurityGroups": [security_group(EFA_GROUP, "shared", [], [])]}
    account.ec2.add_response("describe_security_groups", shared, {"GroupIds": [EFA_GROUP]})

    cluster = read_cluster(account.clients, "training")

    assert set(cluster.security_groups) == {CLUSTER_GROUP, EFA_GROUP}


def test_reads_every_page_of_node_groups(account: Account) -> None:
    account.has_cluster(["first", "second"])
    for name in ("first", "second"):
        account.has_template({"InstanceType": "m7i.large"})
        account.has_subnet()
        account.has_instances(name, [])
    account.has_security_groups(security_group(CLUSTER_GROUP, "eks-cluster-sg-training", [], []))

    cluster = read_cluster(account.clients, "training")

    assert [group.name for group in cluster.node_groups] == ["first", "second"]


def test_reads_every_page_of_clusters_and_none_when_there_is_none(account: Account) -> None:
    account.eks.add_response("list_clusters", {"clusters": [], "nextToken": "1"})
    account.eks.add_response("list_clusters", {"clusters": []}, {"nextToken": "1"})
    assert read_clusters(account.clients) == ()


def test_fails_in_one_sentence_when_iam_does_not_allow_a_look(account: Account) -> None:
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: eks:DescribeCluster on resource: *"
    account.eks.add_client_error("describe_cluster", "AccessDeniedException", message)
    with pytest.raises(AwsRequestError, match="allow 'eks:DescribeCluster' in the IAM policy"):
        read_cluster(account.clients, "training")
