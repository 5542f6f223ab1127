"""What a resource of EC2 refers to has to be there. moto asks for some of it, and in words of its own."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from moto.ec2.models import EC2Backend

from ..resource_type import AwsError, ResourceRequest
from .ec2_tags import ec2_of

__all__ = ["check_references"]


def check_references(request: ResourceRequest) -> None:
    """Refuse a resource that refers to something that does not exist, as EC2 does.

    :raises AwsError: it does.
    """
    ec2 = ec2_of(request)
    for name, (code, kind, known) in _REFERENCES.items():
        given = request.properties.get(name) or ()
        for resource_id in [given] if isinstance(given, str) else given:
            if resource_id not in known(ec2):
                raise AwsError(code, f"The {kind} '{resource_id}' does not exist", service="Ec2")


def _subnets(ec2: EC2Backend) -> Container[str]:
    return {subnet_id for of_zone in ec2.subnets.values() for subnet_id in of_zone}


def _groups(ec2: EC2Backend) -> Container[str]:
    return {group_id for of_vpc in ec2.groups.values() for group_id in of_vpc}


def _gateways(ec2: EC2Backend) -> Container[str]:
    """What a route names as its gateway."""
    return {*ec2.internet_gateways, *ec2.vpn_gateways, *ec2.vpc_end_points, *ec2.carrier_gateways}


_Reference = tuple[str, str, Callable[[EC2Backend], Container[str | None]]]

# By the name of the property: EC2's error code, what EC2 calls it, and what there is. Words as CreateSubnet,
# CreateSecurityGroup, CreateRoute and CreateNatGateway have them in many reports. CreateVpcEndpoint writes two of the
# codes with a small d, which CloudFormation does not show.
_REFERENCES: Mapping[str, _Reference] = {
    "VpcId": ("InvalidVpcID.NotFound", "vpc ID", lambda ec2: ec2.vpcs),
    "SubnetId": ("InvalidSubnetID.NotFound", "subnet ID", _subnets),
    "SubnetIds": ("InvalidSubnetID.NotFound", "subnet ID", _subnets),
    "SecurityGroupIds": ("InvalidGroup.NotFound", "security group", _groups),
    "RouteTableId": ("InvalidRouteTableID.NotFound", "routeTable ID", lambda ec2: ec2.route_tables),
    "RouteTableIds": ("InvalidRouteTableID.NotFound", "routeTable ID", lambda ec2: ec2.route_tables),
    "InternetGatewayId": (
        "InvalidInternetGatewayID.NotFound",
        "internetGateway ID",
        lambda ec2: ec2.internet_gateways,
    ),
    "GatewayId": ("InvalidGatewayID.NotFound", "gateway ID", _gateways),
    "NatGatewayId": ("InvalidNatGatewayID.NotFound", "natGateway ID", lambda ec2: ec2.nat_gateways),
    "AllocationId": (
        "InvalidAllocationID.NotFound",
        "allocation ID",
        lambda ec2: {address.allocation_id for address in ec2.addresses},
    ),
}
