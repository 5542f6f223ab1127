"""Reading a VPC and its subnets."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.subnets import read_subnets
from efa_constructs.lookups.vpcs import read_cidr_blocks

from .stubs import stubbed_account

IN_THE_VPC = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-0a"]}]}


def block(cidr: str, state: str = "associated") -> dict[str, Any]:
    return {"CidrBlock": cidr, "CidrBlockState": {"State": state}}


def subnet(name: str, zone: str, **changes: Any) -> dict[str, Any]:
    return {
        "SubnetId": f"subnet-{name}",
        "VpcId": "vpc-0a",
        "AvailabilityZone": zone,
        "AvailabilityZoneId": "use1-az1",
        "CidrBlock": "10.0.0.0/24",
        "AvailableIpAddressCount": 250,
        **changes,
    }


def test_reads_every_associated_block_of_a_vpc_the_primary_one_first() -> None:
    blocks = [block("192.168.0.0/16"), block("100.64.0.0/16"), block("10.0.0.0/16"), block("10.9.0.0/16", "failed")]
    vpc = {"VpcId": "vpc-0a", "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": blocks}
    with stubbed_account() as account:
        account.ec2.add_response("describe_vpcs", {"Vpcs": [vpc]}, {"VpcIds": ["vpc-0a"]})
        assert read_cidr_blocks(account.clients, "vpc-0a") == ("10.0.0.0/16", "100.64.0.0/16", "192.168.0.0/16")


def test_says_that_a_vpc_is_not_shown() -> None:
    with stubbed_account() as account:
        account.ec2.add_response("describe_vpcs", {"Vpcs": []})
        with pytest.raises(AwsRequestError, match="EC2 shows no VPC 'vpc-0a' in us-east-1"):
            read_cidr_blocks(account.clients, "vpc-0a")


def test_reads_the_subnets_of_every_page_in_an_order_of_their_own() -> None:
    with stubbed_account() as account:
        first = [subnet("0c", "us-east-1b"), subnet("0b", "us-east-1a", Tags=[{"Key": "Name", "Value": "private"}])]
        account.ec2.add_response("describe_subnets", {"Subnets": first, "NextToken": "1"}, IN_THE_VPC)
        second = [subnet("0a", "us-east-1b", OutpostArn="arn:aws:outposts:us-east-1:1:outpost/op-0a")]
        account.ec2.add_response("describe_subnets", {"Subnets": second}, {**IN_THE_VPC, "NextToken": "1"})
        found = read_subnets(account.clients, "vpc-0a")
    assert [(one.id, one.name, one.on_outpost) for one in found] == [
        ("subnet-0b", "private", False),
        ("subnet-0a", None, True),
        ("subnet-0c", None, False),
    ]
    assert (found[0].availability_zone, found[0].availability_zone_id) == ("us-east-1a", "use1-az1")
    assert (found[0].cidr_block, found[0].available_ip_address_count) == ("10.0.0.0/24", 250)


def test_knows_a_subnet_without_ipv4() -> None:
    with stubbed_account() as account:
        only_ipv6 = subnet("0a", "us-east-1a", Ipv6Native=True, AvailableIpAddressCount=0)
        del only_ipv6["CidrBlock"]
        account.ec2.add_response("describe_subnets", {"Subnets": [only_ipv6]})
        [found] = read_subnets(account.clients, "vpc-0a")
    assert found.cidr_block is None
