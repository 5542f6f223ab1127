"""Reads which ways lead out of subnets: routes, and the VPC endpoints beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .clients import AwsClients
from .deployed import WayOut

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        RouteTableTypeDef,
        RouteTypeDef,
        SubnetTypeDef,
        VpcEndpointTypeDef,
    )

__all__ = ["read_ways_out"]


def read_ways_out(clients: AwsClients, subnets: Iterable[SubnetTypeDef]) -> tuple[WayOut, ...]:
    """Read what the routes of subnets of one VPC lead to, and which services have an endpoint there."""
    subnets = list(subnets)
    in_the_vpc: FilterTypeDef = {"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]}
    pages = clients.ec2.get_paginator("describe_route_tables").paginate(Filters=[in_the_vpc])
    tables = [table for page in pages for table in page["RouteTables"]]
    endpoint_pages = clients.ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=[in_the_vpc])
    endpoints = [endpoint for page in endpoint_pages for endpoint in page["VpcEndpoints"]]
    return tuple(_way_out(subnet, _table(subnet["SubnetId"], tables), endpoints, clients.region) for subnet in subnets)


def _way_out(
    subnet: SubnetTypeDef, table: RouteTableTypeDef, endpoints: Iterable[VpcEndpointTypeDef], region: str
) -> WayOut:
    routes = [route for route in table.get("Routes", []) if route.get("State") != "blackhole"]
    return WayOut(
        subnet_id=subnet["SubnetId"],
        internet_gateway=any(_needs_a_public_address(route) for route in routes),
        other_route=any(_may_lead_out(route) for route in routes),
        endpoint_services=frozenset(
            endpoint["ServiceName"].partition(f".{region}.")[2]
            for endpoint in endpoints
            if endpoint.get("VpcEndpointType") == "Interface"
            or table.get("RouteTableId") in endpoint.get("RouteTableIds", [])
        ),
    )


def _table(subnet_id: str, tables: Iterable[RouteTableTypeDef]) -> RouteTableTypeDef:
    """The subnet's own route table, else the VPC's main one."""
    main: RouteTableTypeDef = {}
    for table in tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet_id:
                return table
            if association.get("Main"):
                main = table
    return main


def _needs_a_public_address(route: RouteTypeDef) -> bool:
    return route.get("GatewayId", "").startswith("igw-") and "DestinationIpv6CidrBlock" not in route


def _may_lead_out(route: RouteTypeDef) -> bool:
    """Whether a route leads to anything else outside the VPC. Where from there, only its owner knows."""
    gateway = route.get("GatewayId", "")
    # A gateway endpoint leads to its service alone, for which the route names a prefix list.
    to_one_service = gateway.startswith("vpce-") and route.get("DestinationCidrBlock") != "0.0.0.0/0"
    return gateway != "local" and not to_one_service and not _needs_a_public_address(route)
