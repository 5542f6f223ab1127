"""Templates for tests: a sound node group with EFA, and changes to it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from efa_constructs.review.review import Review, review
from efa_constructs.review.templates import StackTemplate, Templates

__all__ = ["Template", "broken_rules", "review_of", "sound", "templates_of"]

Template = dict[str, Any]

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
            name=f"Stack{number}", document=document, file=Path(f"stack{number}.json"), account=None, region=region
        )
        for number, document in enumerate(documents, 1)
    )


def review_of(change: Callable[[Template], object] = lambda template: None) -> Review:
    """The review of the sound template once it was changed."""
    template = sound()
    change(template)
    return review(templates_of(template))


def broken_rules(change: Callable[[Template], object]) -> set[str]:
    """Ids of the rules that the changed template breaks."""
    return {finding.rule.id for finding in review_of(change).findings}
