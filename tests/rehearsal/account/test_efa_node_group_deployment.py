"""A cluster with EFA nodes, deployed with CloudFormation over HTTP, changed, broken and deleted."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from efa_constructs.rehearsal.account.process import AccountProcess

from .training_account import REGION, p4d

Template = dict[str, Any]


def _template() -> Template:
    """What a CDK app with a new cluster and one node group amounts to."""

    def role(service: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}

    def subnet(number: int, zone: str) -> dict[str, Any]:
        properties = {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": f"10.0.{number}.0/24",
            "AvailabilityZone": f"{REGION}{zone}",
        }
        return {"Type": "AWS::EC2::Subnet", "Properties": properties}

    group = {"Fn::GetAtt": ["EfaGroup", "GroupId"]}
    rule = {"GroupId": group, "IpProtocol": "-1", "Description": "EFA"}
    data = p4d() | {"Placement": {"GroupName": {"Fn::GetAtt": ["Together", "GroupName"]}}}
    for interface in data["NetworkInterfaces"]:
        interface["Groups"] = [{"Fn::GetAtt": ["Cluster", "ClusterSecurityGroupId"]}, group]
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "SubnetA": subnet(0, "a"),
            "SubnetB": subnet(1, "b"),
            "ClusterRole": role("eks.amazonaws.com"),
            "NodeRole": role("ec2.amazonaws.com"),
            "Cluster": {
                "Type": "AWS::EKS::Cluster",
                "Properties": {
                    "Name": "training",
                    "Version": "1.34",
                    "RoleArn": {"Fn::GetAtt": ["ClusterRole", "Arn"]},
                    "ResourcesVpcConfig": {"SubnetIds": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}]},
                    "AccessConfig": {"AuthenticationMode": "API"},
                },
            },
            "EfaGroup": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "EFA", "VpcId": {"Ref": "Vpc"}},
            },
            "In": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": rule | {"SourceSecurityGroupId": group},
            },
            "Out": {
                "Type": "AWS::EC2::SecurityGroupEgress",
                "Properties": rule | {"DestinationSecurityGroupId": group},
            },
            "Together": {"Type": "AWS::EC2::PlacementGroup", "Properties": {"Strategy": "cluster"}},
            "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
            "Nodes": {
                "Type": "AWS::EKS::Nodegroup",
                "Properties": {
                    "ClusterName": {"Ref": "Cluster"},
                    "NodegroupName": "p4d",
                    "NodeRole": {"Fn::GetAtt": ["NodeRole", "Arn"]},
                    "Subnets": [{"Ref": "SubnetA"}],
                    "AmiType": "AL2023_x86_64_NVIDIA",
                    "ScalingConfig": {"MinSize": 1, "DesiredSize": 2, "MaxSize": 3},
                    "LaunchTemplate": {
                        "Id": {"Ref": "Template"},
                        "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
                    },
                },
            },
        }
    }


class Deployer:
    """The clients of one account."""

    def __init__(self, account: AccountProcess) -> None:
        def client(service: str) -> Any:
            return boto3.client(
                service,  # type: ignore[call-overload]
                REGION,
                endpoint_url=account.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                aws_session_token=account.environment["AWS_SESSION_TOKEN"],
            )

        self.cloudformation, self.ec2, self.eks = client("cloudformation"), client("ec2"), client("eks")

    def create(self, template: Template) -> str:
        self.cloudformation.create_stack(
            StackName="training", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )
        return self.settle()

    def update(self, template: Template) -> str:
        self.cloudformation.update_stack(
            StackName="training", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )
        return self.settle()

    def settle(self) -> str:
        status: str = self.cloudformation.describe_stacks(StackName="training")["Stacks"][0]["StackStatus"]
        assert not status.endswith("IN_PROGRESS")
        return status

    def failure(self) -> str:
        events = self.cloudformation.describe_stack_events(StackName="training")["StackEvents"]
        return next(
            event["ResourceStatusReason"]
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] == "Nodes"
        )

    def nodes(self) -> list[dict[str, Any]]:
        running = [{"Name": "instance-state-name", "Values": ["running"]}]
        reservations = self.ec2.describe_instances(Filters=running)["Reservations"]
        return [instance for reservation in reservations for instance in reservation["Instances"]]


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    with AccountProcess() as process:
        yield process


@pytest.fixture
def deployer(account: AccountProcess) -> Iterator[Deployer]:
    deployer = Deployer(account)
    yield deployer
    deployer.cloudformation.delete_stack(StackName="training")


def test_boto3_reads_the_nodes_back_as_the_template_has_them(deployer: Deployer) -> None:
    assert deployer.create(_template()) == "CREATE_COMPLETE"
    group = deployer.eks.describe_nodegroup(clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert group["status"] == "ACTIVE"
    cluster_group = deployer.eks.describe_cluster(name="training")["cluster"]["resourcesVpcConfig"]
    (placement,) = deployer.ec2.describe_placement_groups()["PlacementGroups"]
    assert placement["Strategy"] == "cluster"
    first, second = deployer.nodes()
    assert first["Placement"]["GroupName"] == second["Placement"]["GroupName"] == placement["GroupName"]
    assert first["Placement"]["AvailabilityZone"] == f"{REGION}a"
    shown = [
        (nic["Attachment"]["NetworkCardIndex"], nic["Attachment"]["DeviceIndex"], nic["InterfaceType"])
        for nic in first["NetworkInterfaces"]
    ]
    efa = [(0, 1, "efa-only"), (1, 0, "efa-only"), (2, 0, "efa-only"), (3, 0, "efa-only")]
    assert shown == [(0, 0, "interface"), *efa]
    for nic in first["NetworkInterfaces"]:
        groups = [entry["GroupId"] for entry in nic["Groups"]]
        assert groups[0] == cluster_group["clusterSecurityGroupId"] and len(groups) == 2
    own = [{"Name": "attachment.instance-id", "Values": [first["InstanceId"]]}]
    interfaces = deployer.ec2.describe_network_interfaces(Filters=own)["NetworkInterfaces"]
    assert sorted(nic["InterfaceType"] for nic in interfaces) == ["efa-only"] * 4 + ["interface"]
    (subnet,) = deployer.ec2.describe_subnets(SubnetIds=group["subnets"])["Subnets"]
    # 251, less one for the control plane and one for each node.
    assert subnet["AvailableIpAddressCount"] == 248


def test_boto3_makes_and_deletes_placement_groups(deployer: Deployer) -> None:
    tags = [{"ResourceType": "placement-group", "Tags": [{"Key": "team", "Value": "training"}]}]
    made = deployer.ec2.create_placement_group(GroupName="mine", Strategy="cluster", TagSpecifications=tags)
    assert made["PlacementGroup"]["GroupName"] == "mine"
    filters = [{"Name": "tag:team", "Values": ["training"]}]
    (found,) = deployer.ec2.describe_placement_groups(Filters=filters)["PlacementGroups"]
    assert (found["GroupId"], found["State"]) == (made["PlacementGroup"]["GroupId"], "available")
    with pytest.raises(ClientError, match="The placement group 'mine' already exists"):
        deployer.ec2.create_placement_group(GroupName="mine", Strategy="cluster")
    deployer.ec2.delete_placement_group(GroupName="mine")
    with pytest.raises(ClientError, match=r"InvalidPlacementGroup\.Unknown"):
        deployer.ec2.describe_placement_groups(GroupNames=["mine"])


def test_boto3_reads_the_launch_template_back_whole(deployer: Deployer) -> None:
    template = _template()
    data = template["Resources"]["Template"]["Properties"]["LaunchTemplateData"]
    data["MetadataOptions"] = {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}
    data["TagSpecifications"] = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "training"}]}]
    deployer.create(template)
    versions = deployer.ec2.describe_launch_template_versions(Versions=["$Latest"])["LaunchTemplateVersions"]
    shown = versions[0]["LaunchTemplateData"]
    assert [nic["NetworkCardIndex"] for nic in shown["NetworkInterfaces"]] == [0, 0, 1, 2, 3]
    assert {tuple(sorted(nic)) for nic in shown["NetworkInterfaces"]} == {
        ("DeleteOnTermination", "DeviceIndex", "Groups", "InterfaceType", "NetworkCardIndex")
    }
    assert shown["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}
    assert shown["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 300
    assert shown["TagSpecifications"] == data["TagSpecifications"]
    assert {tag["Key"] for tag in deployer.nodes()[0]["Tags"]} >= {"team", "eks:nodegroup-name"}


def test_a_larger_group_keeps_its_nodes_and_another_layout_replaces_them(deployer: Deployer) -> None:
    template = _template()
    deployer.create(template)
    two = {node["InstanceId"] for node in deployer.nodes()}
    template["Resources"]["Nodes"]["Properties"]["ScalingConfig"]["DesiredSize"] = 3
    assert deployer.update(template) == "UPDATE_COMPLETE"
    three = {node["InstanceId"] for node in deployer.nodes()}
    assert two < three and len(three) == 3

    before = deployer.eks.describe_nodegroup(clusterName="training", nodegroupName="p4d")["nodegroup"]
    template["Resources"]["Template"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"].pop()
    assert deployer.update(template) == "UPDATE_COMPLETE"
    after = deployer.eks.describe_nodegroup(clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert after["nodegroupArn"] == before["nodegroupArn"]
    assert after["launchTemplate"]["version"] == "2"
    assert three.isdisjoint({node["InstanceId"] for node in deployer.nodes()})
    assert [len(node["NetworkInterfaces"]) for node in deployer.nodes()] == [4, 4, 4]


def test_a_refused_launch_fails_the_stack_in_the_words_of_eks_and_leaves_nothing(deployer: Deployer) -> None:
    template = _template()
    interfaces = template["Resources"]["Template"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]
    interfaces[1]["DeviceIndex"] = 15
    assert deployer.create(template) == "ROLLBACK_COMPLETE"
    assert "[Issue(Code=AsgInstanceLaunchFailures, Message=Could not launch On-Demand Instances." in deployer.failure()
    assert deployer.eks.list_clusters()["clusters"] == []
    assert deployer.nodes() == []


def test_a_refused_change_goes_back_to_what_was(deployer: Deployer) -> None:
    template = _template()
    deployer.create(template)
    before = [node["InstanceId"] for node in deployer.nodes()]
    bad = copy.deepcopy(template)
    bad["Resources"]["Template"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"][0]["InterfaceType"] = (
        "efa-only"
    )
    assert deployer.update(bad) == "UPDATE_ROLLBACK_COMPLETE"
    assert "An EFA-only network interface cannot be the primary network interface" in deployer.failure()
    group = deployer.eks.describe_nodegroup(clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert group["status"] == "ACTIVE"
    assert [len(node["NetworkInterfaces"]) for node in deployer.nodes()] == [5] * len(before)


def test_deleting_the_stack_leaves_the_account_empty(deployer: Deployer) -> None:
    deployer.create(_template())
    deployer.cloudformation.delete_stack(StackName="training")
    assert deployer.nodes() == []
    assert deployer.eks.list_clusters()["clusters"] == []
    assert deployer.ec2.describe_placement_groups()["PlacementGroups"] == []
    assert deployer.ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert deployer.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert deployer.ec2.describe_volumes()["Volumes"] == []
    names = {group["GroupName"] for group in deployer.ec2.describe_security_groups()["SecurityGroups"]}
    assert names == {"default"}
    assert [vpc["IsDefault"] for vpc in deployer.ec2.describe_vpcs()["Vpcs"]] == [True]
