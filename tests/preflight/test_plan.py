"""What is asked for is checked before AWS is asked anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from efa_constructs.errors import EfaConstructsError
from efa_constructs.lookups.cluster_facts import read_cluster_facts
from efa_constructs.preflight.plan import Capacity, Plan

from .emulated import EXAMPLE, SUBNET

FACTS = read_cluster_facts(EXAMPLE)


def make(**changes: Any) -> Plan:
    return Plan.make(**{"region": "us-east-1", "instance_type": "p4d.24xlarge", "nodes": 3} | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"instance_type": "p4e.24xlarge"},
            "instance type 'p4e.24xlarge' is of a family that the catalogue of",
        ),
        ({"instance_type": "t3.medium"}, "instance type 't3.medium' has no EFA"),
        ({"nodes": 0}, "'nodes' must be at least 1, got 0"),
        ({"zone": "us-west-2a"}, "'zone' is 'us-west-2a', which is not in 'region' us-east-1"),
        ({"zone": "use1-az1"}, "the id of an Availability Zone"),
        ({"subnet_id": "10.0.0.0/24", "cluster_name": "training"}, "'subnet_id' is '10.0.0.0/24', use an id such as"),
        ({"subnet_id": SUBNET}, "no cluster is given, and a new one gets a network of its own"),
        ({"capacity": "cheap"}, "'capacity' must be one of on-demand, spot, capacity-block, got 'cheap'"),
        ({"capacity": "capacity-block"}, "'capacity_reservation_id' is not given"),
        ({"capacity": "spot", "capacity_reservation_id": "cr-0123456789abcdef0"}, "Spot Instances take no reserved"),
        ({"capacity_reservation_id": "p4d"}, "'capacity_reservation_id' is 'p4d', use an id such as cr-"),
        ({"ami_type": "AL2_x86_64_GPU"}, "'ami_type' is AL2_x86_64_GPU, of which AWS has published no AMI"),
        ({"interface_layout": "wide"}, "'interface_layout' must be one of"),
        ({"cluster_name": "other", "facts": FACTS}, "the cluster facts file describes 'training'"),
        ({"region": "us-west-2", "facts": FACTS}, "describes a cluster in us-east-1"),
    ],
)
def test_refuses_what_cannot_be(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EfaConstructsError) as error:
        make(**changes)
    assert sentence in str(error.value)
    assert not str(error.value).endswith(".")


def test_a_new_cluster_gets_the_version_and_the_zone_that_the_app_takes() -> None:
    plan = make()
    assert (plan.kubernetes_version, plan.zone, plan.zone_was_named) == ("1.36", "us-east-1a", False)
    assert plan.capacity is Capacity.ON_DEMAND
    named = make(zone="us-east-1d", kubernetes_version="1.35")
    assert (named.kubernetes_version, named.zone, named.zone_was_named) == ("1.35", "us-east-1d", True)


def test_a_facts_file_names_the_cluster_and_proposes_the_subnet() -> None:
    plan = make(facts=FACTS)
    assert (plan.cluster_name, plan.subnet_id, plan.zone) == ("training", SUBNET, None)
    assert make(facts=FACTS, subnet_id="subnet-0b1b2b3b4b5b6b7b8").subnet_id == "subnet-0b1b2b3b4b5b6b7b8"


def test_the_proposal_of_a_facts_file_gives_way_to_a_zone_that_is_named() -> None:
    assert make(facts=FACTS, zone="us-east-1a").subnet_id == "subnet-0b1b2b3b4b5b6b7b8"
    assert make(facts=FACTS, zone="us-east-1b").subnet_id == SUBNET
    assert make(facts=replace(FACTS, node_subnet_id=None)).subnet_id is None
