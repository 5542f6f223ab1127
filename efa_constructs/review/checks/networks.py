"""Checks of the subnets of node groups, their routes and VPCs."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from ...catalogue import regions
from ...catalogue.address_ranges import ANYWHERE_IPV4
from ...catalogue.identifiers import is_zone_name_of
from ...catalogue.network_ports import EPHEMERAL_PORTS, KUBELET_PORT
from ...catalogue.offered_zones import offered_zones
from ...rules import networks as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..network_acls import Traffic, network_acl_of, surely_drops
from ..node_group import NodeGroup
from ..resource import Resource
from ..shapes import as_list
from ..subnets import has_no_way_out, is_public, same_vpc, subnet_at, vpc_of, zone_of
from ..values import is_known, is_true, known_text, whole_number

__all__ = ["NETWORK_CHECKS"]

_KUBELET = (KUBELET_PORT, KUBELET_PORT)
# With what they are where a template does not say: AWS CloudFormation Template Reference, "AWS::EC2::VPC".
_DNS = {"EnableDnsSupport": True, "EnableDnsHostnames": False}


def _ways_out(blueprint: Blueprint) -> Iterator[Fault]:
    templates = blueprint.templates
    for group in blueprint.node_groups:
        for index, value in enumerate(group.resource.items("Subnets")):
            subnet, path = subnet_at(templates, value), f"Subnets.{index}"
            if subnet is None:
                continue
            if has_no_way_out(templates, subnet):
                yield fault(rules.NO_WAY_OUT, group.resource, path, subnet=subnet.logical_id)
            elif is_public(templates, subnet):
                yield from _public(group, subnet, path)


def _public(group: NodeGroup, subnet: Resource, path: str) -> Iterator[Fault]:
    if len(group.interfaces) > 1:
        yield fault(rules.PUBLIC_SUBNET, group.resource, path, subnet=subnet.logical_id)
        return
    own = [one.content.get("AssociatePublicIpAddress") for one in group.interfaces]
    given = [subnet.get("MapPublicIpOnLaunch", False), *own]
    if group.has_own_template and all(is_known(value) and not is_true(value) for value in given):
        yield fault(rules.NO_PUBLIC_ADDRESS, group.resource, path, subnet=subnet.logical_id)


def _vpcs(blueprint: Blueprint) -> Iterator[Fault]:
    templates = blueprint.templates
    for group in blueprint.node_groups:
        cluster = blueprint.cluster_of(group)
        of_cluster = as_list(cluster.get("ResourcesVpcConfig.SubnetIds")) if cluster is not None else []
        cluster_vpc = next((vpc_of(templates, each) for each in of_cluster if vpc_of(templates, each)), None)
        vpcs = [
            (index, vpc_of(templates, value))
            for index, value in enumerate(group.resource.items("Subnets"))
            if vpc_of(templates, value) is not None
        ]
        for index, vpc in vpcs:
            if cluster is not None and cluster_vpc is not None and not same_vpc(templates, vpc, cluster_vpc):
                yield fault(
                    rules.SUBNET_OF_ANOTHER_VPC,
                    group.resource,
                    f"Subnets.{index}",
                    subnet=blueprint.templates.title(group.resource.items("Subnets")[index]),
                    vpc=blueprint.templates.title(vpc),
                    cluster=cluster.logical_id,
                    cluster_vpc=blueprint.templates.title(cluster_vpc),
                )
        if vpcs:
            yield from _groups(blueprint, group, vpcs[0][1])


def _groups(blueprint: Blueprint, group: NodeGroup, nodes_vpc: object) -> Iterator[Fault]:
    for value in group.launch_template.groups if group.launch_template is not None else ():
        carried = blueprint.templates.at(value)
        if carried is None or carried.type != "AWS::EC2::SecurityGroup" or carried.get("VpcId") is None:
            continue
        if not same_vpc(blueprint.templates, carried.get("VpcId"), nodes_vpc):
            yield fault(
                rules.GROUP_OF_ANOTHER_VPC,
                carried,
                "VpcId",
                group=carried.logical_id,
                vpc=blueprint.templates.title(carried.get("VpcId")),
                nodes_vpc=blueprint.templates.title(nodes_vpc),
            )


def _names(blueprint: Blueprint) -> Iterator[Fault]:
    seen = set()
    for group in blueprint.node_groups:
        for subnet in group.resource.items("Subnets"):
            vpc = blueprint.templates.at(vpc_of(blueprint.templates, subnet))
            if vpc is None or vpc.type != "AWS::EC2::VPC" or vpc in seen:
                continue
            seen.add(vpc)
            given = {name: vpc.get(name, default) for name, default in _DNS.items()}
            lacking = [name for name, value in given.items() if is_known(value) and not is_true(value)]
            if lacking:
                words = " and ".join(lacking)
                yield fault(rules.VPC_WITHOUT_DNS, vpc, vpc=vpc.logical_id, lacking=words, group=group.resource.name)


def _zones(blueprint: Blueprint) -> Iterator[Fault]:
    for subnet in blueprint.templates.of_type("AWS::EC2::Subnet"):
        zone, region = known_text(subnet.get("AvailabilityZone")), subnet.stack.region
        # Until CDK has looked a VPC's zones up, it calls them dummy1a.
        if zone is None or region not in regions() or zone.startswith("dummy"):
            continue
        if not is_zone_name_of(str(region), zone):
            yield fault(rules.ZONE_OF_ANOTHER_REGION, subnet, "AvailabilityZone", zone=zone, region=region)


def _addresses(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        subnets = [subnet_at(blueprint.templates, value) for value in group.resource.items("Subnets")]
        free = [_size(subnet) for subnet in subnets]
        nodes = whole_number(group.resource.get("ScalingConfig.DesiredSize"))
        # The others take no address.
        each = sum(one.type != "efa-only" for one in group.interfaces)
        total = sum(size for size in free if size is not None)
        if nodes is not None and subnets and None not in free and nodes * each > total:
            yield fault(
                rules.TOO_FEW_ADDRESSES, group.resource, "Subnets", free=total, nodes=nodes, needed=nodes * each
            )


def _offers(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        instance, region = group.instance_type, group.resource.stack.region
        offered = offered_zones(instance.name) if instance is not None else None
        if instance is None or offered is None or region not in regions():
            continue
        zones = {zone_of(blueprint.templates, value) for value in group.resource.items("Subnets")}
        known = sorted(zone for zone in zones if zone is not None and is_zone_name_of(str(region), zone))
        here = offered.get(str(region), ())
        place = str(region) if not here else next((zone for zone in known if zone not in here), None)
        if place is not None:
            yield fault(
                rules.TYPE_NOT_OFFERED,
                group.resource,
                "Subnets",
                place=place,
                instance=instance.name,
                offered=", ".join(here or offered),
                region=region,
            )


def _acls(blueprint: Blueprint) -> Iterator[Fault]:
    seen = set()
    for group in blueprint.node_groups:
        for value in group.resource.items("Subnets"):
            for subnet, traffic, purpose in _needed(blueprint, group, value):
                acl = network_acl_of(blueprint.templates, subnet)
                if acl is None or (acl, traffic) in seen or not surely_drops(blueprint.templates, acl, traffic):
                    continue
                seen.add((acl, traffic))
                yield fault(
                    rules.ACL_DROPS,
                    acl,
                    acl=acl.logical_id,
                    subnet=blueprint.templates.title(subnet),
                    traffic=str(traffic),
                    purpose=purpose,
                )


def _needed(blueprint: Blueprint, group: NodeGroup, subnet: Any) -> Iterator[tuple[Any, Traffic, str]]:
    """What must pass the network ACL of which subnet, and for what, so that nodes in a subnet work."""
    anywhere = IPv4Network(ANYWHERE_IPV4)
    yield subnet, Traffic(egress=True, ports=(443, 443), addresses=anywhere), "nodes ask EKS and pull images by it"
    yield subnet, Traffic(egress=False, ports=EPHEMERAL_PORTS, addresses=anywhere), "what nodes ask is answered by it"
    cluster = blueprint.cluster_of(group)
    of_cluster = as_list(cluster.get("ResourcesVpcConfig.SubnetIds")) if cluster is not None else []
    nodes = _block(blueprint, subnet)
    for other in of_cluster:
        control_plane = _block(blueprint, other)
        if control_plane is None or nodes is None or blueprint.templates.same(other, subnet):
            continue
        purpose = "the control plane calls the kubelet of each node by it"
        yield subnet, Traffic(egress=False, ports=_KUBELET, addresses=control_plane), purpose
        yield other, Traffic(egress=True, ports=_KUBELET, addresses=nodes), purpose


def _block(blueprint: Blueprint, value: Any) -> IPv4Network | None:
    """The addresses of a subnet. None: not known."""
    subnet = subnet_at(blueprint.templates, value)
    try:
        return IPv4Network(known_text(subnet.get("CidrBlock")) or "") if subnet is not None else None
    except ValueError:
        return None


def _size(subnet: Resource | None) -> int | None:
    """How many addresses a subnet can give at most. None: not known."""
    block = known_text(subnet.get("CidrBlock")) if subnet is not None else None
    prefix = whole_number(block.partition("/")[2]) if block is not None else None
    # Amazon VPC User Guide, "Subnet CIDR blocks": five of each subnet are AWS's.
    return 2 ** (32 - prefix) - 5 if prefix is not None and 16 <= prefix <= 28 else None


NETWORK_CHECKS = (
    *checks_of(_ways_out, rules.PUBLIC_SUBNET, rules.NO_PUBLIC_ADDRESS, rules.NO_WAY_OUT),
    *checks_of(_vpcs, rules.SUBNET_OF_ANOTHER_VPC, rules.GROUP_OF_ANOTHER_VPC),
    *checks_of(_addresses, rules.TOO_FEW_ADDRESSES),
    *checks_of(_offers, rules.TYPE_NOT_OFFERED),
    *checks_of(_acls, rules.ACL_DROPS),
    *checks_of(_names, rules.VPC_WITHOUT_DNS),
    *checks_of(_zones, rules.ZONE_OF_ANOTHER_REGION),
)
