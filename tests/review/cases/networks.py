"""Cases of subnets, their routes and VPCs."""

from __future__ import annotations

from efa_constructs.rules import networks as rules

from ..templates import Change, Template, add, all_of, drop, put, whole
from .case import Case
from .interfaces import layout
from .launch_templates import max_pods

__all__ = ["NETWORK_CASES"]

_KUBELET = (10250, 10250)
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


def acl(*entries: tuple[object, str, bool, str, object, object], subnet: str = "PrivateSubnet") -> Change:
    """A network ACL of a subnet. Of an entry: number, action, out, protocol, range of addresses, range of ports."""

    def change(template: Template) -> None:
        whole(template)
        own = {"NetworkAclId": {"Ref": "Acl"}}
        add("Acl", "AWS::EC2::NetworkAcl", VpcId={"Ref": "Vpc"})(template)
        add("AclOfSubnet", "AWS::EC2::SubnetNetworkAclAssociation", SubnetId={"Ref": subnet}, **own)(template)
        for index, (number, action, out, protocol, addresses, ports) in enumerate(entries):
            more = {"PortRange": {"From": ports[0], "To": ports[1]}} if isinstance(ports, tuple) else {}
            add(
                f"Entry{index}",
                "AWS::EC2::NetworkAclEntry",
                RuleNumber=number,
                RuleAction=action,
                Egress=out,
                Protocol=protocol,
                CidrBlock=addresses,
                **own,
                **more,
            )(template)

    return change


_IN = (100, "allow", False, "-1", "0.0.0.0/0", None)
_OUT = (100, "allow", True, "-1", "0.0.0.0/0", None)
_CLUSTER = "10.0.2.0/24"

_DNS = "Vpc.EnableDnsHostnames"

NETWORK_CASES = (
    Case(rule=rules.VPC_WITHOUT_DNS, broken=all_of(whole, drop(_DNS)), kept=whole),
    Case(
        rule=rules.VPC_WITHOUT_DNS,
        broken=all_of(whole, put("Vpc.EnableDnsSupport", "false")),
        kept=all_of(whole, put(_DNS, {"Ref": "Subnet"}), drop("Vpc.EnableDnsSupport")),
    ),
    Case(
        rule=rules.VPC_WITHOUT_DNS,
        broken=all_of(whole, drop(_DNS)),
        # It is of elsewhere.
        kept=all_of(whole, drop(_DNS), put("PrivateSubnet.VpcId", "vpc-0123456789abcdef0")),
    ),
    Case(
        rule=rules.VPC_WITHOUT_DNS,
        broken=all_of(whole, drop(_DNS)),
        kept=all_of(whole, drop(_DNS), put("NodeGroup.Subnets", ["subnet-0123456789abcdef0"])),
    ),
    # No nodes are in the other one.
    Case(
        rule=rules.VPC_WITHOUT_DNS,
        broken=all_of(whole, put(_DNS, False)),
        kept=all_of(whole, drop("OtherVpc.EnableDnsHostnames")),
    ),
    # Nothing passes an ACL without entries.
    Case(rule=rules.ACL_DROPS, broken=acl(), kept=acl(_IN, _OUT)),
    # An ACL of elsewhere, with entries of its own.
    Case(rule=rules.ACL_DROPS, broken=acl(_OUT), kept=all_of(acl(), put("AclOfSubnet.NetworkAclId", "acl-1"))),
    # The control plane is where only the deployment knows.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_OUT),
        kept=all_of(acl(_IN, _OUT), put("Cluster.ResourcesVpcConfig.SubnetIds", ["subnet-0a1b2c3d4e5f60718"])),
    ),
    # Of no subnet of nodes, or of the control plane.
    Case(rule=rules.ACL_DROPS, broken=acl(_IN), kept=acl(subnet="PublicSubnet")),
    # The lowest number counts.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, _OUT, (50, "deny", True, "6", "0.0.0.0/0", (443, 443))),
        kept=acl(_IN, _OUT, (150, "deny", True, "6", "0.0.0.0/0", (443, 443))),
    ),
    # The answers come to ports of Linux's choice.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(
            _OUT, (1, "allow", False, "6", "0.0.0.0/0", (443, 443)), (2, "allow", False, "6", _CLUSTER, _KUBELET)
        ),
        kept=acl(
            _OUT, (1, "allow", False, 6, "0.0.0.0/0", ("1024", "65535")), (2, "allow", False, "6", _CLUSTER, _KUBELET)
        ),
    ),
    # The control plane is in another subnet, and calls the kubelet.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, _OUT, (50, "deny", False, "6", "10.0.0.0/16", (10000, 10999))),
        kept=acl(_IN, _OUT, (50, "deny", False, "17", "10.0.0.0/16", (10000, 10999))),
    ),
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, (100, "allow", True, "6", "0.0.0.0/0", (443, 443)), subnet="OtherSubnet"),
        kept=acl(_IN, (100, "allow", True, "6", {"Ref": "Nodes"}, _KUBELET), subnet="OtherSubnet"),
    ),
    # A rule of an ACL that only the deployment knows may be of this one.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, _OUT, (50, "deny", True, "-1", "0.0.0.0/0", None)),
        kept=all_of(
            acl(_IN, _OUT, (50, "deny", True, "-1", "0.0.0.0/0", None)),
            add("More", "AWS::EC2::NetworkAclEntry", NetworkAclId={"Ref": "Subnet"}, RuleNumber=1, Protocol="-1"),
        ),
    ),
    # A rule that denies a part of it leaves the rest.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, _OUT, (50, "deny", True, "-1", "0.0.0.0/0", None)),
        kept=acl(_IN, _OUT, (50, "deny", True, "-1", "198.51.100.0/24", None)),
    ),
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, _OUT, (50, "deny", True, "6", "0.0.0.0/0", (400, 500))),
        kept=acl(_IN, _OUT, ({"Ref": "Number"}, "deny", True, "6", "0.0.0.0/0", (400, 500))),
    ),
    # Addresses of IPv6 are others, and the API server of a cluster answers at IPv4 ones, too.
    Case(
        rule=rules.ACL_DROPS,
        broken=all_of(acl(_IN, _OUT), drop("Entry1.CidrBlock"), put("Entry1.Ipv6CidrBlock", "::/0")),
        kept=all_of(acl(_IN, _OUT), put("Entry1.CidrBlock", {"Ref": "Addresses"})),
    ),
    # Within a subnet nothing passes its ACL: here the control plane is in that of the nodes alone.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_IN, _OUT, (50, "deny", False, "6", "10.0.2.0/24", _KUBELET)),
        kept=acl(_IN, _OUT, (50, "deny", False, "6", "10.0.1.0/24", _KUBELET)),
    ),
    # What only the deployment knows may let it pass.
    Case(
        rule=rules.ACL_DROPS,
        broken=acl(_OUT, (100, "allow", False, "58", "0.0.0.0/0", None)),
        kept=acl(_OUT, (100, "allow", {"Ref": "Out"}, {"Ref": "Protocol"}, "0.0.0.0/0", None)),
    ),
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
        broken=all_of(layout("hpc7a.96xlarge"), put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"), max_pods(51)),
        kept=all_of(layout("hpc6id.32xlarge"), put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"), _anywhere),
    ),
    Case(
        rule=rules.ZONE_OF_ANOTHER_REGION,
        broken=all_of(whole, put("OtherSubnet.AvailabilityZone", "us-west-2b")),
        kept=all_of(whole, put("OtherSubnet.AvailabilityZone", {"Fn::Select": [0, {"Fn::GetAZs": ""}]})),
    ),
)
