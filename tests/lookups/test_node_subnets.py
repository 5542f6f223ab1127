"""Which subnet the nodes can go to, and what speaks against the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.lookups.deployed import WayOut
from efa_constructs.lookups.node_subnets import JudgedSubnet, NodesWanted, judge_subnets
from efa_constructs.lookups.subnets import VpcSubnet

ENDPOINTS = frozenset({"ec2", "ecr.api", "ecr.dkr", "s3"})


def subnet(name: str = "a", zone: str = "us-west-2a", **changes: Any) -> VpcSubnet:
    facts: dict[str, Any] = {
        "id": f"subnet-{name}",
        "name": None,
        "availability_zone": zone,
        "availability_zone_id": "usw2-az2",
        "cidr_block": "10.0.0.0/24",
        "available_ip_address_count": 100,
        "on_outpost": False,
    }
    return VpcSubnet(**{**facts, **changes})


def way(name: str = "a", *, public: bool = False, out: bool = True, services: frozenset[str] = frozenset()) -> WayOut:
    return WayOut(subnet_id=f"subnet-{name}", internet_gateway=public, default_route=out, endpoint_services=services)


def judge(*subnets: VpcSubnet, ways: list[WayOut] | None = None, **changes: Any) -> tuple[JudgedSubnet, ...]:
    wanted = NodesWanted(
        instance_type=changes.pop("instance_type", "p5.48xlarge"),
        nodes=changes.pop("nodes", 3),
        zone=changes.pop("zone", None),
        subnet_id=changes.pop("subnet_id", None),
    )
    found = {one.subnet_id: one for one in ways or []}
    facts: dict[str, Any] = {
        "region": "us-west-2",
        "ways_out": {one.id: found.get(one.id, way(one.id.removeprefix("subnet-"))) for one in subnets},
        "route_targets": {},
        "offering_zones": ("us-west-2a", "us-west-2b"),
        "private_endpoint": True,
    }
    return judge_subnets(subnets, wanted, **{**facts, **changes})


def test_takes_a_private_subnet_with_a_way_out_in_a_zone_that_offers_the_type() -> None:
    [judged] = judge(subnet())
    assert judged.suits and judged.private
    assert (judged.against, judged.doubts) == ((), ())


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        (
            {"ways": [way(public=True)]},
            "it is public, and EC2 gives no public address to nodes with several interfaces",
        ),
        ({"offering_zones": ("us-west-2b",)}, "us-west-2a does not offer p5.48xlarge"),
        ({"offering_zones": ()}, "us-west-2a does not offer p5.48xlarge"),
        ({"nodes": 101}, "it has 100 free addresses, and the interfaces of 101 nodes take 101 before any pod"),
        ({"ways": [way(out=False)]}, "no route leads out of the VPC, and nodes do not reach ec2, ecr.api, ecr.dkr, s3"),
        (
            {"ways": [way(out=False, services=ENDPOINTS)], "private_endpoint": False},
            "nodes do not reach the cluster's API server, whose private endpoint is off",
        ),
    ],
    ids=["public", "another zone offers it", "no zone offers it", "too small", "isolated", "no endpoint of the server"],
)
def test_says_what_speaks_against_a_subnet(changes: dict[str, Any], against: str) -> None:
    [judged] = judge(subnet(), **changes)
    assert not judged.suits
    assert len(judged.against) == 1
    assert against in judged.against[0]


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({"zone": "us-west-2-lax-1a"}, "us-west-2-lax-1a is a Local Zone, where EKS has no managed node groups"),
        ({"zone": "us-west-2-wl1-las-wlz-1"}, "is a Wavelength Zone, where EKS has no managed node groups"),
        ({"on_outpost": True}, "it is on an Outpost, where there is no EFA"),
        ({"cidr_block": None, "available_ip_address_count": 0}, "it has no IPv4 addresses"),
    ],
    ids=["Local Zone", "Wavelength Zone", "Outpost", "IPv6 only"],
)
def test_leaves_out_places_without_efa_node_groups(changes: dict[str, Any], against: str) -> None:
    [judged] = judge(subnet(**changes), offering_zones=("us-west-2a", changes.get("zone")))
    assert [reason for reason in judged.against if against in reason] == list(judged.against)
    assert judged.against


def test_takes_a_private_subnet_without_a_way_out_that_has_the_endpoints() -> None:
    [judged] = judge(subnet(), ways=[way(out=False, services=ENDPOINTS)])
    assert judged.suits


def test_counts_the_addresses_of_every_interface_that_has_one() -> None:
    # hpc6id.32xlarge has a network card with one interface, an EFA that has an address, too.
    wanted = NodesWanted(instance_type="hpc6id.32xlarge", nodes=10)
    assert wanted.addresses == 10
    assert NodesWanted(instance_type="p5.48xlarge", nodes=4).addresses == 4


def test_takes_the_subnet_that_was_asked_for_only() -> None:
    both = (subnet("a"), subnet("b", "us-west-2b", availability_zone_id="usw2-az1"))
    for choice in ({"zone": "us-west-2b"}, {"zone": "usw2-az1"}, {"subnet_id": "subnet-b"}):
        first, second = judge(*both, **choice)
        assert second.suits
        assert first.against[0].endswith("was asked for")
    assert all(judged.suits for judged in judge(*both))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"zone": "us-west-2d"}, r"'zone' is 'us-west-2d', .* no subnet: it has some in us-west-2a \(usw2-az2\)"),
        ({"subnet_id": "subnet-x"}, "'subnet' is 'subnet-x', which is no subnet of the cluster's VPC: it has subnet-a"),
        ({"subnet_id": "subnet-a", "zone": "us-west-2b"}, "is in us-west-2a .* but 'zone' is 'us-west-2b': leave one"),
    ],
)
def test_refuses_a_choice_that_there_is_not(choice: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        judge(subnet(), **choice)


def test_doubts_a_subnet_of_which_it_does_not_know_whether_it_is_private() -> None:
    why = "EC2 shows no route table of it, as in a VPC that another account shares"
    for ways_out, reason in ((None, "whether it is private is not known"), ({"subnet-a": None}, why)):
        [judged] = judge(subnet(), ways_out=ways_out)
        assert not judged.suits
        assert (judged.private, judged.against) == (None, ())
        assert judged.doubts[0].endswith(reason)


def test_doubts_an_isolated_subnet_of_which_it_does_not_know_the_endpoints() -> None:
    unknown = WayOut(subnet_id="subnet-a", internet_gateway=False, default_route=False, endpoints_known=False)
    [judged] = judge(subnet(), ways=[unknown])
    assert judged.against == ()
    assert "whether VPC endpoints take its place is not known" in judged.doubts[0]
    [other] = judge(subnet(), ways=[replace(unknown, default_route=True)])
    assert other.suits


def test_doubts_a_subnet_whose_routes_lead_to_some_addresses_only() -> None:
    some = WayOut(
        subnet_id="subnet-a", internet_gateway=False, default_route=False, narrower_routes=("10.0.0.0/8 by tgw-0a",)
    )
    [judged] = judge(subnet(), ways=[some])
    assert (judged.suits, judged.against) == (False, ())
    assert judged.doubts == (
        "out of the VPC, only 10.0.0.0/8 by tgw-0a is routed, and whether nodes reach ec2, ecr.api, ecr.dkr, s3 there "
        "is not known",
    )


def test_says_nothing_of_zones_that_it_does_not_know() -> None:
    [judged] = judge(subnet(), offering_zones=None)
    assert judged.suits
