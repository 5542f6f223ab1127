"""Reading routes and VPC endpoints back, from answers of the shape that EC2 gives."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from efa_constructs.lookups.clients import AwsClients
from efa_constructs.lookups.deployed import WayOut
from efa_constructs.lookups.subnets import VpcSubnet
from efa_constructs.lookups.ways_out import read_ways_out, route_targets, ways_out

LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
INTERNET = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0a", "State": "active"}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0a", "State": "active"}
TO_S3 = {"DestinationPrefixListId": "pl-0a", "GatewayId": "vpce-0a", "State": "active"}
MAIN = {"RouteTableId": "rtb-main", "Associations": [{"Main": True}], "Routes": [LOCAL]}


def read(
    routes: list[dict[str, Any]],
    endpoints: list[dict[str, Any]] | None = None,
    subnet: str = "subnet-a",
    owner: str = "111111111111",
) -> WayOut:
    own = {"RouteTableId": "rtb-own", "Associations": [{"SubnetId": "subnet-a"}], "Routes": routes}
    [way] = read_all([MAIN], [own], endpoints=endpoints, subnet=subnet, owner=owner)
    return way


def read_all(
    *pages: Any,
    endpoints: list[dict[str, Any]] | None = None,
    subnet: str = "subnet-a",
    owner: str = "111111111111",
) -> tuple[WayOut, ...]:
    """
    :param pages: Of route tables.
    """
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    ec2 = boto3.client("ec2", **keys)  # type: ignore[call-overload]
    asked = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-0a"]}]}
    with Stubber(ec2) as stub:
        for number, tables in enumerate(pages):
            token = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
            page = {**asked, **({"NextToken": str(number)} if number else {})}
            stub.add_response("describe_route_tables", {"RouteTables": tables, **token}, page)
        stub.add_response("describe_vpc_endpoints", {"VpcEndpoints": endpoints or []}, asked)
        clients = AwsClients(region="us-east-1", ec2=ec2, eks=boto3.client("eks", **keys))  # type: ignore[call-overload]
        ways = read_ways_out(clients, [{"SubnetId": subnet, "VpcId": "vpc-0a", "OwnerId": owner}], "111111111111")
        stub.assert_no_pending_responses()
    return ways


@pytest.mark.parametrize(
    ("routes", "internet_gateway", "default_route"),
    [
        ([LOCAL], False, False),
        ([LOCAL, INTERNET], True, False),
        ([LOCAL, NAT], False, True),
        ([LOCAL, TO_S3], False, False),
        ([LOCAL, {**NAT, "State": "blackhole"}], False, False),
        ([LOCAL, {"DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": "tgw-0a"}], False, True),
        # A firewall's endpoint.
        ([LOCAL, {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "vpce-0b"}], False, True),
        # Nodes have IPv4 addresses, whatever else they have.
        ([LOCAL, {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-0a"}], False, False),
        ([LOCAL, {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-0a"}], False, False),
    ],
)
def test_tells_where_routes_lead(routes: list[dict[str, Any]], internet_gateway: bool, default_route: bool) -> None:
    way = read(routes)
    assert (way.internet_gateway, way.default_route) == (internet_gateway, default_route)


@pytest.mark.parametrize(
    ("routes", "narrower"),
    [
        ([("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-0a")], ("10.9.0.0/16 by pcx-0a",)),
        # Into the other VPC, and no further.
        ([("0.0.0.0/0", "VpcPeeringConnectionId", "pcx-0a")], ("0.0.0.0/0 by pcx-0a",)),
        (
            [("172.16.0.0/12", "GatewayId", "vgw-0a"), ("10.0.0.0/8", "TransitGatewayId", "tgw-0a")],
            ("10.0.0.0/8 by tgw-0a", "172.16.0.0/12 by vgw-0a"),
        ),
        ([("0.0.0.0/1", "TransitGatewayId", "tgw-0a")], ("0.0.0.0/1 by tgw-0a",)),
        ([("0.0.0.0/1", "TransitGatewayId", "tgw-0a"), ("128.0.0.0/1", "TransitGatewayId", "tgw-0a")], None),
        ([("10.0.0.0/8", "TransitGatewayId", "tgw-0a"), ("0.0.0.0/0", "NatGatewayId", "nat-0a")], None),
        # One half to where nodes have no address.
        ([("0.0.0.0/1", "GatewayId", "igw-0a"), ("128.0.0.0/1", "NatGatewayId", "nat-0a")], ("128.0.0.0/1 by nat-0a",)),
    ],
)
def test_tells_routes_to_some_addresses_from_routes_to_all(
    routes: list[tuple[str, str, str]], narrower: tuple[str, ...] | None
) -> None:
    way = read([LOCAL, *({"DestinationCidrBlock": to, kind: target} for to, kind, target in routes)])
    assert (way.default_route, way.narrower_routes) == (narrower is None, narrower or ())


def test_does_not_know_where_a_prefix_list_leads() -> None:
    way = read([LOCAL, {"DestinationPrefixListId": "pl-0b", "TransitGatewayId": "tgw-0a"}])
    assert (way.default_route, way.narrower_routes) == (False, ("pl-0b by tgw-0a",))
    assert way.not_reached(private_endpoint=True) == ("ec2", "ecr.api", "ecr.dkr", "s3")


def test_takes_the_main_route_table_for_a_subnet_without_its_own() -> None:
    assert read([LOCAL, NAT], subnet="subnet-a").default_route
    assert not read([LOCAL, NAT], subnet="subnet-b").default_route


def way_of(subnet: str, tables: list[Any]) -> WayOut | None:
    one = VpcSubnet(
        id=subnet,
        name=None,
        availability_zone="us-east-1a",
        availability_zone_id="use1-az1",
        cidr_block="10.0.0.0/24",
        available_ip_address_count=250,
        on_outpost=False,
    )
    return ways_out([one], tables, [], account="111111111111", region="us-east-1")[subnet]


def test_does_not_take_endpoints_that_the_owner_of_a_shared_vpc_may_have_for_missing_ones() -> None:
    way = read([LOCAL], owner="222222222222")
    assert (way.endpoints_known, way.endpoint_services) == (False, frozenset())
    assert read([LOCAL]).endpoints_known


def test_says_nothing_of_a_subnet_of_which_ec2_shows_no_route_table() -> None:
    other = {"RouteTableId": "rtb-other", "Associations": [{"SubnetId": "subnet-b"}], "Routes": [LOCAL]}
    assert read_all([], owner="222222222222") == ()
    assert read_all([other], owner="222222222222") == ()


@pytest.mark.parametrize(("route", "public"), [(INTERNET, True), (NAT, False)])
def test_a_subnet_without_a_table_of_its_own_is_as_public_as_the_main_one(route: dict[str, Any], public: bool) -> None:
    main: Any = {"RouteTableId": "rtb-main", "Associations": [{"Main": True}], "Routes": [LOCAL, route]}
    own: Any = {"RouteTableId": "rtb-own", "Associations": [{"SubnetId": "subnet-a"}], "Routes": [LOCAL]}
    for tables in ([main, own], [own, main]):
        way = way_of("subnet-b", tables)
        assert way is not None
        assert (way.internet_gateway, way.default_route) == (public, not public)


def endpoint(service: str, kind: str, *tables: str, **changes: Any) -> dict[str, Any]:
    return {
        "ServiceName": f"com.amazonaws.us-east-1.{service}",
        "VpcEndpointType": kind,
        "RouteTableIds": list(tables),
        "State": "available",
        "PrivateDnsEnabled": kind == "Interface",
        **changes,
    }


@pytest.mark.parametrize("state", ["pendingAcceptance", "pending", "deleting", "deleted", "rejected", "failed"])
@pytest.mark.parametrize("kind", ["Interface", "Gateway"])
def test_leaves_out_endpoints_that_are_not_there(kind: str, state: str) -> None:
    assert read([LOCAL], [endpoint("s3", kind, "rtb-own", State=state)]).endpoint_services == set()


def test_leaves_out_interface_endpoints_that_no_name_leads_to() -> None:
    assert read([LOCAL], [endpoint("ec2", "Interface", PrivateDnsEnabled=False)]).endpoint_services == set()


def test_names_the_services_that_have_an_endpoint_for_the_subnet() -> None:
    endpoints = [endpoint("ecr.api", "Interface"), endpoint("s3", "Gateway", "rtb-own")]
    assert read([LOCAL], endpoints).endpoint_services == {"ecr.api", "s3"}
    # Through a gateway endpoint go only the route tables that have it.
    endpoints = [endpoint("s3", "Gateway", "rtb-main")]
    assert read([LOCAL], endpoints).endpoint_services == set()


@pytest.mark.parametrize(
    ("routes", "targets"),
    [
        ([LOCAL, NAT, TO_S3], ("nat-0a",)),
        (
            [LOCAL, INTERNET, {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-0a"}],
            ("eigw-0a", "igw-0a"),
        ),
        (
            [
                LOCAL,
                {"DestinationCidrBlock": "10.9.0.0/16", "TransitGatewayId": "tgw-0a"},
                {**NAT, "State": "blackhole"},
            ],
            ("tgw-0a",),
        ),
        ([LOCAL], ()),
    ],
    ids=["NAT", "internet gateway and IPv6 outwards only", "transit gateway and a gateway that is gone", "none"],
)
def test_names_what_routes_lead_to(routes: list[dict[str, Any]], targets: tuple[str, ...]) -> None:
    own: Any = {"RouteTableId": "rtb-own", "Associations": [{"SubnetId": "subnet-a"}], "Routes": routes}
    assert route_targets("subnet-a", [MAIN, own]) == targets


def test_does_not_take_a_route_table_that_it_is_not_shown_for_an_empty_one() -> None:
    # Those of a VPC that another account shares.
    other: Any = {"RouteTableId": "rtb-own", "Associations": [{"SubnetId": "subnet-a"}], "Routes": [LOCAL]}
    assert way_of("subnet-b", [other]) is None


def test_names_what_nodes_do_not_reach_without_a_way_out() -> None:
    isolated = WayOut(
        subnet_id="subnet-a", internet_gateway=False, default_route=False, endpoint_services=frozenset({"s3", "ec2"})
    )
    assert isolated.not_reached(private_endpoint=True) == ("ecr.api", "ecr.dkr")
    assert isolated.not_reached(private_endpoint=False)[0].startswith("the cluster's API server")
