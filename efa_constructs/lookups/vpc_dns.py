"""Asks whether a VPC resolves names, and gives its instances some."""

from __future__ import annotations

from dataclasses import dataclass

from .clients import AwsClients, aws_errors

__all__ = ["VpcDns", "read_vpc_dns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcDns:
    """The two DNS attributes of a VPC."""

    support: bool
    hostnames: bool


def read_vpc_dns(clients: AwsClients, vpc_id: str) -> VpcDns:
    """Read the DNS attributes of a VPC.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        support = clients.ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport")
        hostnames = clients.ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")
    return VpcDns(
        support=support["EnableDnsSupport"].get("Value", False),
        hostnames=hostnames["EnableDnsHostnames"].get("Value", False),
    )
