"""An account that a cluster facts file describes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

from efa_constructs.errors import RehearsalError
from efa_constructs.lookups.cluster_facts import ClusterFacts, read_cluster_facts
from efa_constructs.rehearsal.account import eks
from efa_constructs.rehearsal.account.existing_cluster import seed
from efa_constructs.rehearsal.account.hardware import offerings_are_own, zones_offering
from efa_constructs.rehearsal.account.process import AccountProcess

EXAMPLE = Path(__file__).parents[3] / "examples" / "cluster-facts.json"


@pytest.fixture
def facts() -> Iterator[ClusterFacts]:
    example = read_cluster_facts(EXAMPLE)
    offerings = INSTANCE_TYPE_OFFERINGS["availability-zone"]
    before = offerings[example.region]
    facts = replace(example, account=str(uuid.uuid4().int)[:12])
    seed(facts)
    yield facts
    offerings[example.region] = before


def test_has_the_subnets_of_the_file(facts: ClusterFacts) -> None:
    ec2 = ec2_backends[facts.account][facts.region]
    for subnet in facts.subnets:
        found = ec2.get_subnet(subnet.id)
        assert found.vpc_id == facts.vpc.id
        assert found.availability_zone == subnet.availability_zone
        assert found.availability_zone_id == subnet.availability_zone_id
        assert found.cidr_block == subnet.cidr_block
        assert found.available_ip_address_count == subnet.available_ip_address_count


def test_calls_zones_as_the_file_does(facts: ClusterFacts) -> None:
    zones = ec2_backends[facts.account][facts.region].describe_availability_zones()
    ids = {zone.name: zone.zone_id for zone in zones}
    for subnet in facts.subnets:
        assert ids[subnet.availability_zone] == subnet.availability_zone_id
    assert len(set(ids.values())) == len(ids)
    # Other accounts keep theirs.
    others = ec2_backends[str(uuid.uuid4().int)[:12]][facts.region].describe_availability_zones()
    assert {zone.name: zone.zone_id for zone in others} != ids
    assert {zone.zone_id for zone in others} == set(ids.values())


def test_routes_private_subnets_through_nat_and_public_ones_to_the_internet(facts: ClusterFacts) -> None:
    ec2 = ec2_backends[facts.account][facts.region]
    for subnet in facts.subnets:
        (table,) = ec2.describe_route_tables(filters={"association.subnet-id": [subnet.id]})
        (route,) = [route for route in table.routes if route.destination_cidr_block == "0.0.0.0/0"]
        assert (route.gateway is None) == subnet.private
        assert (route.nat_gateway is not None) == subnet.private


def test_leads_private_subnets_out_of_a_vpc_that_has_no_public_ones() -> None:
    example = read_cluster_facts(EXAMPLE)
    private = tuple(subnet for subnet in example.subnets if subnet.private)
    facts = replace(example, account=str(uuid.uuid4().int)[:12], subnets=private, instance_type_offerings={})
    seed(facts)
    tables = ec2_backends[facts.account][facts.region].describe_route_tables()
    leading = [table for table in tables if any(route.transit_gateway for route in table.routes)]
    assert len(leading) == len(private)


def test_has_the_cluster_of_the_file(facts: ClusterFacts) -> None:
    def call(operation: str, **parameters: str) -> dict[str, dict[str, str]]:
        return eks.call(operation, dict(parameters), facts.account, facts.region)

    cluster = call("DescribeCluster", name=facts.cluster.name)["cluster"]
    assert (cluster["status"], cluster["version"]) == ("ACTIVE", facts.cluster.version)
    assert cluster["endpoint"] == facts.cluster.endpoint
    assert cluster["accessConfig"]["authenticationMode"] == facts.cluster.authentication_mode  # type: ignore[index]
    network = cluster["resourcesVpcConfig"]
    assert network["clusterSecurityGroupId"] == facts.cluster.security_group_id  # type: ignore[index]
    assert network["vpcId"] == facts.vpc.id  # type: ignore[index]
    group = ec2_backends[facts.account][facts.region].get_security_group_from_id(facts.cluster.security_group_id)
    assert group is not None and len(group.egress_rules) == 2
    for name, version in facts.addons.items():
        addon = call("DescribeAddon", clusterName=facts.cluster.name, addonName=name)["addon"]
        assert addon["addonVersion"] == version


def test_offers_instance_types_where_the_file_says(facts: ClusterFacts) -> None:
    for name, zones in facts.instance_type_offerings.items():
        assert zones_offering(name, facts.region) == frozenset(zones)
        assert offerings_are_own(name, facts.region)
    assert not offerings_are_own("trn1.32xlarge", facts.region)


def test_gives_later_resources_ids_of_their_own(facts: ClusterFacts) -> None:
    ec2 = ec2_backends[facts.account][facts.region]
    assert ec2.create_vpc("10.99.0.0/16").id != facts.vpc.id
    assert ec2.create_security_group("more", "more", facts.vpc.id).id != facts.cluster.security_group_id


def test_has_add_ons_that_no_list_here_knows() -> None:
    example = read_cluster_facts(EXAMPLE)
    facts = replace(example, account=str(uuid.uuid4().int)[:12], addons={"aws-guardduty-agent": "v1.10.0-eksbuild.2"})
    offerings = INSTANCE_TYPE_OFFERINGS["availability-zone"]
    before = offerings[example.region]
    try:
        seed(facts)
    finally:
        offerings[example.region] = before
    addon = eks.call(
        "DescribeAddon",
        {"clusterName": facts.cluster.name, "addonName": "aws-guardduty-agent"},
        facts.account,
        facts.region,
    )["addon"]
    assert (addon["status"], addon["addonVersion"]) == ("ACTIVE", "v1.10.0-eksbuild.2")


@pytest.mark.parametrize(
    ("block", "words"),
    [("10.0.0.0/99", "no IPv4 CIDR block"), ("10.0.0.0/8", "The CIDR '10.0.0.0/8' is invalid")],
    ids=["a wrong value", "a VPC that EC2 would not make"],
)
def test_says_in_one_line_what_is_wrong_with_the_file(tmp_path: Path, block: str, words: str) -> None:
    document = json.loads(EXAMPLE.read_text())
    document["vpc"]["cidrBlocks"] = [block]
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(document))
    with pytest.raises(RehearsalError) as refused:
        AccountProcess(cluster_facts=file).start()
    message = str(refused.value)
    assert words in message
    assert "Traceback" not in message and " / " not in message
