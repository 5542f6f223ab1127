"""The emulated account as a process: boto3 deploys onto it, and it ends when it should."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.account.process import AccountProcess


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    with AccountProcess() as process:
        yield process


_ITS_OWN = "its own"


def client(account: AccountProcess, service: str, *, token: str | None = _ITS_OWN) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=account.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        aws_session_token=account.environment["AWS_SESSION_TOKEN"] if token is _ITS_OWN else token,
        config=Config(retries={"total_max_attempts": 1}),
    )


NETWORK: dict[str, Any] = {
    "Vpc": {
        "Type": "AWS::EC2::VPC",
        "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": "true", "Tags": [{"Key": "a", "Value": "b"}]},
    },
    "Gateway": {"Type": "AWS::EC2::InternetGateway"},
    "Attachment": {
        "Type": "AWS::EC2::VPCGatewayAttachment",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}},
    },
    "Public": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": "10.0.0.0/24",
            "MapPublicIpOnLaunch": True,
            "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        },
    },
    "Private": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"},
    },
    "PublicTable": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "PrivateTable": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "PublicAssociation": {
        "Type": "AWS::EC2::SubnetRouteTableAssociation",
        "Properties": {"RouteTableId": {"Ref": "PublicTable"}, "SubnetId": {"Ref": "Public"}},
    },
    "PrivateAssociation": {
        "Type": "AWS::EC2::SubnetRouteTableAssociation",
        "Properties": {"RouteTableId": {"Ref": "PrivateTable"}, "SubnetId": {"Ref": "Private"}},
    },
    "PublicRoute": {
        "Type": "AWS::EC2::Route",
        "DependsOn": "Attachment",
        "Properties": {
            "RouteTableId": {"Ref": "PublicTable"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": {"Ref": "Gateway"},
        },
    },
    "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
    "Nat": {
        "Type": "AWS::EC2::NatGateway",
        "DependsOn": "PublicRoute",
        "Properties": {"SubnetId": {"Ref": "Public"}, "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}},
    },
    "PrivateRoute": {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "PrivateTable"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "NatGatewayId": {"Ref": "Nat"},
        },
    },
    "S3": {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "ServiceName": "com.amazonaws.us-east-1.s3",
            "RouteTableIds": [{"Ref": "PrivateTable"}],
            "VpcEndpointType": "Gateway",
        },
    },
    "Group": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "endpoints", "VpcId": {"Ref": "Vpc"}},
    },
    "Ecr": {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "ServiceName": "com.amazonaws.us-east-1.ecr.api",
            "SubnetIds": [{"Ref": "Private"}],
            "SecurityGroupIds": [{"Ref": "Group"}],
            "VpcEndpointType": "Interface",
            "PrivateDnsEnabled": True,
        },
    },
}

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
WORKER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"

IAM: dict[str, Any] = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonEKSWorkerNodePolicy"}],
            "Policies": [{"PolicyName": "own", "PolicyDocument": ALLOW}],
        },
    },
    "Inline": {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "inline", "PolicyDocument": ALLOW, "Roles": [{"Ref": "Role"}]},
    },
    "Managed": {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": ALLOW, "Roles": [{"Ref": "Role"}]},
    },
    "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
}

OTHERS: dict[str, Any] = {
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "Description": "secrets"}},
    "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/k", "TargetKeyId": {"Ref": "Key"}}},
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
    "Bucket": {"Type": "AWS::S3::Bucket"},
    "BucketPolicy": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": ALLOW},
    },
    "Repository": {"Type": "AWS::ECR::Repository"},
    "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}},
    "Metadata": {"Type": "AWS::CDK::Metadata"},
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
}


def template(resources: dict[str, Any], **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})


def inventory(account: AccountProcess) -> dict[str, Any]:
    """Everything in the account that a stack of these tests could leave behind."""
    ec2, iam = client(account, "ec2"), client(account, "iam")
    return {
        "vpcs": ids(ec2.describe_vpcs()["Vpcs"], "VpcId"),
        "subnets": ids(ec2.describe_subnets()["Subnets"], "SubnetId"),
        "tables": ids(ec2.describe_route_tables()["RouteTables"], "RouteTableId"),
        "gateways": ids(ec2.describe_internet_gateways()["InternetGateways"], "InternetGatewayId"),
        "nat": ids(ec2.describe_nat_gateways()["NatGateways"], "NatGatewayId"),
        "addresses": ids(ec2.describe_addresses()["Addresses"], "AllocationId"),
        "endpoints": ids(ec2.describe_vpc_endpoints()["VpcEndpoints"], "VpcEndpointId"),
        "interfaces": ids(ec2.describe_network_interfaces()["NetworkInterfaces"], "NetworkInterfaceId"),
        "groups": ids(ec2.describe_security_groups()["SecurityGroups"], "GroupId"),
        "acls": ids(ec2.describe_network_acls()["NetworkAcls"], "NetworkAclId"),
        "tags": ids(ec2.describe_tags()["Tags"], "ResourceId"),
        "roles": ids(iam.list_roles()["Roles"], "RoleName"),
        "policies": ids(iam.list_policies(Scope="Local")["Policies"], "Arn"),
        "profiles": ids(iam.list_instance_profiles()["InstanceProfiles"], "InstanceProfileName"),
        "keys": ids(client(account, "kms").list_keys()["Keys"], "KeyId"),
        "aliases": ids(client(account, "kms").list_aliases()["Aliases"], "AliasName"),
        "logs": ids(client(account, "logs").describe_log_groups()["logGroups"], "logGroupName"),
        "buckets": ids(client(account, "s3").list_buckets()["Buckets"], "Name"),
        "repositories": ids(client(account, "ecr").describe_repositories()["repositories"], "repositoryName"),
        "parameters": ids(client(account, "ssm").describe_parameters()["Parameters"], "Name"),
    }


def ids(items: list[dict[str, Any]], key: str) -> list[str]:
    return sorted(str(item[key]) for item in items)


def status(account: AccountProcess, name: str) -> str:
    [stack] = client(account, "cloudformation").describe_stacks(StackName=name)["Stacks"]
    return str(stack["StackStatus"])


def failures(account: AccountProcess, name: str) -> list[str]:
    """Why resources of a stack failed."""
    events = client(account, "cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]


def test_leaves_nothing_behind_when_a_stack_is_deleted(account: AccountProcess) -> None:
    before = inventory(account)
    cloudformation = client(account, "cloudformation")
    everything = template({**NETWORK, **IAM, **OTHERS})
    cloudformation.create_stack(StackName="all", TemplateBody=everything, Capabilities=["CAPABILITY_IAM"])
    assert failures(account, "all") == []
    assert status(account, "all") == "CREATE_COMPLETE"
    during = inventory(account)
    assert [name for name in before if before[name] == during[name]] == []
    cloudformation.delete_stack(StackName="all")
    assert inventory(account) == before


def test_makes_a_network_that_can_be_read_back(account: AccountProcess) -> None:
    cloudformation, ec2 = client(account, "cloudformation"), client(account, "ec2")
    cloudformation.create_stack(StackName="net", TemplateBody=template(NETWORK), Tags=[{"Key": "team", "Value": "x"}])
    made = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in cloudformation.list_stack_resources(StackName="net")["StackResourceSummaries"]
    }
    [vpc] = ec2.describe_vpcs(VpcIds=[made["Vpc"]])["Vpcs"]
    tags = {tag["Key"]: tag["Value"] for tag in vpc["Tags"]}
    assert tags["a"] == "b"
    assert tags["team"] == "x"
    assert tags["aws:cloudformation:logical-id"] == "Vpc"
    names = ec2.describe_vpc_attribute(VpcId=made["Vpc"], Attribute="enableDnsHostnames")
    assert names["EnableDnsHostnames"]["Value"] is True
    subnets = {s["SubnetId"]: s for s in ec2.describe_subnets(SubnetIds=[made["Public"], made["Private"]])["Subnets"]}
    assert subnets[made["Public"]]["MapPublicIpOnLaunch"] is True
    assert subnets[made["Private"]]["MapPublicIpOnLaunch"] is False
    [table] = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [made["Private"]]}])[
        "RouteTables"
    ]
    assert {route.get("NatGatewayId") for route in table["Routes"]} >= {made["Nat"]}
    cloudformation.delete_stack(StackName="net")


def test_gives_a_role_its_policies_and_changes_them(account: AccountProcess) -> None:
    cloudformation, iam = client(account, "cloudformation"), client(account, "iam")
    cloudformation.create_stack(StackName="iam", TemplateBody=template(IAM), Capabilities=["CAPABILITY_IAM"])
    resources = cloudformation.describe_stack_resources(StackName="iam")["StackResources"]
    role = next(r["PhysicalResourceId"] for r in resources if r["LogicalResourceId"] == "Role")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert WORKER_POLICY in {policy["PolicyArn"] for policy in attached}
    assert len(attached) == 2
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["own", "inline"]

    other = json.loads(json.dumps(IAM))
    other["Role"]["Properties"] |= {"ManagedPolicyArns": [], "Policies": [], "MaxSessionDuration": 7200}
    del other["Inline"]
    cloudformation.update_stack(StackName="iam", TemplateBody=template(other), Capabilities=["CAPABILITY_IAM"])
    assert status(account, "iam") == "UPDATE_COMPLETE"
    assert len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    assert iam.get_role(RoleName=role)["Role"]["MaxSessionDuration"] == 7200
    cloudformation.delete_stack(StackName="iam")


def test_refuses_a_managed_policy_at_another_path(account: AccountProcess) -> None:
    cloudformation = client(account, "cloudformation")
    role = json.loads(json.dumps(IAM["Role"]))
    role["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy"]
    cloudformation.create_stack(StackName="typo", TemplateBody=template({"R": role}), Capabilities=["CAPABILITY_IAM"])
    assert status(account, "typo") == "ROLLBACK_COMPLETE"
    [reason] = failures(account, "typo")
    assert "policy/AmazonEBSCSIDriverPolicy does not exist" in reason
    cloudformation.delete_stack(StackName="typo")


def test_takes_a_managed_policy_on_trust_that_no_list_here_has_and_says_so(account: AccountProcess) -> None:
    cloudformation, iam = client(account, "cloudformation"), client(account, "iam")
    role = json.loads(json.dumps(IAM["Role"]))
    arn = "arn:aws:iam::aws:policy/service-role/AmazonEKSWorkerNodesPolicy"
    role["Properties"]["ManagedPolicyArns"] = [arn]
    cloudformation.create_stack(StackName="new", TemplateBody=template({"R": role}), Capabilities=["CAPABILITY_IAM"])
    assert status(account, "new") == "CREATE_COMPLETE"
    [resource] = cloudformation.describe_stack_resources(StackName="new")["StackResources"]
    attached = iam.list_attached_role_policies(RoleName=resource["PhysicalResourceId"])["AttachedPolicies"]
    assert {policy["PolicyArn"] for policy in attached} == {arn}
    assert account.taken_on_trust() == (
        "whether IAM has the managed policy 'AmazonEKSWorkerNodesPolicy' (there is 'AmazonEKSWorkerNodePolicy')",
    )
    cloudformation.delete_stack(StackName="new")


def test_names_a_parameter_as_cloudformation_does_whatever_the_stack_is_called(account: AccountProcess) -> None:
    cloudformation, ssm = client(account, "cloudformation"), client(account, "ssm")
    long = "NameOfAParameterThatIsLongerThanItsRoom"
    cloudformation.create_stack(
        StackName="Ssm", TemplateBody=template({"Short": OTHERS["Parameter"], long: OTHERS["Parameter"]})
    )
    assert failures(account, "Ssm") == []
    names = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in cloudformation.describe_stack_resources(StackName="Ssm")["StackResources"]
    }
    assert re.fullmatch("CFN-Short-[A-Za-z0-9]{12}", names["Short"])
    assert re.fullmatch(f"CFN-{long[:23]}-[A-Za-z0-9]{{12}}", names[long])
    assert ssm.get_parameter(Name=names["Short"])["Parameter"]["Value"] == "v"
    cloudformation.delete_stack(StackName="Ssm")


def test_makes_functions_layers_and_permissions(account: AccountProcess) -> None:
    cloudformation, s3, functions = client(account, "cloudformation"), client(account, "s3"), client(account, "lambda")
    s3.create_bucket(Bucket="assets")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", "")
    s3.put_object(Bucket="assets", Key="code.zip", Body=archive.getvalue())
    code = {"S3Bucket": "assets", "S3Key": "code.zip"}
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": code}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": code,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Handler": "index.handler",
                "Runtime": "python3.13",
                "Timeout": "60",
                "Layers": [{"Ref": "Layer"}],
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
            },
        },
    }
    cloudformation.create_stack(StackName="code", TemplateBody=template(resources), Capabilities=["CAPABILITY_IAM"])
    assert failures(account, "code") == []
    [function] = functions.list_functions()["Functions"]
    assert function["Timeout"] == 60
    policy = json.loads(functions.get_policy(FunctionName=function["FunctionName"])["Policy"])
    assert [statement["Principal"] for statement in policy["Statement"]] == [{"Service": "events.amazonaws.com"}]
    [layer] = functions.list_layers()["Layers"]
    arn = layer["LatestMatchingVersion"]["LayerVersionArn"]
    assert [one["Arn"] for one in function["Layers"]] == [arn]

    del resources["Permission"], resources["Function"]["Properties"]["Layers"]
    cloudformation.update_stack(StackName="code", TemplateBody=template(resources), Capabilities=["CAPABILITY_IAM"])
    assert status(account, "code") == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        functions.get_policy(FunctionName=function["FunctionName"])
    assert functions.list_functions()["Functions"][0]["Layers"] == []

    elsewhere = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:60"
    resources["Function"]["Properties"]["Layers"] = [elsewhere]
    cloudformation.update_stack(StackName="code", TemplateBody=template(resources), Capabilities=["CAPABILITY_IAM"])
    assert status(account, "code") == "UPDATE_COMPLETE"
    assert f"the layer {elsewhere} of another account, which is not here" in account.taken_on_trust()
    resources["Function"]["Properties"]["Layers"] = [arn.rpartition(":")[0] + ":9"]
    cloudformation.update_stack(StackName="code", TemplateBody=template(resources), Capabilities=["CAPABILITY_IAM"])
    assert any("does not exist" in reason for reason in failures(account, "code"))

    cloudformation.delete_stack(StackName="code")
    assert functions.list_functions()["Functions"] == functions.list_layers()["Layers"] == []
    s3.delete_object(Bucket="assets", Key="code.zip")
    s3.delete_bucket(Bucket="assets")


def test_says_what_the_vpc_service_refuses_and_rolls_back(account: AccountProcess) -> None:
    before = inventory(account)
    cloudformation = client(account, "cloudformation")
    broken = json.loads(json.dumps(NETWORK))
    broken["Private"]["Properties"]["CidrBlock"] = "192.168.0.0/24"
    cloudformation.create_stack(StackName="broken", TemplateBody=template(broken))
    [stack] = cloudformation.describe_stacks(StackName="broken")["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    [reason] = failures(account, "broken")
    assert "The CIDR '192.168.0.0/24' is invalid. (Service: Ec2, Status Code: 400" in reason
    assert inventory(account) == before
    cloudformation.delete_stack(StackName="broken")


def test_deploys_a_nested_stack_from_s3(account: AccountProcess) -> None:
    cloudformation, s3 = client(account, "cloudformation"), client(account, "s3")
    child = template(
        {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Value"}}}},
        Parameters={"Value": {"Type": "String"}},
        Outputs={"Name": {"Value": {"Ref": "P"}}},
    )
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="a/child.json", Body=child.encode())
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"{account.url}/templates/a/child.json", "Parameters": {"Value": "one"}},
    }
    outputs = {"Name": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Name"]}}}
    cloudformation.create_stack(StackName="parent", TemplateBody=template({"Child": nested}, Outputs=outputs))
    [stack] = cloudformation.describe_stacks(StackName="parent")["Stacks"]
    name = stack["Outputs"][0]["OutputValue"]
    ssm = client(account, "ssm")
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "one"

    nested["Properties"]["Parameters"]["Value"] = "two"
    cloudformation.update_stack(StackName="parent", TemplateBody=template({"Child": nested}, Outputs=outputs))
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "two"

    cloudformation.delete_stack(StackName="parent")
    assert ssm.describe_parameters()["Parameters"] == []
    assert cloudformation.describe_stacks()["Stacks"] == []
    s3.delete_object(Bucket="templates", Key="a/child.json")
    s3.delete_bucket(Bucket="templates")


@pytest.mark.parametrize(
    ("action", "parameters", "code", "message"),
    [
        ("describe_stacks", {"StackName": "none"}, "ValidationError", "Stack with id none does not exist"),
        ("list_stack_sets", {}, "InvalidAction", "does not do the action ListStackSets"),
        ("create_stack", {"StackName": "x"}, "ValidationError", "Either Template URL or Template Body must be specif"),
        ("create_stack", {"StackName": "-"}, "ValidationError", "failed to satisfy constraint"),
        (
            "create_stack",
            {"StackName": "x", "TemplateURL": "http://127.0.0.1/none/key"},
            "ValidationError",
            "S3 error: The specified key does not exist",
        ),
        (
            "create_stack",
            {"StackName": "x", "TemplateBody": '{"Resources": {"F": {"Type": "AWS::FSx::FileSystem"}}}'},
            "ValidationError",
            "does not have the resource types",
        ),
    ],
)
def test_answers_a_wrong_request_with_an_error(
    account: AccountProcess, action: str, parameters: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        getattr(client(account, "cloudformation"), action)(**parameters)
    assert refused.value.response["Error"]["Code"] == code


def test_serves_eks_and_placement_groups_itself(account: AccountProcess) -> None:
    assert client(account, "eks").list_clusters()["clusters"] == []
    assert client(account, "ec2").describe_placement_groups()["PlacementGroups"] == []


def test_gives_an_environment_that_reaches_this_account_and_no_other(account: AccountProcess) -> None:
    environment = account.environment
    assert environment["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{account.url.rsplit(':', 1)[1]}"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert "AWS_PROFILE" not in environment


@pytest.mark.parametrize("token", [None, "", "guessed"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudformation", "list_stacks"),
        ("eks", "list_clusters"),
        ("iam", "list_roles"),
        ("lambda", "list_functions"),
        ("s3", "list_buckets"),
        ("ssm", "describe_parameters"),
        ("sts", "get_caller_identity"),
    ],
)
def test_answers_nobody_who_was_not_given_its_session_token(
    account: AccountProcess, service: str, operation: str, token: str | None
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(account, service, token=token), operation)()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize("path", ["/", "/rehearsal/clusters", "/rehearsal/taken-on-trust", "/moto-api/data.json"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_answers_no_page_of_a_browser(account: AccountProcess, method: str, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(account.url.rsplit(":", 1)[1]), timeout=10)
    headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 403
    assert answer.getheader("Access-Control-Allow-Origin") is None
    connection.close()


def test_answers_whoever_has_assumed_a_role(account: AccountProcess) -> None:
    given = client(account, "sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/a", RoleSessionName="session")
    s3 = client(account, "s3", token=given["Credentials"]["SessionToken"])
    assert s3.list_buckets()["Buckets"] == client(account, "s3").list_buckets()["Buckets"]
    signed = s3.generate_presigned_url("list_buckets")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(signed, timeout=10) as answer:
        assert answer.status == 200


def test_its_session_token_is_in_no_arguments_of_a_process(account: AccountProcess) -> None:
    # Every user of a machine may read them.
    arguments = Path(f"/proc/{account.process_id}/cmdline").read_bytes()
    assert account.environment["AWS_SESSION_TOKEN"].encode() not in arguments


def gone(process_id: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        # A child that has ended stays until somebody asks for its status.
        if Path(f"/proc/{process_id}/stat").exists() and ") Z " in Path(f"/proc/{process_id}/stat").read_text():
            return True
        time.sleep(0.05)
    return False


def start_from_another_process(release: bool) -> tuple[subprocess.Popen[str], int]:
    script = (
        "import sys, time\n"
        "from efa_constructs.rehearsal.account.process import AccountProcess\n"
        "account = AccountProcess()\n"
        "account.start()\n"
        f"print(account.release() if {release} else account.process_id, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        return parent, int(parent.stdout.readline())


def test_ends_when_whoever_started_it_is_killed() -> None:
    parent, process_id = start_from_another_process(release=False)
    parent.kill()
    parent.wait()
    assert gone(process_id)


def test_goes_on_when_it_is_released() -> None:
    parent, process_id = start_from_another_process(release=True)
    parent.kill()
    parent.wait()
    try:
        assert not gone(process_id, seconds=0.5)
    finally:
        os.kill(process_id, signal.SIGTERM)
    assert gone(process_id)


def test_says_why_it_did_not_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        account = AccountProcess(port=taken.getsockname()[1])
        with pytest.raises(RehearsalError, match=r"did not start \(exit status 1\): .*in use"):
            account.start()
    with pytest.raises(RehearsalError, match="not running"):
        assert account.process_id


@pytest.mark.parametrize("said", ["hello", "5", '{"door": 5}', '"port"'])
def test_says_so_when_something_else_writes_where_the_port_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"print({said!r}, flush=True)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RehearsalError, match=f"said '{re.escape(said)}' where its port was expected"):
        AccountProcess().start()


def test_says_so_when_it_has_ended_or_another_answers_in_its_place() -> None:
    with AccountProcess() as account:
        os.kill(account.process_id, signal.SIGKILL)
        # Until its last thread has ended, its port takes connections. Its status is left to the account.
        os.waitid(os.P_PID, account.process_id, os.WEXITED | os.WNOWAIT)
        with pytest.raises(RehearsalError, match=r"does not say what it took on trust, it may have ended \(.*refused"):
            account.taken_on_trust()
        port = int(account.url.rsplit(":", 1)[1])
        with ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler) as other:
            threading.Thread(target=other.serve_forever, daemon=True).start()
            with pytest.raises(RehearsalError, match="does not say what it took on trust"):
                account.taken_on_trust()
            other.shutdown()


def test_is_another_account_if_asked() -> None:
    with AccountProcess(account="210987654321") as account:
        assert client(account, "sts").get_caller_identity()["Account"] == "210987654321"
        # moto's services, and those that stand in front of it.
        made = client(account, "cloudformation").create_stack(
            StackName="one", TemplateBody=template({"Parameter": OTHERS["Parameter"]})
        )
        assert made["StackId"].startswith("arn:aws:cloudformation:us-east-1:210987654321:stack/one/")
        assert len(client(account, "ssm").describe_parameters()["Parameters"]) == 1
        process_id = account.process_id
    assert gone(process_id)
