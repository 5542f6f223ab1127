"""The plain facts about an account that the launch rules ask for."""

from __future__ import annotations

from moto.ec2.models import EC2Backend
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.subnets import Subnet

from ..hardware import hardware, offerings_are_own, regions_offering, zones_offering
from ..iam_roles import trusted_role
from ..launch_rules import LaunchSurroundings, NodeGroup, SubnetFacts
from ..placement_groups import placement_groups
from .state import EksState

__all__ = ["subnet_facts", "surroundings"]


def surroundings(state: EksState, group: NodeGroup) -> LaunchSurroundings:
    """What exists around the launch of a node group."""
    types = {name: hardware(name) for name in group.instance_types}
    return LaunchSurroundings(
        subnets={subnet.id: subnet_facts(state.ec2, subnet) for subnet in state.ec2.describe_subnets()},
        security_groups={found.id: found.vpc_id or "" for found in state.ec2.describe_security_groups()},
        placement_groups={found.group_name: found.strategy for found in placement_groups(state.ec2).values()},
        roles={role.arn: trusted_role(state.iam, role.arn, "ec2.amazonaws.com") for role in state.iam.roles.values()},
        offered_zones={name: zones_offering(name, state.region) for name in types},
        hardware={name: found for name, found in types.items() if found is not None},
        offering_regions={name: regions_offering(name) for name in types},
        key_pairs=frozenset(state.ec2.key_pairs),
        own_offerings=frozenset(name for name in types if offerings_are_own(name, state.region)),
    )


def subnet_facts(ec2: EC2Backend, subnet: Subnet) -> SubnetFacts:
    """A moto subnet as the rules see it."""
    return SubnetFacts(
        id=subnet.id,
        vpc_id=subnet.vpc_id,
        availability_zone=subnet.availability_zone,
        free_addresses=subnet.available_ip_address_count,
        public=_has_internet_route(ec2, subnet),
        maps_public_addresses=str(subnet.map_public_ip_on_launch).lower() == "true",
    )


def _has_internet_route(ec2: EC2Backend, subnet: Subnet) -> bool:
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if any(entry.get("SubnetId") == subnet.id for entry in table.associations)]
    # A subnet without a table of its own has the VPC's main one.
    return any(
        isinstance(route.gateway, InternetGateway)
        for table in own or [table for table in tables if table.main_association_id]
        for route in table.routes
    )
