"""Cases of subnets, their routes and VPCs."""

from __future__ import annotations

from efa_constructs.rules import networks as rules

from ..templates import Template, add, all_of, drop, put, whole
from .case import Case
from .interfaces import layout

__all__ = ["NETWORK_CASES"]

_MANY = {"MinSize": 0, "DesiredSize": 12, "MaxSize": 12}


def _anywhere(template: Template) -> None:
    """Nodes of a type that nothing is recorded about."""
    launch = template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    launch["InstanceType"] = "p6e-gb200.36xlarge"


_in_public = all_of(whole, put("NodeGroup.Subnets", [{"Ref": "PublicSubnet"}]))
_one_interface = all_of(
    _in_public,
    layout("c5n.18xlarge", [(0, 0, "efa")]),
    put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"),
)

NETWORK_CASES = (
    Case(rule=rules.PUBLIC_SUBNET, broken=_in_public, kept=whole),
    Case(
        rule=rules.NO_PUBLIC_ADDRESS,
        broken=_one_interface,
        kept=all_of(_one_interface, put("PublicSubnet.MapPublicIpOnLaunch", True)),
    ),
    Case(
        rule=rules.NO_WAY_OUT,
        broken=all_of(whole, drop("PrivateRoute")),
        kept=all_of(
            whole,
            drop("PrivateRoute"),
            add(
                "Endpoint", "AWS::EC2::VPCEndpoint", VpcId={"Ref": "Vpc"}, ServiceName="com.amazonaws.us-east-1.ecr.api"
            ),
        ),
    ),
    Case(
        rule=rules.SUBNET_OF_ANOTHER_VPC,
        broken=all_of(
            whole,
            put("PrivateSubnet.VpcId", {"Ref": "OtherVpc"}),
            put("SecurityGroup.VpcId", {"Ref": "OtherVpc"}),
            put("Cluster.ResourcesVpcConfig.SubnetIds", [{"Ref": "OtherSubnet"}, {"Ref": "PublicSubnet"}]),
        ),
        kept=whole,
    ),
    Case(
        rule=rules.GROUP_OF_ANOTHER_VPC,
        broken=all_of(whole, put("SecurityGroup.VpcId", {"Ref": "OtherVpc"})),
        kept=all_of(whole, put("SecurityGroup.VpcId", {"Fn::ImportValue": "vpc"})),
    ),
    Case(
        rule=rules.TOO_FEW_ADDRESSES,
        broken=all_of(whole, put("PrivateSubnet.CidrBlock", "10.0.1.0/28"), put("NodeGroup.ScalingConfig", _MANY)),
        kept=all_of(whole, put("PrivateSubnet.CidrBlock", "10.0.1.0/27"), put("NodeGroup.ScalingConfig", _MANY)),
    ),
    Case(
        rule=rules.TYPE_NOT_OFFERED,
        broken=all_of(whole, put("PrivateSubnet.AvailabilityZone", "us-east-1f")),
        kept=all_of(whole, drop("PrivateSubnet.AvailabilityZone")),
    ),
    # hpc7a is not in us-east-1 at all.
    Case(
        rule=rules.TYPE_NOT_OFFERED,
        broken=all_of(layout("hpc7a.96xlarge"), put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD")),
        kept=all_of(layout("hpc6id.32xlarge"), put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"), _anywhere),
    ),
    Case(
        rule=rules.ZONE_OF_ANOTHER_REGION,
        broken=all_of(whole, put("OtherSubnet.AvailabilityZone", "us-west-2b")),
        kept=all_of(whole, put("OtherSubnet.AvailabilityZone", {"Fn::Select": [0, {"Fn::GetAZs": ""}]})),
    ),
)
