"""What follows from what was looked up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import cluster_facts_text
from efa_constructs.lookups.node_subnets import NodesWanted

from .looked_up import eks_cluster, judged_subnet, looked_up

BOTH = (judged_subnet(0, "us-east-1a"), judged_subnet(1, "us-east-1b"))


def test_makes_facts_of_a_sound_cluster() -> None:
    found = looked_up()
    facts = found.facts()
    assert (found.problems, found.warnings) == ((), ())
    assert facts is not None
    assert (facts.account, facts.node_subnet_id) == ("123456789012", "subnet-00000000")
    assert facts.instance_type_offerings == {"p4d.24xlarge": ("us-east-1a",)}
    assert json.loads(cluster_facts_text(facts))["subnets"][0]["private"] is True


def test_leaves_out_of_the_file_what_is_not_known_or_has_no_place_there() -> None:
    only_ipv6 = judged_subnet(1, cidr_block=None, against=("it has no IPv4 addresses",))
    found = looked_up(addons=None, offering_zones=None, subnets=(judged_subnet(), only_ipv6))
    document = json.loads(cluster_facts_text(found.facts()))  # type: ignore[arg-type]
    assert (document["addons"], document["instanceTypeOfferings"]) == ({}, {})
    assert [subnet["id"] for subnet in document["subnets"]] == ["subnet-00000000"]
    assert "oidcIssuer" not in document["cluster"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"subnets": BOTH},
            "2 subnets could take the nodes, and all nodes go to one, for EFA traffic does not cross zones: choose "
            "with --zone, one of us-east-1a, us-east-1b",
        ),
        (
            {"subnets": (*BOTH, judged_subnet(2, "us-east-1b"))},
            "choose with --subnet, one of subnet-00000000, subnet-00000001, subnet-00000002",
        ),
        ({"subnets": ()}, "no subnet of vpc-0a1a2a3a is known to take 3 nodes of p4d.24xlarge"),
        ({"subnets": (judged_subnet(doubts=("who knows",)),)}, "no subnet of vpc-0a1a2a3a is known to take 3 nodes"),
        ({"subnets": None}, "the VPC vpc-0a1a2a3a of the cluster could not be read: the app needs it"),
        ({"cidr_blocks": None}, "the VPC vpc-0a1a2a3a of the cluster could not be read"),
        ({"cluster": eks_cluster(status="CREATING", endpoint=None)}, "cluster training is CREATING: look it up again"),
        ({"cluster": eks_cluster(status="DELETING")}, "cluster training is DELETING"),
        (
            {"cluster": eks_cluster(vpc_id=None), "subnets": None},
            "EKS shows no endpoint, certificate or VPC of cluster",
        ),
    ],
)
def test_says_why_there_is_no_file(changes: dict[str, Any], problem: str) -> None:
    found = looked_up(**changes)
    assert len(found.problems) == 1
    assert problem in found.problems[0]
    assert found.facts() is None


def test_takes_a_doubtful_subnet_only_if_it_was_asked_for() -> None:
    wanted = NodesWanted(instance_type="p4d.24xlarge", nodes=3, subnet_id="subnet-00000000")
    subnets = (
        judged_subnet(0, way_out=None, doubts=("whether it is private is not known",)),
        judged_subnet(1, against=("subnet-00000000 was asked for",)),
    )
    facts = looked_up(wanted=wanted, subnets=subnets).facts()
    assert facts is not None
    assert (facts.node_subnet_id, facts.subnets[0].private) == ("subnet-00000000", None)
    refused = looked_up(wanted=wanted, subnets=(judged_subnet(0, against=("it is public",)),))
    assert refused.problems == ("subnet-00000000 cannot take 3 nodes of p4d.24xlarge",)


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"cluster": eks_cluster(authentication_mode="CONFIG_MAP")}, "change it to API_AND_CONFIG_MAP"),
        ({"addons": {"vpc-cni": "v1.18.3-eksbuild.1"}}, "is v1.18.3-eksbuild.1, but efa-only interfaces need 1.18.5"),
        (
            {"addons": {}},
            "only Kubernetes knows: see that 'kubectl -n kube-system describe daemonset aws-node' shows 1.",
        ),
    ],
)
def test_says_what_the_app_will_say(changes: dict[str, Any], warning: str) -> None:
    found = looked_up(**changes)
    assert len(found.warnings) == 1
    assert warning in found.warnings[0]
    assert found.facts() is not None
    assert looked_up(addons=None).warnings == ()


def test_does_not_write_what_the_app_would_not_read() -> None:
    elsewhere = eks_cluster(endpoint="https://a.gr7.eu-west-1.eks.amazonaws.com")
    with pytest.raises(InvalidConfigurationError, match="which is in eu-west-1"):
        cluster_facts_text(looked_up(cluster=elsewhere).facts())  # type: ignore[arg-type]
