"""Reads which IPv4 ranges a VPC has."""

from __future__ import annotations

from ..errors import AwsRequestError
from .clients import AwsClients, aws_errors

__all__ = ["read_cidr_blocks"]


def read_cidr_blocks(clients: AwsClients, vpc_id: str) -> tuple[str, ...]:
    """Read the IPv4 ranges of a VPC: the primary one, then every other one that is associated, sorted.

    :raises AwsRequestError: there is no such VPC, AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        found = clients.ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"]
    if not found:
        raise AwsRequestError(f"EC2 shows no VPC '{vpc_id}' in {clients.region}")
    vpc = found[0]
    others = {
        association["CidrBlock"]
        for association in vpc.get("CidrBlockAssociationSet", [])
        if association["CidrBlockState"]["State"] == "associated"
    }
    return (vpc["CidrBlock"], *sorted(others - {vpc["CidrBlock"]}))
