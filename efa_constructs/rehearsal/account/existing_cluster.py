"""Puts the cluster and network of a facts file into the account, as if they had been there before the app."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from moto.ec2.models import EC2Backend, security_groups, subnets, vpcs
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.nat_gateways import NatGateway

from ...catalogue.address_ranges import ANYWHERE_IPV4
from ...lookups.cluster_facts import ClusterFacts, Subnet
from .eks import Cluster, EksState, eks_state
from .eks.addons import describe_new_addon
from .eks.clusters import describe_new_cluster, start_control_plane
from .eks.control_plane_network import cluster_security_group
from .hardware import set_offerings

__all__ = ["seed"]


def seed(facts: ClusterFacts) -> None:
    """Make the VPC, subnets, routes, cluster security group, cluster and add-ons, with the ids that the file has."""
    state = eks_state(facts.account, facts.region)
    _zones(state.ec2, facts)
    _vpc(state.ec2, facts)
    for subnet in facts.subnets:
        _subnet(state.ec2, facts, subnet)
    _routes(state.ec2, facts)
    _cluster(state, facts)
    cluster = state.cluster(facts.cluster.name)
    for name, version in facts.addons.items():
        cluster.addons[name] = describe_new_addon(state, cluster, name, version)
    set_offerings(facts.region, facts.instance_type_offerings)


def _vpc(ec2: EC2Backend, facts: ClusterFacts) -> None:
    with _next_id(vpcs, "random_vpc_id", facts.vpc.id):
        ec2.create_vpc(facts.vpc.cidr_blocks[0])
    # Without, its cluster had no nodes: "View Amazon EKS networking requirements for VPC and subnets", EKS User Guide.
    ec2.modify_vpc_attribute(facts.vpc.id, "enable_dns_hostnames", "true")
    for block in facts.vpc.cidr_blocks[1:]:
        ec2.vpcs[facts.vpc.id].associate_vpc_cidr_block(block)


def _zones(ec2: EC2Backend, facts: ClusterFacts) -> None:
    """Let names of zones mean the zones that they mean in the account of the file: they differ between accounts."""
    # All accounts share moto's.
    zones = [copy.copy(zone) for zone in ec2.describe_availability_zones()]
    by_name = {zone.name: zone for zone in zones}
    for subnet in facts.subnets:
        zone = by_name[subnet.availability_zone]
        for other in zones:
            if other.zone_id == subnet.availability_zone_id:
                other.zone_id = zone.zone_id
        zone.zone_id = subnet.availability_zone_id
    ec2.zones = {**ec2.zones, facts.region: zones}


def _subnet(ec2: EC2Backend, facts: ClusterFacts, subnet: Subnet) -> None:
    with _next_id(subnets, "random_subnet_id", subnet.id):
        made = ec2.create_subnet(facts.vpc.id, subnet.cidr_block, availability_zone=subnet.availability_zone)
    made.map_public_ip_on_launch = subnet.private is False
    # Whatever holds the other addresses is not known, and need not be.
    made._available_ip_addresses = subnet.available_ip_address_count
    # moto takes the one that all accounts share.
    made._availability_zone = ec2.get_zone_by_name(subnet.availability_zone) or made._availability_zone


def _routes(ec2: EC2Backend, facts: ClusterFacts) -> None:
    # One of which it is not known is as good as private: the app puts nodes there, if it is told to.
    public = [subnet for subnet in facts.subnets if subnet.private is False]
    gateway: InternetGateway | None = None
    if public:
        gateway = ec2.create_internet_gateway()
        ec2.attach_internet_gateway(gateway.id, facts.vpc.id)
    nat = _nat_gateway(ec2, public)
    for subnet in facts.subnets:
        table = ec2.create_route_table(facts.vpc.id)
        ec2.associate_route_table(route_table_id=table.id, subnet_id=subnet.id)
        if subnet.private is False and gateway is not None:
            ec2.create_route(table.id, ANYWHERE_IPV4, gateway_id=gateway.id)
        elif nat is not None:
            ec2.create_route(table.id, ANYWHERE_IPV4, nat_gateway_id=nat.id)
        else:
            # How nodes get out is not known; that they do follows from the cluster's having some.
            ec2.create_route(table.id, ANYWHERE_IPV4, transit_gateway_id=_transit_gateway(ec2))


def _nat_gateway(ec2: EC2Backend, public: list[Subnet]) -> NatGateway | None:
    if not public:
        return None
    address = ec2.allocate_address("vpc")
    nat = ec2.create_nat_gateway(public[0].id, str(address.allocation_id))
    # It is among what held the subnet's addresses when the file was written.
    ec2.get_subnet(public[0].id)._available_ip_addresses += 1
    return nat


def _transit_gateway(ec2: EC2Backend) -> str:
    gateways = ec2.transit_gateways or {"": ec2.create_transit_gateway(description="", options={})}
    return str(next(iter(gateways.values())).id)


def _cluster(state: EksState, facts: ClusterFacts) -> None:
    cluster, vpc_id = facts.cluster, facts.vpc.id
    with _next_id(security_groups, "random_security_group_id", cluster.security_group_id):
        cluster_security_group(state, cluster.name, vpc_id)
    description = describe_new_cluster(
        state,
        {
            "name": cluster.name,
            "version": cluster.version,
            "roleArn": f"arn:aws:iam::{facts.account}:role/{cluster.name}",
            "accessConfig": {"authenticationMode": cluster.authentication_mode},
            "resourcesVpcConfig": {
                "subnetIds": [subnet.id for subnet in facts.subnets],
                "securityGroupIds": [],
                "clusterSecurityGroupId": cluster.security_group_id,
                "vpcId": vpc_id,
                "endpointPublicAccess": True,
                "endpointPrivateAccess": True,
                "publicAccessCidrs": [ANYWHERE_IPV4],
            },
        },
    )
    made = Cluster(description=description, existed=True)
    start_control_plane(state, made)
    # What the file says, and so the app's templates.
    description["endpoint"] = cluster.endpoint
    description["certificateAuthority"] = {"data": cluster.certificate_authority_data}
    if cluster.oidc_issuer is None:
        description.pop("identity")
    else:
        description["identity"] = {"oidc": {"issuer": cluster.oidc_issuer}}
    state.clusters[cluster.name] = made


@contextmanager
def _next_id(module: ModuleType, function: str, identifier: str) -> Iterator[None]:
    """Let moto give the next thing that it makes this id: it has no other way to choose one."""
    original = getattr(module, function)
    setattr(module, function, lambda *args, **kwargs: identifier)
    try:
        yield
    finally:
        setattr(module, function, original)
