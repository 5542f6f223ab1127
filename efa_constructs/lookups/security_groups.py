"""Reads security groups with their rules."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from .clients import AwsClients, aws_errors
from .deployed import SecurityGroup, SecurityGroupRule

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import DescribeSecurityGroupsResultTypeDef, IpPermissionOutputTypeDef

__all__ = ["read_security_group", "read_security_groups"]

# EC2 takes more, but a longer request line is refused by some proxies.
_IDS_A_REQUEST = 200


def read_security_group(clients: AwsClients, id: str) -> SecurityGroup | None:
    """Read one security group. None: there is none with this id.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        # By a filter: about an id that is not there, EC2 answers with an error.
        pages = clients.ec2.get_paginator("describe_security_groups").paginate(
            Filters=[{"Name": "group-id", "Values": [id]}]
        )
        return _security_groups(pages).get(id)


def read_security_groups(clients: AwsClients, vpc_id: str | None, ids: set[str]) -> dict[str, SecurityGroup]:
    """Read the groups of a VPC, and those of these ids that are in another one.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_security_groups")
        groups = {}
        if vpc_id:
            groups = _security_groups(pages.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]))
        elsewhere = iter(sorted(ids - set(groups)))
        while batch := list(islice(elsewhere, _IDS_A_REQUEST)):
            groups |= _security_groups(pages.paginate(GroupIds=batch))
        return groups


def _security_groups(pages: Iterable[DescribeSecurityGroupsResultTypeDef]) -> dict[str, SecurityGroup]:
    return {
        group["GroupId"]: SecurityGroup(
            id=group["GroupId"],
            name=group["GroupName"],
            vpc_id=group.get("VpcId", ""),
            rules=(
                *_rules(group["IpPermissions"], egress=False),
                *_rules(group["IpPermissionsEgress"], egress=True),
            ),
            tags={tag["Key"]: tag["Value"] for tag in group.get("Tags", [])},
        )
        for page in pages
        for group in page["SecurityGroups"]
    }


def _rules(permissions: Iterable[IpPermissionOutputTypeDef], *, egress: bool) -> tuple[SecurityGroupRule, ...]:
    """One rule for each peer of each permission."""
    rules = []
    for permission in permissions:
        peers: list[dict[str, str]] = [
            *({"group_id": pair["GroupId"]} for pair in permission.get("UserIdGroupPairs", [])),
            *({"cidr": block["CidrIp"]} for block in permission.get("IpRanges", [])),
            *({"cidr": block["CidrIpv6"]} for block in permission.get("Ipv6Ranges", [])),
            *({"prefix_list_id": prefix["PrefixListId"]} for prefix in permission.get("PrefixListIds", [])),
        ]
        rules += [SecurityGroupRule(egress=egress, protocol=permission["IpProtocol"], **peer) for peer in peers]
    return tuple(rules)
