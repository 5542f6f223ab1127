"""The networks of templates: VPCs, zones, subnets, and the ways out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .blueprint import Blueprint
from .network_acls import network_acl_of
from .node_group import NodeGroup
from .resource import Resource
from .shapes import as_list
from .subnets import default_routes, is_internet_gateway, knows_routes, routes_of
from .templates import Templates

__all__ = ["Lead", "Network", "Subnet", "networks"]

_INTERNET_GATEWAY = "internet gateway"
# Targets of a route beside gateways, as AWS::EC2::Route names them, in words.
_TARGETS = {
    "NatGatewayId": "NAT gateway",
    "TransitGatewayId": "transit gateway",
    "EgressOnlyInternetGatewayId": "egress-only internet gateway",
    "InstanceId": "instance",
    "NetworkInterfaceId": "network interface",
    "VpcEndpointId": "VPC endpoint",
    "VpcPeeringConnectionId": "VPC peering",
    "CoreNetworkArn": "core network",
    "LocalGatewayId": "local gateway",
}
# Those of them that stand in the VPC.
_INSIDE = ("instance", "network interface", "VPC endpoint")
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


@dataclass(frozen=True, kw_only=True, eq=False)
class Lead:
    """A route that leads out of the VPC to some addresses."""

    # The addresses, an id of a list of them, or a mark of one.
    destination: Any
    # "VPC peering", "transit gateway" and so on.
    way: str
    # What it leads to, or a mark of it.
    to: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Subnet:
    """A subnet, of the templates or named by them."""

    # Its id, or a mark: see :mod:`.values`.
    value: Any
    # None: it is not of these templates.
    resource: Resource | None
    # Where its default route leads: "internet gateway", "NAT gateway" and so on, "gateway" if nobody knows which kind.
    # None: none is known.
    way_out: str | None
    # What the default route leads to, or a mark of it.
    way_out_to: Any
    # Whether all its routes are in the templates.
    knows_routes: bool
    # Beside the default route.
    leads: Sequence[Lead]
    # None: the default one of its VPC, or one of elsewhere.
    network_acl: Resource | None
    node_groups: Sequence[NodeGroup]
    clusters: Sequence[Resource]
    nat_gateways: Sequence[Resource]
    # Interface endpoints of the VPC that stand in it.
    endpoints: Sequence[Resource]

    @property
    def zone(self) -> str | None:
        """Its zone, or a mark. None: the template does not say."""
        zone = self.resource.get("AvailabilityZone") if self.resource is not None else None
        return None if zone is None else str(zone)

    @property
    def cidr(self) -> str | None:
        """Its addresses. None: the template does not say."""
        cidr = self.resource.get("CidrBlock") if self.resource is not None else None
        return None if cidr is None else str(cidr)

    @property
    def is_public(self) -> bool | None:
        """Whether its default route leads to an internet gateway. None: the templates do not say."""
        return None if self.way_out is None and not self.knows_routes else self.way_out == _INTERNET_GATEWAY


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A VPC, of the templates or named by them."""

    # None: it is not of these templates.
    resource: Resource | None
    subnets: Sequence[Subnet]
    internet_gateways: Sequence[Resource]
    endpoints: Sequence[Resource]
    flow_logs: Sequence[Resource]
    # Peering connections, and attachments of transit gateways and of virtual private gateways.
    connections: Sequence[Resource] = ()


def networks(blueprint: Blueprint) -> tuple[Network, ...]:
    """The VPCs of the templates; last, with no resource, the subnets that they only name."""
    templates = blueprint.templates
    found = [_network(blueprint, vpc) for vpc in templates.of_type("AWS::EC2::VPC")]
    named = [_subnet(blueprint, value) for value in _subnets_of_elsewhere(blueprint)]
    named += [
        _subnet(blueprint, subnet.reference)
        for subnet in templates.of_type("AWS::EC2::Subnet")
        if templates.at(subnet.get("VpcId")) is None
    ]
    if named:
        found.append(Network(resource=None, subnets=named, internet_gateways=(), endpoints=(), flow_logs=()))
    return tuple(found)


def _network(blueprint: Blueprint, vpc: Resource) -> Network:
    templates = blueprint.templates

    def of_this(type_: str, property_: str = "VpcId") -> list[Resource]:
        return [one for one in templates.of_type(type_) if templates.at(one.get(property_)) is vpc]

    attached = [templates.at(one.get("InternetGatewayId")) for one in of_this("AWS::EC2::VPCGatewayAttachment")]
    return Network(
        resource=vpc,
        subnets=[_subnet(blueprint, subnet.reference) for subnet in of_this("AWS::EC2::Subnet")],
        internet_gateways=[gateway for gateway in attached if gateway is not None],
        endpoints=of_this("AWS::EC2::VPCEndpoint"),
        flow_logs=of_this("AWS::EC2::FlowLog", "ResourceId"),
        connections=list(
            dict.fromkeys(
                [
                    *of_this("AWS::EC2::VPCPeeringConnection"),
                    *of_this("AWS::EC2::VPCPeeringConnection", "PeerVpcId"),
                    *of_this("AWS::EC2::TransitGatewayAttachment"),
                    *of_this("AWS::EC2::TransitGatewayVpcAttachment"),
                    *(one for one in of_this("AWS::EC2::VPCGatewayAttachment") if one.get("VpnGatewayId") is not None),
                ]
            )
        ),
    )


def _subnets_of_elsewhere(blueprint: Blueprint) -> list[Any]:
    named = [value for group in blueprint.node_groups for value in as_list(group.resource.get("Subnets"))]
    for cluster in blueprint.clusters:
        named += as_list(cluster.get("ResourcesVpcConfig.SubnetIds"))
    found: list[Any] = []
    for value in named:
        if blueprint.templates.at(value) is None and value not in found:
            found.append(value)
    return found


def _subnet(blueprint: Blueprint, value: Any) -> Subnet:
    templates = blueprint.templates
    way_out, to = _default_route(templates, value)
    resource = templates.at(value)

    def stands_here(values: Any) -> bool:
        return any(templates.same(one, value) for one in as_list(values))

    return Subnet(
        value=value,
        resource=resource,
        way_out=way_out,
        way_out_to=to,
        knows_routes=resource is not None and knows_routes(templates, resource),
        leads=list(_leads(templates, value)),
        network_acl=network_acl_of(templates, value),
        node_groups=[group for group in blueprint.node_groups if stands_here(group.resource.get("Subnets"))],
        clusters=[one for one in blueprint.clusters if stands_here(one.get("ResourcesVpcConfig.SubnetIds"))],
        nat_gateways=[one for one in templates.of_type("AWS::EC2::NatGateway") if stands_here(one.get("SubnetId"))],
        endpoints=[one for one in templates.of_type("AWS::EC2::VPCEndpoint") if stands_here(one.get("SubnetIds"))],
    )


def _leads(templates: Templates, subnet: Any) -> Iterator[Lead]:
    default = default_routes(templates, subnet)
    for route in routes_of(templates, subnet):
        for way, to in _targets(templates, route) if route not in default else ():
            destination = next((route.get(name) for name in _DESTINATIONS if route.get(name) is not None), None)
            if way not in _INSIDE and to != "local" and destination is not None:
                yield Lead(destination=destination, way=way, to=to)


def _default_route(templates: Templates, subnet: Any) -> tuple[str | None, Any]:
    """In words, and to what. One to an internet gateway counts most: it makes the subnet public."""
    found = [target for route in default_routes(templates, subnet) for target in _targets(templates, route)]
    return min(found, key=lambda target: target[0] != _INTERNET_GATEWAY, default=(None, None))


def _targets(templates: Templates, route: Resource) -> Iterator[tuple[str, Any]]:
    gateway = route.get("GatewayId")
    if gateway is not None:
        private = "virtual private gateway" if _is_private_gateway(templates, gateway) else "gateway"
        yield _INTERNET_GATEWAY if is_internet_gateway(templates, gateway) else private, gateway
    yield from ((words, route.get(name)) for name, words in _TARGETS.items() if route.get(name) is not None)


def _is_private_gateway(templates: Templates, gateway: Any) -> bool:
    resource = templates.at(gateway)
    return str(gateway).startswith("vgw-") if resource is None else resource.type == "AWS::EC2::VPNGateway"
