"""What a network has in it, and where the ways out of its subnets lead."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.review.blueprint import Blueprint
from efa_constructs.review.networks import Network, Subnet, networks
from efa_constructs.review.values import unknown

from .templates import Change, add, all_of, drop, put, sound, templates_of, whole


def found(*changes: Change) -> tuple[Network, ...]:
    template = sound()
    all_of(*changes)(template)
    return networks(Blueprint(templates_of(template)))


def subnet(name: str, *changes: Change) -> Subnet:
    """A subnet of the VPC of a whole cluster."""
    return next(
        one
        for network in found(whole, *changes)
        for one in network.subnets
        if one.resource is not None and one.resource.logical_id == name
    )


def names(resources: Any) -> list[str]:
    return [getattr(one, "resource", one).logical_id for one in resources]


def test_tells_what_a_network_has_in_it() -> None:
    endpoint = {"VpcId": {"Ref": "Vpc"}, "ServiceName": "com.amazonaws.us-east-1.s3"}
    first, second = found(
        whole,
        add("Flow", "AWS::EC2::FlowLog", ResourceId={"Ref": "Vpc"}),
        add("Endpoint", "AWS::EC2::VPCEndpoint", **endpoint, SubnetIds=[{"Ref": "PrivateSubnet"}]),
        add("FarFlow", "AWS::EC2::FlowLog", ResourceId={"Ref": "OtherVpc"}),
        add("Gateway", "AWS::EC2::InternetGateway"),
        add("In", "AWS::EC2::VPCGatewayAttachment", VpcId={"Ref": "Vpc"}, InternetGatewayId={"Ref": "Gateway"}),
        add("Elsewhere", "AWS::EC2::VPCGatewayAttachment", VpcId={"Ref": "OtherVpc"}, InternetGatewayId="igw-1"),
    )
    assert (names([first.resource, second.resource])) == ["Vpc", "OtherVpc"]
    assert names(first.subnets) == ["PublicSubnet", "PrivateSubnet", "OtherSubnet"]
    assert (names(first.flow_logs), names(first.endpoints)) == (["Flow"], ["Endpoint"])
    assert (names(second.flow_logs), second.endpoints, second.subnets) == (["FarFlow"], [], [])
    assert [names(first.internet_gateways), second.internet_gateways] == [["Gateway"], []]
    assert [names(one.endpoints) for one in first.subnets] == [[], ["Endpoint"], []]


def test_tells_who_stands_in_a_subnet() -> None:
    inner = subnet("PrivateSubnet")
    assert (names(inner.node_groups), names(inner.clusters), inner.nat_gateways) == (["NodeGroup"], ["Cluster"], [])
    outer = subnet("PublicSubnet")
    assert (outer.node_groups, outer.clusters, len(outer.nat_gateways)) == ([], [], 1)


def test_tells_the_zone_and_the_addresses_as_far_as_they_are_said() -> None:
    asked = {"Ref": "Subnet"}
    said = put("PrivateSubnet.AvailabilityZone", "us-east-1a"), put("PrivateSubnet.CidrBlock", "10.0.1.0/24")
    assert (subnet("PrivateSubnet", *said).zone, subnet("PrivateSubnet", *said).cidr) == ("us-east-1a", "10.0.1.0/24")
    marks = put("PrivateSubnet.AvailabilityZone", asked), put("PrivateSubnet.CidrBlock", asked)
    assert (subnet("PrivateSubnet", *marks).zone, subnet("PrivateSubnet", *marks).cidr) == (unknown("Subnet"),) * 2
    unsaid = drop("PrivateSubnet.AvailabilityZone"), drop("PrivateSubnet.CidrBlock")
    assert (subnet("PrivateSubnet", *unsaid).zone, subnet("PrivateSubnet", *unsaid).cidr) == (None, None)


@pytest.mark.parametrize(
    ("target", "way_out", "is_public"),
    [
        ({"NatGatewayId": "nat-1"}, "NAT gateway", False),
        ({"GatewayId": "igw-1"}, "internet gateway", True),
        ({"GatewayId": "vgw-1"}, "virtual private gateway", False),
        ({"GatewayId": {"Ref": "Subnet"}}, "gateway", False),
        ({"TransitGatewayId": "tgw-1"}, "transit gateway", False),
        ({"VpcPeeringConnectionId": "pcx-1"}, "VPC peering", False),
        ({"NetworkInterfaceId": "eni-1"}, "network interface", False),
        ({"InstanceId": "i-1"}, "instance", False),
        ({"VpcEndpointId": "vpce-1"}, "VPC endpoint", False),
    ],
)
def test_tells_where_the_default_route_leads(target: dict[str, Any], way_out: str, is_public: bool) -> None:
    route = {"RouteTableId": {"Ref": "PrivateTable"}, "DestinationCidrBlock": "0.0.0.0/0", **target}
    inner = subnet("PrivateSubnet", drop("PrivateRoute"), add("Way", "AWS::EC2::Route", **route))
    assert (inner.way_out, inner.is_public) == (way_out, is_public)
    [value] = target.values()
    assert inner.way_out_to == (value if isinstance(value, str) else unknown("Subnet"))


def test_a_way_to_the_internet_counts_before_all_others() -> None:
    table = {"RouteTableId": {"Ref": "PrivateTable"}}
    two = [
        add("Peer", "AWS::EC2::Route", **table, DestinationCidrBlock="0.0.0.0/0", VpcPeeringConnectionId="pcx-1"),
        add("Gate", "AWS::EC2::Route", **table, DestinationIpv6CidrBlock="::/0", GatewayId="igw-1"),
    ]
    assert subnet("PrivateSubnet", drop("PrivateRoute"), *two).is_public
    assert subnet("PrivateSubnet", drop("PrivateRoute")).way_out is None


def test_subnets_that_are_only_named_come_last() -> None:
    [elsewhere] = found()
    assert elsewhere.resource is None
    [named] = elsewhere.subnets
    assert (named.value, named.resource, named.is_public, named.zone, named.cidr) == (
        *(unknown("Subnet"), None, None, None, None),
    )
    assert names(named.node_groups) == ["NodeGroup"]
    assert (elsewhere.internet_gateways, elsewhere.endpoints, elsewhere.flow_logs) == ((), (), ())
