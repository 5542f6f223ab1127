"""Subnets of templates: their zones and VPCs, and where their routes lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..catalogue.address_ranges import ANYWHERE_IPV4, ANYWHERE_IPV6
from .resource import Resource
from .templates import Templates
from .values import Reference, known_text

__all__ = [
    "default_routes",
    "has_no_way_out",
    "is_internet_gateway",
    "is_public",
    "knows_routes",
    "routes_of",
    "same_vpc",
    "subnet_at",
    "vpc_of",
    "zone_of",
]

_ANYWHERE = {"DestinationCidrBlock": ANYWHERE_IPV4, "DestinationIpv6CidrBlock": ANYWHERE_IPV6}


def subnet_at(templates: Templates, value: Any) -> Resource | None:
    """The subnet that a value refers to. None: it is of elsewhere."""
    found = templates.at(value)
    return found if found is not None and found.type == "AWS::EC2::Subnet" else None


def zone_of(templates: Templates, value: Any) -> str | None:
    """The Availability Zone of a subnet. None: not known before the deployment."""
    subnet = subnet_at(templates, value)
    return known_text(subnet.get("AvailabilityZone")) if subnet is not None else None


def vpc_of(templates: Templates, value: Any) -> Any:
    """The VPC of a subnet. None: not known."""
    subnet = subnet_at(templates, value)
    return subnet.get("VpcId") if subnet is not None else None


def same_vpc(templates: Templates, one: Any, other: Any) -> bool:
    """Whether two values may name the same VPC: one that the deployment chooses may be any."""
    both_references = isinstance(one, Reference) and isinstance(other, Reference)
    both_ids = known_text(one) is not None and known_text(other) is not None
    return templates.same(one, other) if both_references or both_ids else True


def is_public(templates: Templates, subnet: Resource) -> bool:
    """Whether a route of the subnet leads to an internet gateway. False: none does, as far as is known."""
    routes = default_routes(templates, subnet.reference)
    return any(is_internet_gateway(templates, route.get("GatewayId")) for route in routes)


def has_no_way_out(templates: Templates, subnet: Resource) -> bool:
    """Whether nothing leads out of the VPC from the subnet, nor any VPC endpoint to AWS. False, too: not known."""
    others = templates.of_type("AWS::EC2::VPCEndpoint", "AWS::EC2::VPNGatewayRoutePropagation")
    return _routes(templates, subnet.reference) == [] and not others


def knows_routes(templates: Templates, subnet: Resource) -> bool:
    """Whether all routes of a subnet are in the templates. One without a table has its VPC's, to the VPC alone."""
    if _routes(templates, subnet.reference) is not None:
        return True
    associations = templates.of_type("AWS::EC2::SubnetRouteTableAssociation")
    has_table = any(templates.same(one.get("SubnetId"), subnet.reference) for one in associations)
    return not has_table and templates.at(subnet.get("VpcId")) is not None


def default_routes(templates: Templates, subnet: Any) -> list[Resource]:
    """The routes of a subnet that lead everywhere, as far as they are known: first those of IPv4.

    :param subnet: Its id, or a reference to it.
    """
    return [
        route
        for destination, anywhere in _ANYWHERE.items()
        for route in _routes(templates, subnet) or ()
        if route.get(destination) == anywhere
    ]


def routes_of(templates: Templates, subnet: Any) -> list[Resource]:
    """The routes of a subnet, as far as they are known."""
    return list(_routes(templates, subnet) or ())


def is_internet_gateway(templates: Templates, value: Any) -> bool:
    """Whether a value refers to an internet gateway. False, too: only the deployment knows."""
    gateway = templates.at(value)
    if gateway is not None:
        return gateway.type == "AWS::EC2::InternetGateway"
    return (known_text(value) or "").startswith("igw-")


def _routes(templates: Templates, subnet: Any) -> Sequence[Resource] | None:
    """None: only the deployment knows."""
    tables = [
        association.get("RouteTableId")
        for association in templates.of_type("AWS::EC2::SubnetRouteTableAssociation")
        if templates.same(association.get("SubnetId"), subnet)
    ]
    if len(tables) != 1 or tables[0] is None:
        return None
    routes = templates.of_type("AWS::EC2::Route")
    found = [route for route in routes if templates.same(route.get("RouteTableId"), tables[0])]
    # A table of elsewhere has routes of its own, and a route of a table that is not known may be one of this.
    every = [tables[0], *(route.get("RouteTableId") for route in routes)]
    return found if found or all(templates.at(table) is not None for table in every) else None
