"""Which subnet of a cluster's VPC the EFA nodes can go to, and what speaks against each of the others.

Pure: what AWS says comes in, a proposal comes out. All nodes go to one subnet, because EFA traffic does not cross
zones, and EKS spreads a node group over the subnets that it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import catalogue
from ..errors import InvalidArgumentError
from .deployed import WayOut
from .subnets import VpcSubnet
from .zones import zone_by_name

__all__ = ["JudgedSubnet", "NodesWanted", "judge_subnets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesWanted:
    """What nodes are to go there."""

    instance_type: str
    # As many as the node group may ever have.
    nodes: int
    # Name or id of a zone. None: any.
    zone: str | None = None
    # None: any.
    subnet_id: str | None = None

    @property
    def addresses(self) -> int:
        """IPv4 addresses that their interfaces take at launch, in the default layout; pods take more."""
        interfaces = catalogue.network_interfaces(self.instance_type, "default")
        return catalogue.ipv4_addresses_used(interfaces) * self.nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSubnet:
    """A subnet, and whether nodes can go there."""

    subnet: VpcSubnet
    # None: not known.
    way_out: WayOut | None
    # What its routes lead to outside the VPC: "nat-0a1b2c3d4e5f60718".
    route_targets: tuple[str, ...]
    # Why nodes cannot go there, or why they are not wanted there.
    against: tuple[str, ...] = ()
    # Why it is not known whether they can.
    doubts: tuple[str, ...] = ()

    @property
    def private(self) -> bool | None:
        """Whether no route leads to an internet gateway. None: not known."""
        return None if self.way_out is None else not self.way_out.internet_gateway

    @property
    def suits(self) -> bool:
        """Whether nodes can surely go there."""
        return not self.against and not self.doubts


def judge_subnets(
    subnets: Sequence[VpcSubnet],
    wanted: NodesWanted,
    *,
    region: str,
    ways_out: Mapping[str, WayOut | None] | None,
    route_targets: Mapping[str, tuple[str, ...]],
    offering_zones: Iterable[str] | None,
    private_endpoint: bool,
) -> tuple[JudgedSubnet, ...]:
    """Judge each subnet of a VPC.

    :param ways_out: By the subnets' ids. None: route tables could not be read.
    :param route_targets: By the subnets' ids.
    :param offering_zones: Names of the zones that offer the instance type. None: not known.
    :param private_endpoint: Whether the API server has an endpoint in the VPC.
    :raises InvalidArgumentError: the zone or the subnet that is wanted is none of these.
    """
    _check_wanted(subnets, wanted)
    offering = None if offering_zones is None else tuple(offering_zones)
    judged = []
    for subnet in subnets:
        way = None if ways_out is None else ways_out[subnet.id]
        not_wanted = _not_wanted(subnet, wanted)
        against = [not_wanted] if not_wanted else list(_against(subnet, wanted, region, offering, way))
        doubts = [] if against else list(_doubts(way, ways_out is not None, private_endpoint))
        if not against and not doubts:
            against += _no_way_out(way, private_endpoint)
        judged.append(
            JudgedSubnet(
                subnet=subnet,
                way_out=way,
                route_targets=route_targets.get(subnet.id, ()),
                against=tuple(against),
                doubts=tuple(doubts),
            )
        )
    return tuple(judged)


def _check_wanted(subnets: Sequence[VpcSubnet], wanted: NodesWanted) -> None:
    if wanted.subnet_id is not None:
        chosen = [subnet for subnet in subnets if subnet.id == wanted.subnet_id]
        if not chosen:
            there = ", ".join(subnet.id for subnet in subnets) or "none"
            raise InvalidArgumentError(
                f"'subnet' is '{wanted.subnet_id}', which is no subnet of the cluster's VPC: it has {there}"
            )
        if wanted.zone not in (None, chosen[0].availability_zone, chosen[0].availability_zone_id):
            raise InvalidArgumentError(
                f"'subnet' {wanted.subnet_id} is in {_zone(chosen[0])}, but 'zone' is '{wanted.zone}': leave one out"
            )
    elif wanted.zone is not None and not any(_is_in(subnet, wanted.zone) for subnet in subnets):
        zones = ", ".join(sorted({_zone(subnet) for subnet in subnets})) or "none"
        raise InvalidArgumentError(
            f"'zone' is '{wanted.zone}', in which the cluster's VPC has no subnet: it has some in {zones}"
        )


def _not_wanted(subnet: VpcSubnet, wanted: NodesWanted) -> str | None:
    if wanted.subnet_id not in (None, subnet.id):
        return f"{wanted.subnet_id} was asked for"
    if wanted.zone is not None and not _is_in(subnet, wanted.zone):
        return f"{wanted.zone} was asked for"
    return None


def _against(
    subnet: VpcSubnet, wanted: NodesWanted, region: str, offering: tuple[str, ...] | None, way: WayOut | None
) -> Iterator[str]:
    zone = zone_by_name(subnet.availability_zone, region)
    if subnet.on_outpost:
        yield "it is on an Outpost, where there is no EFA"
    if not zone.is_availability_zone:
        yield f"{zone.name} is a {zone.kind_in_words}, where EKS has no managed node groups"
    if subnet.cidr_block is None:
        yield "it has no IPv4 addresses"
    if way is not None and way.internet_gateway:
        yield "it is public, and EC2 gives no public address to nodes with several interfaces"
    if offering is not None and zone.name not in offering:
        yield f"{zone.name} does not offer {wanted.instance_type}"
    free = subnet.available_ip_address_count
    if subnet.cidr_block is not None and free < wanted.addresses:
        yield (
            f"it has {free} free addresses, and the interfaces of {wanted.nodes} nodes take {wanted.addresses} before "
            "any pod"
        )


def _doubts(way: WayOut | None, tables_known: bool, private_endpoint: bool) -> Iterator[str]:
    if way is None:
        why = ": EC2 shows no route table of it, as in a VPC that another account shares" if tables_known else ""
        yield f"whether it is private is not known{why}"
        return
    lacking = way.not_reached(private_endpoint=private_endpoint)
    if lacking and way.narrower_routes:
        yield (
            f"out of the VPC, only {', '.join(way.narrower_routes)} is routed, and whether nodes reach "
            f"{', '.join(lacking)} there is not known"
        )
    elif lacking and not way.endpoints_known:
        yield ("no route leads out of the VPC, and whether VPC endpoints take its place is not known: EC2 shows none")


def _no_way_out(way: WayOut | None, private_endpoint: bool) -> list[str]:
    lacking = () if way is None else way.not_reached(private_endpoint=private_endpoint)
    if not lacking:
        return []
    return [f"no route leads out of the VPC, and nodes do not reach {', '.join(lacking)} without one"]


def _is_in(subnet: VpcSubnet, zone: str) -> bool:
    return zone in (subnet.availability_zone, subnet.availability_zone_id)


def _zone(subnet: VpcSubnet) -> str:
    return f"{subnet.availability_zone} ({subnet.availability_zone_id})"
