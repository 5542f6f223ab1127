"""Resources that refer to something of EC2 which is not there, deployed by CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from efa_constructs.rehearsal.account.process import AccountProcess

NETWORK = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
    "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "Gateway": {"Type": "AWS::EC2::InternetGateway"},
    "Attachment": {
        "Type": "AWS::EC2::VPCGatewayAttachment",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}},
    },
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": {"Ref": "Vpc"}}},
}
S3 = "com.amazonaws.us-east-1.s3"
EC2 = "com.amazonaws.us-east-1.ec2"
GONE = {
    "vpc": "vpc-0123456789abcdef0",
    "subnet": "subnet-0123456789abcdef0",
    "table": "rtb-0123456789abcdef0",
    "igw": "igw-0123456789abcdef0",
    "nat": "nat-0123456789abcdef0",
    "address": "eipalloc-0123456789abcdef0",
    "group": "sg-0123456789abcdef0",
}
NO_VPC = f"The vpc ID '{GONE['vpc']}' does not exist"
NO_SUBNET = f"The subnet ID '{GONE['subnet']}' does not exist"
NO_TABLE = f"The routeTable ID '{GONE['table']}' does not exist"
NO_GROUP = f"The security group '{GONE['group']}' does not exist"
EVERYWHERE = {"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": "0.0.0.0/0"}
IN_VPC = {"VpcId": {"Ref": "Vpc"}}


class Deployer:
    """Deploys stacks onto one account."""

    def __init__(self, account: AccountProcess) -> None:
        self.account = account
        environment = account.environment
        self._session = boto3.Session(
            region_name="us-east-1",
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environment["AWS_SESSION_TOKEN"],
        )
        self._count = 0

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.account.url)  # type: ignore[call-overload]

    def failures(self, resources: dict[str, Any]) -> list[str]:
        """Why resources of a stack could not be made."""
        self._count += 1
        cloudformation, name = self.client("cloudformation"), f"stack-{self._count}"
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]


@pytest.fixture(scope="module")
def deployer() -> Iterator[Deployer]:
    with AccountProcess() as account:
        yield Deployer(account)


@pytest.mark.parametrize(
    ("resource", "properties", "refusal"),
    [
        ("SecurityGroup", {"GroupDescription": "g", "VpcId": GONE["vpc"]}, NO_VPC),
        ("Subnet", {"CidrBlock": "10.0.1.0/24", "VpcId": GONE["vpc"]}, NO_VPC),
        ("RouteTable", {"VpcId": GONE["vpc"]}, NO_VPC),
        ("VPCGatewayAttachment", {"InternetGatewayId": {"Ref": "Gateway"}, "VpcId": GONE["vpc"]}, NO_VPC),
        (
            "VPCGatewayAttachment",
            {"InternetGatewayId": GONE["igw"], **IN_VPC},
            f"The internetGateway ID '{GONE['igw']}' does not exist",
        ),
        ("VPCEndpoint", {"ServiceName": S3, "VpcId": GONE["vpc"]}, NO_VPC),
        ("VPCEndpoint", {"ServiceName": S3, "RouteTableIds": [GONE["table"]], **IN_VPC}, NO_TABLE),
        (
            "VPCEndpoint",
            {"ServiceName": EC2, "VpcEndpointType": "Interface", "SubnetIds": [GONE["subnet"]], **IN_VPC},
            NO_SUBNET,
        ),
        (
            "VPCEndpoint",
            {
                "ServiceName": EC2,
                "VpcEndpointType": "Interface",
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [{"Ref": "Group"}, GONE["group"]],
                **IN_VPC,
            },
            NO_GROUP,
        ),
        ("SubnetRouteTableAssociation", {"RouteTableId": GONE["table"], "SubnetId": {"Ref": "Subnet"}}, NO_TABLE),
        ("SubnetRouteTableAssociation", {"RouteTableId": {"Ref": "Table"}, "SubnetId": GONE["subnet"]}, NO_SUBNET),
        ("Route", EVERYWHERE | {"GatewayId": {"Ref": "Gateway"}, "RouteTableId": GONE["table"]}, NO_TABLE),
        ("Route", EVERYWHERE | {"GatewayId": GONE["igw"]}, f"The gateway ID '{GONE['igw']}' does not exist"),
        ("Route", EVERYWHERE | {"NatGatewayId": GONE["nat"]}, f"The natGateway ID '{GONE['nat']}' does not exist"),
        ("NatGateway", {"SubnetId": GONE["subnet"], "ConnectivityType": "private"}, NO_SUBNET),
        (
            "NatGateway",
            {"SubnetId": {"Ref": "Subnet"}, "AllocationId": GONE["address"]},
            f"The allocation ID '{GONE['address']}' does not exist",
        ),
        ("SecurityGroupIngress", {"GroupId": GONE["group"], "IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}, NO_GROUP),
        (
            "SecurityGroupEgress",
            {"GroupId": {"Ref": "Group"}, "IpProtocol": "-1", "DestinationSecurityGroupId": GONE["group"]},
            NO_GROUP,
        ),
    ],
)
def test_refuses_in_the_words_of_ec2_and_leaves_nothing_behind(
    deployer: Deployer, resource: str, properties: dict[str, Any], refusal: str
) -> None:
    ec2 = deployer.client("ec2")
    before = len(ec2.describe_vpcs()["Vpcs"]), ec2.describe_vpc_endpoints()["VpcEndpoints"]
    broken = {"It": {"Type": f"AWS::EC2::{resource}", "Properties": properties, "DependsOn": list(NETWORK)}}
    [reason] = deployer.failures(NETWORK | broken)
    assert reason.startswith(f'Resource handler returned message: "{refusal} (Service: Ec2, Status Code: 400'), reason
    assert reason.endswith("HandlerErrorCode: NotFound)")
    assert (len(ec2.describe_vpcs()["Vpcs"]), ec2.describe_vpc_endpoints()["VpcEndpoints"]) == before


@pytest.mark.parametrize(
    ("network", "refusal"),
    [
        (
            {"SubnetIds": [GONE["subnet"]], "SecurityGroupIds": [{"Ref": "Group"}]},
            "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
            f"EC2 Error Message: {NO_SUBNET}",
        ),
        (
            {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [GONE["group"]]},
            "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
            f"EC2 Error Message: {NO_GROUP}",
        ),
    ],
    ids=["subnet", "group"],
)
def test_refuses_a_function_in_the_words_of_lambda(deployer: Deployer, network: dict[str, Any], refusal: str) -> None:
    properties = {
        "Code": {"ZipFile": "def handler(event, context): pass"},
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{deployer.account.account}:role/none",
        "VpcConfig": network,
    }
    [reason] = deployer.failures(NETWORK | {"It": {"Type": "AWS::Lambda::Function", "Properties": properties}})
    assert reason.startswith(f'Resource handler returned message: "{refusal} (Service: Lambda, Status Code: 400'), (
        reason
    )


def test_a_route_changes_to_nothing_that_is_not_there(deployer: Deployer) -> None:
    cloudformation = deployer.client("cloudformation")
    route = {"Type": "AWS::EC2::Route", "Properties": EVERYWHERE | {"GatewayId": {"Ref": "Gateway"}}}
    body = {"Resources": NETWORK | {"Route": route | {"DependsOn": "Attachment"}}}
    cloudformation.create_stack(StackName="routes", TemplateBody=json.dumps(body))
    body["Resources"]["Route"] = route | {"Properties": EVERYWHERE | {"NatGatewayId": GONE["nat"]}}
    cloudformation.update_stack(StackName="routes", TemplateBody=json.dumps(body))
    events = cloudformation.describe_stack_events(StackName="routes")["StackEvents"]
    [reason] = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert f"The natGateway ID '{GONE['nat']}' does not exist" in reason


def test_takes_a_transit_gateway_on_trust_which_another_account_may_share(deployer: Deployer) -> None:
    properties = EVERYWHERE | {"TransitGatewayId": "tgw-0123456789abcdef0"}
    assert deployer.failures(NETWORK | {"Route": {"Type": "AWS::EC2::Route", "Properties": properties}}) == []
    assert (
        "that the transit gateway tgw-0123456789abcdef0 is there, and attached to the VPC"
        in deployer.account.taken_on_trust()
    )
