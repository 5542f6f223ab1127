"""Templates for tests: a sound node group with EFA, and changes to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from efa_constructs.review.review import Review, review
from efa_constructs.review.stack_template import StackTemplate
from efa_constructs.review.templates import Templates

__all__ = [
    "Change",
    "Template",
    "add",
    "all_of",
    "broken_rules",
    "data",
    "drop",
    "interface",
    "put",
    "review_of",
    "sound",
    "templates_of",
    "unchanged",
    "whole",
]

Template = dict[str, Any]
Change = Callable[[Template], object]

_GROUPS = [{"Ref": "ClusterSecurityGroup"}, {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}]


def _interface(card: int, device: int, kind: str) -> dict[str, Any]:
    return {"NetworkCardIndex": card, "DeviceIndex": device, "InterfaceType": kind, "Groups": list(_GROUPS)}


_TO_ITSELF = {"GroupId": {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}, "IpProtocol": "-1"}
_SOUND: Template = {
    "Parameters": {"ClusterSecurityGroup": {"Type": "AWS::EC2::SecurityGroup::Id"}, "Subnet": {"Type": "String"}},
    "Resources": {
        "SecurityGroup": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "EFA", "VpcId": "vpc-0a1b2c3d4e5f60718"},
        },
        "Ingress": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {**_TO_ITSELF, "SourceSecurityGroupId": {"Ref": "SecurityGroup"}},
        },
        "Egress": {
            "Type": "AWS::EC2::SecurityGroupEgress",
            "Properties": {**_TO_ITSELF, "DestinationSecurityGroupId": {"Ref": "SecurityGroup"}},
        },
        "PlacementGroup": {"Type": "AWS::EC2::PlacementGroup", "Properties": {"Strategy": "cluster"}},
        "LaunchTemplate": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "InstanceType": "p4d.24xlarge",
                    "Placement": {"GroupName": {"Ref": "PlacementGroup"}},
                    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
                    "BlockDeviceMappings": [
                        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 300, "VolumeType": "gp3", "Encrypted": True}}
                    ],
                    "NetworkInterfaces": [
                        _interface(0, 0, "interface"),
                        _interface(0, 1, "efa-only"),
                        _interface(1, 0, "efa-only"),
                        _interface(2, 0, "efa-only"),
                        _interface(3, 0, "efa-only"),
                    ],
                }
            },
        },
        "NodeGroup": {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {
                "ClusterName": "training",
                "NodeRole": "arn:aws:iam::123456789012:role/nodes",
                "AmiType": "AL2023_x86_64_NVIDIA",
                "CapacityType": "ON_DEMAND",
                "Subnets": [{"Ref": "Subnet"}],
                "ScalingConfig": {"MinSize": 1, "DesiredSize": 2, "MaxSize": 3},
                "UpdateConfig": {"MaxUnavailable": 1},
                "Labels": {"vpc.amazonaws.com/efa.present": "true", "nvidia.com/gpu.present": "true"},
                "LaunchTemplate": {
                    "Id": {"Ref": "LaunchTemplate"},
                    "Version": {"Fn::GetAtt": ["LaunchTemplate", "LatestVersionNumber"]},
                },
            },
        },
    },
}


def sound() -> Template:
    """A template that breaks no rule: p4d nodes on a cluster of elsewhere."""
    return copy.deepcopy(_SOUND)


def templates_of(*documents: Mapping[str, Any], region: str | None = "us-east-1") -> Templates:
    """Templates as stacks Stack1, Stack2 and so on."""
    return Templates(
        StackTemplate(
            name=f"Stack{number}",
            document=document,
            file=Path(f"stack{number}.json"),
            account=None,
            region=region,
            size=len(json.dumps(document, default=str)),
        )
        for number, document in enumerate(documents, 1)
    )


def unchanged(template: Template) -> None:
    """The template as it is."""


def all_of(*changes: Change) -> Change:
    """One change after the other."""

    def change(template: Template) -> None:
        for each in changes:
            each(template)

    return change


def put(path: str, value: Any) -> Change:
    """Set a property: ``put("NodeGroup.ScalingConfig.MinSize", 1)``."""

    def change(template: Template) -> None:
        *way, last = _way(path)
        _at(template, way)[last] = copy.deepcopy(value)

    return change


def drop(path: str) -> Change:
    """Take a resource, ``drop("Egress")``, or a property away."""

    def change(template: Template) -> None:
        if "." not in path:
            del template["Resources"][path]
            return
        *way, last = _way(path)
        del _at(template, way)[last]

    return change


def add(logical_id: str, kind: str, **properties: Any) -> Change:
    """Add a resource."""

    def change(template: Template) -> None:
        template["Resources"][logical_id] = {"Type": kind, "Properties": copy.deepcopy(properties)}

    return change


def data(name: str, value: Any) -> Change:
    """Set a property of ``LaunchTemplateData``."""
    return put(f"LaunchTemplate.LaunchTemplateData.{name}", value)


def interface(index: int, **settings: Any) -> Change:
    """Change an interface of the launch template. None takes a setting away."""

    def change(template: Template) -> None:
        interfaces = template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]
        for name, value in settings.items():
            if value is None:
                del interfaces[index][name]
            else:
                interfaces[index][name] = value

    return change


def _way(path: str) -> list[str | int]:
    logical_id, *names = path.split(".")
    return ["Resources", logical_id, "Properties", *(int(name) if name.isdecimal() else name for name in names)]


def _at(template: Template, way: list[str | int]) -> Any:
    value: Any = template
    for name in way:
        value = value.setdefault(name, {}) if isinstance(value, dict) else value[name]
    return value


_NETWORK: Template = {
    **{
        name: {
            "Type": "AWS::EC2::VPC",
            "Properties": {"CidrBlock": block, "EnableDnsSupport": True, "EnableDnsHostnames": True},
        }
        for name, block in (("Vpc", "10.0.0.0/16"), ("OtherVpc", "10.1.0.0/16"))
    },
    "InternetGateway": {"Type": "AWS::EC2::InternetGateway"},
    "PublicSubnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a"},
    },
    "PrivateSubnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"},
    },
    "OtherSubnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "us-east-1b"},
    },
    "NatGateway": {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {"SubnetId": {"Ref": "PublicSubnet"}, "AllocationId": "eipalloc-0123456789abcdef0"},
    },
    **{
        name: resource
        for kind in ("Public", "Private")
        for name, resource in {
            f"{kind}Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            f"{kind}Route": {
                "Type": "AWS::EC2::Route",
                "Properties": {
                    "RouteTableId": {"Ref": f"{kind}Table"},
                    "DestinationCidrBlock": "0.0.0.0/0",
                    **(
                        {"GatewayId": {"Ref": "InternetGateway"}}
                        if kind == "Public"
                        else {"NatGatewayId": {"Ref": "NatGateway"}}
                    ),
                },
            },
            f"{kind}Routes": {
                "Type": "AWS::EC2::SubnetRouteTableAssociation",
                "Properties": {"SubnetId": {"Ref": f"{kind}Subnet"}, "RouteTableId": {"Ref": f"{kind}Table"}},
            },
        }.items()
    },
}


def _role(service: str, *policies: str) -> Template:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "ManagedPolicyArns": [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"} for name in policies],
        },
    }


_CLUSTER: Template = {
    "ClusterRole": _role("eks.amazonaws.com", "AmazonEKSClusterPolicy"),
    "NodeRole": _role(
        "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"
    ),
    "Cluster": {
        "Type": "AWS::EKS::Cluster",
        "Properties": {
            "Version": "1.36",
            "RoleArn": {"Fn::GetAtt": ["ClusterRole", "Arn"]},
            "AccessConfig": {"AuthenticationMode": "API"},
            "EncryptionConfig": [
                {
                    "Resources": ["secrets"],
                    "Provider": {
                        "KeyArn": "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
                    },
                }
            ],
            "Logging": {
                "ClusterLogging": {
                    "EnabledTypes": [
                        {"Type": kind} for kind in ("api", "audit", "authenticator", "controllerManager", "scheduler")
                    ]
                }
            },
            "ResourcesVpcConfig": {
                "EndpointPrivateAccess": True,
                "EndpointPublicAccess": True,
                "PublicAccessCidrs": ["192.0.2.0/24"],
                "SubnetIds": [{"Ref": "PrivateSubnet"}, {"Ref": "OtherSubnet"}],
            },
        },
    },
    "KubectlRole": _role("lambda.amazonaws.com"),
    "KubectlFunction": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Role": {"Fn::GetAtt": ["KubectlRole", "Arn"]}, "Code": {"ZipFile": ""}},
    },
    "Entry": {
        "Type": "AWS::EKS::AccessEntry",
        "Properties": {"ClusterName": {"Ref": "Cluster"}, "PrincipalArn": {"Fn::GetAtt": ["KubectlRole", "Arn"]}},
    },
    "Manifest": {
        "Type": "Custom::AWSCDK-EKS-KubernetesResource",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["KubectlFunction", "Arn"]},
            "ClusterName": {"Ref": "Cluster"},
            "Manifest": '[{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"training"}}]',
        },
        "DependsOn": ["Entry"],
    },
}


def whole(template: Template) -> None:
    """The node group on a cluster, in a VPC, with roles, of the same template."""
    resources = template["Resources"]
    resources.update(copy.deepcopy(_NETWORK | _CLUSTER))
    resources["SecurityGroup"]["Properties"]["VpcId"] = {"Ref": "Vpc"}
    node_group = resources["NodeGroup"]["Properties"]
    node_group["ClusterName"] = {"Ref": "Cluster"}
    node_group["NodeRole"] = {"Fn::GetAtt": ["NodeRole", "Arn"]}
    node_group["Subnets"] = [{"Ref": "PrivateSubnet"}]
    cluster_group = {"Fn::GetAtt": ["Cluster", "ClusterSecurityGroupId"]}
    for each in resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]:
        each["Groups"][0] = cluster_group


def review_of(change: Change = unchanged) -> Review:
    """The review of the sound template once it was changed."""
    template = sound()
    change(template)
    return review(templates_of(template))


def broken_rules(change: Change) -> set[str]:
    """Ids of the rules that the changed template breaks."""
    return {finding.rule.id for finding in review_of(change).findings}
