"""What is open to whom: the page knows the world in whatever form a template names it, and leaves nobody out."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.review.page import render_page
from efa_constructs.review.reach import is_world
from efa_constructs.review.review import review

from ..templates import Template, review_of, sound, templates_of
from .html import Page, words


def page_with(*rules: dict[str, Any], parameters: dict[str, Any] | None = None) -> Page:
    """The page about the group of nodes with some rules for what comes in."""

    def change(template: Template) -> None:
        template["Parameters"] |= parameters or {}
        template["Resources"]["SecurityGroup"]["Properties"]["SecurityGroupIngress"] = list(rules)

    return Page(render_page(review_of(change)))


def ssh(**source: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **source}


def open_to_whom(found: Page) -> str:
    [tile] = [tile for tile in found.by_id("summary") if words(tile).startswith("What is open to whom")]
    return words(tile)


@pytest.mark.parametrize("source", [{"CidrIp": "10.0.0.0/0"}, {"CidrIpv6": "0:0:0:0:0:0:0:0/0"}, {"CidrIpv6": "0::/0"}])
def test_knows_the_world_in_every_form(source: dict[str, str]) -> None:
    found = page_with(ssh(**source))
    [addresses] = source.values()
    assert "The world may reach SecurityGroup: tcp 22." in open_to_whom(found)
    assert [f"the world ({addresses})", "SecurityGroup", "tcp 22"] in [row[:3] for row in found.rows("Ports that are")]
    assert "SSH" in found.section("findings")


@pytest.mark.parametrize("addresses", ["0.0.0.0/1", "203.0.113.0/24", "sg-0123", "", None, "⟨?Range⟩"])
def test_takes_nothing_else_for_the_world(addresses: object) -> None:
    assert not is_world(addresses)


@pytest.mark.parametrize(
    "ranges", [["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/2", "128.0.0.0/1", "64.0.0.0/2", "10.0.0.0/8"]]
)
def test_knows_the_world_in_parts(ranges: list[str]) -> None:
    told = open_to_whom(page_with(*(ssh(CidrIp=each) for each in ranges)))
    assert (
        f"The world may reach SecurityGroup: tcp 22, by {len(ranges)} ranges that are all addresses together." in told
    )
    assert "lets the world in" not in told


@pytest.mark.parametrize("second", [ssh(CidrIp="128.0.0.0/2"), {**ssh(CidrIp="128.0.0.0/1"), "ToPort": 23}])
def test_takes_parts_of_the_world_for_no_more(second: dict[str, Any]) -> None:
    told = open_to_whom(page_with(ssh(CidrIp="0.0.0.0/1"), second))
    assert "No rule of these templates lets the world in." in told


def test_says_which_other_addresses_are_let_in() -> None:
    told = open_to_whom(page_with(ssh(CidrIp="203.0.113.0/24"), ssh(SourcePrefixListId="pl-0123")))
    # What is in a list, only its owner knows.
    assert "No rule of these templates lets the world in, as far as its addresses are known." in told
    assert "203.0.113.0/24 may reach SecurityGroup: tcp 22." in told
    assert "pl-0123 may reach SecurityGroup: tcp 22." in told


def test_leaves_a_long_list_of_addresses_to_the_table() -> None:
    told = open_to_whom(page_with(*(ssh(CidrIp=f"203.0.113.{number}/32") for number in range(9))))
    assert "203.0.113.3/32 may reach" in told
    assert "203.0.113.4/32" not in told
    assert "5 more ranges of addresses are let in: see the table of ports." in told


def test_does_not_deny_what_only_the_deployment_knows() -> None:
    told = open_to_whom(page_with(ssh(CidrIp={"Ref": "Range"}), parameters={"Range": {"Type": "String"}}))
    assert "No rule of these templates lets the world in, as far as its addresses are known." in told
    assert "(Range) may reach SecurityGroup: tcp 22." in told


def test_says_that_the_rules_of_a_group_of_elsewhere_are_not_here() -> None:
    told = open_to_whom(Page(render_page(review_of())))
    assert "Whom the rules of (ClusterSecurityGroup) let in, these templates do not say." in told


@pytest.mark.parametrize("ranges", [["10.0.0.0/0"], ["0.0.0.0/0"]])
def test_a_public_endpoint_for_the_world_is_found_in_every_form(ranges: list[str]) -> None:
    template = sound()
    template["Resources"]["Cluster"] = {
        "Type": "AWS::EKS::Cluster",
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/cluster",
            "ResourcesVpcConfig": {"SubnetIds": ["subnet-1"], "PublicAccessCidrs": ranges},
        },
    }
    found = review(templates_of(template))
    assert "EFA-EKS-003" in [finding.rule.id for finding in found.findings]


def test_draws_of_a_great_many_groups_those_of_nodes_and_says_what_it_leaves_out() -> None:
    def change(template: Template) -> None:
        for number in range(40):
            source = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": {"Ref": "Other0"}}
            properties = {"GroupDescription": "x", "VpcId": "vpc-1", "SecurityGroupIngress": [source]}
            template["Resources"][f"Other{number}"] = {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}

    found = Page(render_page(review_of(change)))
    drawn = words(found.picture("groups"))
    assert "SecurityGroup to SecurityGroup: all traffic" in drawn
    assert "Other7" not in drawn
    assert "80 rules of security groups of other things are in the table alone." in found.section("reach")
    assert ["Other0", "Other7", "tcp 80"] in [row[:3] for row in found.rows("Ports that are open")]
    assert "Other4 and 35 more." in open_to_whom(found)


@pytest.mark.parametrize(
    ("protocol", "words"), [("58", "all icmpv6"), ("1", "all icmp"), ("-1", "all traffic"), ("47", "all 47")]
)
def test_calls_protocols_by_their_names(protocol: str, words: str) -> None:
    found = page_with({"IpProtocol": protocol, "CidrIp": "10.0.0.0/8"})
    assert ["10.0.0.0/8", "SecurityGroup", words] in [row[:3] for row in found.rows("Ports that are open")]


@pytest.mark.parametrize(
    ("first", "last", "words"), [(8, -1, "icmp type 8"), (3, 4, "icmp type 3 code 4"), (-1, -1, "all icmp")]
)
def test_calls_types_of_icmp_no_ports(first: int, last: int, words: str) -> None:
    found = page_with({"IpProtocol": "icmp", "FromPort": first, "ToPort": last, "CidrIp": "10.0.0.0/8"})
    assert ["10.0.0.0/8", "SecurityGroup", words] in [row[:3] for row in found.rows("Ports that are open")]
