"""Does the app take the cluster facts file, and does the file say what AWS says?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from efa_constructs.lookups.cluster_facts import ClusterFacts, Subnet
from efa_constructs.rehearsal.account.hardware import set_offerings

from .emulated import REGION, SUBNET, Emulated, Refusals

PUBLIC = "subnet-0f1f2f3f4f5f6f7f8"


def with_subnets(facts: ClusterFacts, change: Callable[[Subnet], Subnet]) -> ClusterFacts:
    return replace(facts, subnets=tuple(map(change, facts.subnets)))


def test_a_facts_file_that_says_what_aws_says_passes(account: Emulated) -> None:
    assert account.row("cluster-facts") is None
    row = account.row("cluster-facts", account.plan(facts=account.facts))
    assert row is not None and row.status == "pass", row


def test_a_facts_file_that_is_out_of_date_fails_and_names_what_changed(account: Emulated) -> None:
    old = replace(
        account.facts,
        cluster=replace(account.facts.cluster, version="1.34", certificate_authority_data="bm90IHRoaXM="),
    )
    row = account.row("cluster-facts", account.plan(facts=old, facts_file="my facts.json", zone="us-east-1b"))
    assert row is not None and row.status == "fail"
    assert row.reason == (
        "the cluster facts file is out of date: cluster.version is '1.35' and was '1.34'; "
        "cluster.certificateAuthorityData is 'another one' and was 'what the file has'"
    )
    # It writes the file that was read.
    assert row.fix == (
        "write it anew: 'efa lookup --cluster training --region us-east-1 --instance-type p4d.24xlarge --nodes 3 "
        "--zone us-east-1b -o 'my facts.json''"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda facts: replace(facts, addons={**facts.addons, "vpc-cni": "v1.16.0-eksbuild.1"}),
            "it says that the VPC CNI is v1.16.0-eksbuild.1, and efa-only interfaces need 1.18.5 or newer",
        ),
        (
            lambda facts: with_subnets(facts, lambda subnet: replace(subnet, available_ip_address_count=1)),
            f"it says that {SUBNET} has 1 free addresses, and the interfaces of 3 p4d.24xlarge take 3",
        ),
        (
            lambda facts: with_subnets(
                replace(facts, node_subnet_id=None), lambda subnet: replace(subnet, private=False)
            ),
            "no private subnet of cluster training: EFA nodes need one",
        ),
        (
            lambda facts: replace(facts, instance_type_offerings={"p4d.24xlarge": ("us-east-1a",)}),
            f"it says that us-east-1b, the zone of {SUBNET}, does not offer p4d.24xlarge, but us-east-1a",
        ),
    ],
)
def test_a_file_that_the_app_refuses_fails_whatever_aws_says(
    account: Emulated, change: Callable[[ClusterFacts], ClusterFacts], reason: str
) -> None:
    rows = account.rows(account.plan(facts=change(account.facts), subnet_id=None))
    assert rows["cluster-facts"].status == "fail"
    assert rows["cluster-facts"].reason.startswith(f"the app refuses the cluster facts file: {reason}")


def test_a_public_subnet_is_none_that_the_app_takes(account: Emulated) -> None:
    row = account.row("cluster-facts", account.plan(facts=account.facts, subnet_id=PUBLIC))
    assert row is not None and row.status == "fail"
    assert row.reason.endswith(f"it says that {PUBLIC} is a public subnet, and the nodes go to a private one")


def test_what_the_app_does_not_read_of_the_nodes_is_a_warning(account: Emulated) -> None:
    facts = account.facts
    changed: list[tuple[Any, str]] = [
        (replace(facts, subnets=tuple(each for each in facts.subnets if each.id != PUBLIC)), "subnets is "),
        (with_subnets(facts, lambda each: replace(each, private=True)), f"{PUBLIC}.private is False and was True"),
        (replace(facts, vpc=replace(facts.vpc, cidr_blocks=("10.0.0.0/8",))), "and was 10.0.0.0/8"),
        (replace(facts, addons={**facts.addons, "vpc-cni": "v1.18.5-eksbuild.1"}), "and was 'v1.18.5-eksbuild.1'"),
        (replace(facts, instance_type_offerings={}), "instanceTypeOfferings.p4d.24xlarge is "),
    ]
    for file, reason in changed:
        row = account.row("cluster-facts", account.plan(facts=file))
        assert row is not None and row.status == "warn" and reason in row.reason, row


def test_a_node_subnet_that_is_another_one_by_now_fails(account: Emulated) -> None:
    old = with_subnets(account.facts, lambda each: replace(each, availability_zone_id=f"{each.availability_zone_id}0"))
    row = account.row("cluster-facts", account.plan(facts=old))
    assert row is not None and row.status == "fail" and f"{SUBNET}.availabilityZoneId is 'use1-az" in row.reason


def test_free_addresses_are_never_out_of_date(account: Emulated) -> None:
    account.ec2.get_subnet(SUBNET)._available_ip_addresses = 4000
    row = account.row("cluster-facts", account.plan(facts=account.facts))
    assert row is not None and row.status == "pass"


def test_the_one_private_subnet_of_the_file_is_taken_as_the_app_does(account: Emulated) -> None:
    one = with_subnets(
        replace(account.facts, node_subnet_id=None), lambda each: replace(each, private=each.id == SUBNET)
    )
    row = account.row("subnet", account.plan(facts=one, subnet_id=None))
    assert row is not None and row.status == "pass" and SUBNET in row.reason


def test_without_one_in_the_file_the_subnet_is_not_chosen_by_what_aws_says(account: Emulated) -> None:
    set_offerings(REGION, {"p4d.24xlarge": ["us-east-1a"]})
    rows = account.rows(account.plan(facts=replace(account.facts, node_subnet_id=None), subnet_id=None))
    assert rows["subnet"].status == rows["cluster-facts"].status == "fail"
    assert "2 private subnets of cluster training could take the nodes" in rows["subnet"].reason


def test_what_of_the_network_may_not_be_read_is_not_compared(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("ec2:DescribeVpcs", "UnauthorizedOperation")
    row = account.row("cluster-facts", account.plan(facts=account.facts))
    assert row is not None and row.status == "not checked"
    assert row.fix == "allow 'ec2:DescribeVpcs' in the IAM policy of the identity in use"
