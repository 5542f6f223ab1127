"""Reads the subnets of a VPC. What their routes lead to, ``ways_out`` reads: another permission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .clients import AwsClients, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SubnetTypeDef

__all__ = ["VpcSubnet", "read_subnets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcSubnet:
    """A subnet, as DescribeSubnets shows it."""

    id: str
    # The tag "Name".
    name: str | None
    availability_zone: str
    availability_zone_id: str
    # None: it has IPv6 addresses only.
    cidr_block: str | None
    available_ip_address_count: int
    # Whether it is on an AWS Outpost.
    on_outpost: bool
    # Account. Of a shared subnet, another one than that which asks; None: not known.
    owner_id: str | None = None


def read_subnets(clients: AwsClients, vpc_id: str) -> tuple[VpcSubnet, ...]:
    """Read all subnets of a VPC, by zone and id, also those in which the cluster itself has no network interface.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_subnets").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
        subnets = [_subnet(subnet) for page in pages for subnet in page["Subnets"]]
    return tuple(sorted(subnets, key=lambda subnet: (subnet.availability_zone, subnet.id)))


def _subnet(subnet: SubnetTypeDef) -> VpcSubnet:
    return VpcSubnet(
        id=subnet["SubnetId"],
        name=next((tag["Value"] for tag in subnet.get("Tags", []) if tag["Key"] == "Name"), None) or None,
        availability_zone=subnet["AvailabilityZone"],
        availability_zone_id=subnet["AvailabilityZoneId"],
        cidr_block=None if subnet.get("Ipv6Native") else subnet["CidrBlock"],
        available_ip_address_count=subnet["AvailableIpAddressCount"],
        on_outpost=bool(subnet.get("OutpostArn")),
        owner_id=subnet.get("OwnerId"),
    )
