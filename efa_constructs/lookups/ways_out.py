"""Reads which ways lead out of subnets: routes, and the VPC endpoints beside them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING

from ..catalogue.address_ranges import ANYWHERE_IPV4
from .clients import AwsClients, aws_errors
from .deployed import WayOut
from .subnets import VpcSubnet

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        RouteTableTypeDef,
        RouteTypeDef,
        SubnetTypeDef,
        VpcEndpointTypeDef,
    )

__all__ = ["read_route_tables", "read_vpc_endpoints", "read_ways_out", "route_targets", "ways_out"]


def read_ways_out(clients: AwsClients, subnets: Iterable[SubnetTypeDef], account: str) -> tuple[WayOut, ...]:
    """Read what the routes of subnets of one VPC lead to, and which services have an endpoint there.

    :param account: The one that asks.
    :returns: Of the subnets of which EC2 shows a route table: in a VPC that another account shares, perhaps not of all.
    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    subnets = list(subnets)
    vpc_id = subnets[0]["VpcId"]
    tables = read_route_tables(clients, vpc_id)
    endpoints = read_vpc_endpoints(clients, vpc_id)
    found = (
        _way_out(subnet["SubnetId"], tables, _shown(endpoints, subnet.get("OwnerId"), account), clients.region)
        for subnet in subnets
    )
    return tuple(way for way in found if way is not None)


def read_route_tables(clients: AwsClients, vpc_id: str) -> list[RouteTableTypeDef]:
    """Read all route tables of a VPC, its main one among them.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_route_tables").paginate(Filters=[_in_the_vpc(vpc_id)])
        return [table for page in pages for table in page["RouteTables"]]


def read_vpc_endpoints(clients: AwsClients, vpc_id: str) -> list[VpcEndpointTypeDef]:
    """Read all VPC endpoints of a VPC.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=[_in_the_vpc(vpc_id)])
        return [endpoint for page in pages for endpoint in page["VpcEndpoints"]]


def _in_the_vpc(vpc_id: str) -> FilterTypeDef:
    return {"Name": "vpc-id", "Values": [vpc_id]}


def ways_out(
    subnets: Iterable[VpcSubnet],
    tables: Iterable[RouteTableTypeDef],
    endpoints: Iterable[VpcEndpointTypeDef] | None,
    *,
    account: str,
    region: str,
) -> dict[str, WayOut | None]:
    """Tell how subnets' routes lead out of their VPC, and what instances reach without them, by the subnets' ids.

    :param tables: All route tables of the VPC.
    :param endpoints: All VPC endpoints of the VPC. None: they could not be read.
    :param account: The one that read them.
    :returns: None for a subnet of which EC2 shows no route table: another account shares the VPC, and sees it.
    """
    return {
        subnet.id: _way_out(subnet.id, tables, _shown(endpoints, subnet.owner_id, account), region)
        for subnet in subnets
    }


def _shown(
    endpoints: Iterable[VpcEndpointTypeDef] | None, owner: str | None, account: str
) -> Iterable[VpcEndpointTypeDef] | None:
    # The owner of a shared VPC makes its endpoints, and no other account sees them: "Responsibilities and permissions
    # for owners and participants" of the VPC User Guide.
    return endpoints if owner in (None, account) else None


def _way_out(
    subnet_id: str,
    tables: Iterable[RouteTableTypeDef],
    endpoints: Iterable[VpcEndpointTypeDef] | None,
    region: str,
) -> WayOut | None:
    table = _table(subnet_id, tables)
    if table is None:
        return None
    routes = [route for route in _routes(table) if _may_lead_out(route) and not _is_of_ipv6(route)]
    everywhere = _lead_everywhere(routes)
    return WayOut(
        subnet_id=subnet_id,
        internet_gateway=any(_needs_a_public_address(route) for route in _routes(table)),
        default_route=everywhere,
        narrower_routes=() if everywhere else tuple(sorted(_in_words(route) for route in routes)),
        endpoint_services=frozenset(
            endpoint.get("ServiceName", "").partition(f".{region}.")[2]
            for endpoint in endpoints or ()
            if _serves(endpoint, table)
        ),
        endpoints_known=endpoints is not None,
    )


def _serves(endpoint: VpcEndpointTypeDef, table: RouteTableTypeDef) -> bool:
    """Whether instances of a subnet with this route table find the service behind the endpoint.

    Whether the security groups of an interface endpoint let them in is not looked at.
    """
    # The API says "available", its reference "Available".
    if endpoint.get("State", "").lower() != "available":
        return False
    if endpoint.get("VpcEndpointType") == "Interface":
        # Without it, the service's name still means its public addresses.
        return endpoint.get("PrivateDnsEnabled", False)
    return table.get("RouteTableId") in endpoint.get("RouteTableIds", [])


def route_targets(subnet_id: str, tables: Iterable[RouteTableTypeDef]) -> tuple[str, ...]:
    """Name what a subnet's routes lead to outside its VPC, sorted: ``("nat-0a1b2c3d4e5f60718",)``."""
    routes = _routes(_table(subnet_id, tables) or {})
    leading = [route for route in routes if _needs_a_public_address(route) or _may_lead_out(route)]
    return tuple(sorted({target for route in leading for target in (_target(route),) if target}))


def _routes(table: RouteTableTypeDef) -> list[RouteTypeDef]:
    return [route for route in table.get("Routes", []) if route.get("State") != "blackhole"]


def _table(subnet_id: str, tables: Iterable[RouteTableTypeDef]) -> RouteTableTypeDef | None:
    """The subnet's own route table, else the VPC's main one."""
    main = None
    for table in tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet_id:
                return table
            if association.get("Main"):
                main = table
    return main


def _target(route: RouteTypeDef) -> str | None:
    return (
        route.get("NatGatewayId")
        or route.get("TransitGatewayId")
        or route.get("GatewayId")
        or route.get("EgressOnlyInternetGatewayId")
        or route.get("VpcPeeringConnectionId")
        or route.get("NetworkInterfaceId")
        or route.get("InstanceId")
        or route.get("CarrierGatewayId")
        or route.get("LocalGatewayId")
        or route.get("CoreNetworkArn")
    )


def _is_of_ipv6(route: RouteTypeDef) -> bool:
    """Nodes need IPv4: in clusters of IPv6, too, they ask ECR and EC2 by it."""
    return "DestinationIpv6CidrBlock" in route


def _lead_everywhere(routes: Iterable[RouteTypeDef]) -> bool:
    # A peering connection goes to the addresses of the other VPC only, whatever the route says: "How VPC peering
    # connections work" of the VPC Peering Guide.
    ranges = [
        IPv4Network(route["DestinationCidrBlock"], strict=False)
        for route in routes
        if "DestinationCidrBlock" in route and "VpcPeeringConnectionId" not in route
    ]
    return list(collapse_addresses(ranges)) == [IPv4Network(ANYWHERE_IPV4)]


def _in_words(route: RouteTypeDef) -> str:
    to = route.get("DestinationCidrBlock") or route.get("DestinationPrefixListId")
    return f"{to} by {_target(route)}"


def _needs_a_public_address(route: RouteTypeDef) -> bool:
    return route.get("GatewayId", "").startswith("igw-") and not _is_of_ipv6(route)


def _may_lead_out(route: RouteTypeDef) -> bool:
    """Whether a route leads to anything else outside the VPC. Where from there, only its owner knows."""
    gateway = route.get("GatewayId", "")
    # A gateway endpoint leads to its service alone, for which the route names a prefix list.
    to_one_service = gateway.startswith("vpce-") and route.get("DestinationCidrBlock") != ANYWHERE_IPV4
    return gateway != "local" and not to_one_service and not _needs_a_public_address(route)
