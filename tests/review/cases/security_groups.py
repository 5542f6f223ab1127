"""Cases of security groups."""

from __future__ import annotations

from efa_constructs.rules import security_groups as rules

from ..templates import Template, add, all_of, data, drop, interface, put, whole
from .case import Case

__all__ = ["SECURITY_GROUP_CASES"]

_GROUP = {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}
_CLUSTER_GROUP = {"Fn::GetAtt": ["Cluster", "ClusterSecurityGroupId"]}
_TO_EVERYWHERE = {"GroupId": _GROUP, "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


def _only_own_group(template: Template) -> None:
    for each in template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]:
        each["Groups"] = [_GROUP]


_TAG = {"Key": "kubernetes.io/cluster/training", "Value": "owned"}


def _tags(*tags: object):
    return put("SecurityGroup.Tags", list(tags))


def ingress(**rule: object):
    return add("Open", "AWS::EC2::SecurityGroupIngress", GroupId=_GROUP, **rule)


# Another group lets the nodes in, so that they join without the cluster's.
_let_in = add(
    "FromNodes",
    "AWS::EC2::SecurityGroupIngress",
    GroupId="sg-0123456789abcdef0",
    IpProtocol="-1",
    SourceSecurityGroupId=_GROUP,
)
_another_group = all_of(
    add("Another", "AWS::EC2::SecurityGroup", GroupDescription="another", VpcId="vpc-0a1b2c3d4e5f60718"),
    add(
        "AnotherIn",
        "AWS::EC2::SecurityGroupIngress",
        GroupId={"Ref": "Another"},
        IpProtocol="-1",
        SourceSecurityGroupId={"Ref": "Another"},
    ),
    add(
        "AnotherOut",
        "AWS::EC2::SecurityGroupEgress",
        GroupId={"Ref": "Another"},
        IpProtocol="-1",
        DestinationSecurityGroupId={"Ref": "Another"},
    ),
    *(interface(index, Groups=[{"Ref": "ClusterSecurityGroup"}, _GROUP, {"Ref": "Another"}]) for index in range(5)),
)
# Nodes without EFA, whose groups are those of the instance.
_without_interfaces = all_of(
    drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces"),
    drop("LaunchTemplate.LaunchTemplateData.Placement"),
    data("InstanceType", "m7i.4xlarge"),
    data("SecurityGroupIds", [{"Ref": "ClusterSecurityGroup"}, _GROUP]),
    put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"),
    put("NodeGroup.Labels", {}),
)
_tagged = put("SecurityGroup.Tags", [{"Key": "efa-constructs:traffic", "Value": "efa"}])

SECURITY_GROUP_CASES = (
    Case(
        rule=rules.SEVERAL_CLUSTER_TAGS,
        broken=all_of(whole, _tags(_TAG)),
        kept=all_of(
            whole, _tags({"Key": "Name", "Value": "kubernetes.io/cluster/training"}, {"Key": {"Ref": "Subnet"}})
        ),
    ),
    Case(
        rule=rules.SEVERAL_CLUSTER_TAGS,
        broken=all_of(whole, _tags({"Key": {"Fn::Sub": "kubernetes.io/cluster/${Cluster}"}, "Value": "owned"})),
        # It is the only one there.
        kept=all_of(whole, _tags(_TAG), _only_own_group, _let_in),
    ),
    Case(rule=rules.EGRESS_TO_ITSELF, broken=drop("Egress")),
    # An address is not what EFA is matched by.
    Case(
        rule=rules.EGRESS_TO_ITSELF,
        broken=lambda template: template["Resources"]["Egress"].update(Properties=_TO_EVERYWHERE),
    ),
    # Where another group carries the traffic, this one need not.
    Case(rule=rules.EGRESS_TO_ITSELF, broken=drop("Egress"), kept=all_of(_another_group, drop("Egress"))),
    Case(rule=rules.EGRESS_TO_ITSELF, broken=all_of(whole, _tagged, drop("Egress"))),
    Case(rule=rules.INGRESS_FROM_ITSELF, broken=drop("Ingress")),
    # What stands in the group itself counts as well.
    Case(
        rule=rules.INGRESS_FROM_ITSELF,
        broken=put("Ingress.IpProtocol", "tcp"),
        kept=put("SecurityGroup.SecurityGroupIngress", [{"IpProtocol": -1, "CidrIp": "10.0.0.0/8"}]),
    ),
    Case(
        rule=rules.EFA_DOES_NOT_PASS,
        broken=all_of(_only_own_group, _let_in, drop("Ingress"), drop("Egress")),
        kept=all_of(_only_own_group, _let_in),
    ),
    # Two groups that let each other in and out carry EFA as well.
    Case(
        rule=rules.EFA_DOES_NOT_PASS,
        broken=all_of(_another_group, _only_own_group, _let_in, interface(3, Groups=[{"Ref": "Another"}])),
        kept=all_of(_another_group, _only_own_group, _let_in, interface(3, Groups=[_GROUP, {"Ref": "Another"}])),
    ),
    Case(
        rule=rules.ONLY_THE_CLUSTER_GROUP,
        broken=all_of(whole, drop("Egress")),
        kept=whole,
    ),
    Case(
        rule=rules.CLUSTER_GROUP_MISSING_ON_PRIMARY,
        broken=all_of(whole, interface(0, Groups=[_GROUP])),
        kept=all_of(whole, interface(0, Groups=[_GROUP]), _let_in),
    ),
    Case(rule=rules.CLUSTER_GROUP_MISSING_ON_PRIMARY, broken=_only_own_group),
    Case(
        rule=rules.CLUSTER_GROUP_MISSING,
        broken=all_of(whole, interface(2, InterfaceType="efa", Groups=[_GROUP])),
        kept=all_of(whole, interface(2, Groups=[_GROUP])),
    ),
    Case(rule=rules.NO_SECURITY_GROUP, broken=interface(0, Groups=[])),
    Case(rule=rules.NO_SECURITY_GROUP, broken=interface(0, Groups=None)),
    Case(
        rule=rules.SSH_OPEN_TO_THE_WORLD,
        broken=ingress(IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"),
        kept=ingress(IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="192.0.2.0/24"),
    ),
    Case(rule=rules.SSH_OPEN_TO_THE_WORLD, broken=ingress(IpProtocol="-1", CidrIpv6="::/0")),
    Case(
        rule=rules.SSH_OPEN_TO_THE_WORLD,
        broken=all_of(_without_interfaces, ingress(IpProtocol="-1", CidrIp="0.0.0.0/0")),
        kept=all_of(_without_interfaces, ingress(IpProtocol="-1", CidrIp="192.0.2.0/24")),
    ),
    Case(
        rule=rules.OPEN_TO_THE_WORLD,
        broken=ingress(IpProtocol="tcp", FromPort=8888, ToPort=8888, CidrIp="0.0.0.0/0"),
        kept=ingress(IpProtocol="tcp", FromPort=8888, ToPort=8888, SourceSecurityGroupId="sg-0123456789abcdef0"),
    ),
    Case(
        rule=rules.UNKNOWN_PROTOCOL,
        broken=ingress(IpProtocol="all", CidrIp="10.0.0.0/8"),
        kept=ingress(IpProtocol=-1, CidrIp="10.0.0.0/8"),
    ),
)
