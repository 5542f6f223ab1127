"""EFA packets between two nodes: every reason why they would not pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from efa_constructs.cluster.fabric import interfaces_in_words, judge_pair, obstacles
from efa_constructs.cluster.finding import Level
from efa_constructs.lookups.deployed import DeployedNode, SecurityGroup

from ..rehearsal.deployments import (
    ANYWHERE,
    CLUSTER,
    CLUSTER_GROUP,
    EFA,
    EFA_GROUP,
    GROUPS,
    OTHER_GROUP,
    P4D_INTERFACES,
    egress,
    group,
    ingress,
    interface,
    node,
)


def groups(*changed: SecurityGroup) -> Mapping[str, SecurityGroup]:
    return {**GROUPS, **{group.id: group for group in changed}}


def test_passes_between_two_nodes_whose_group_lets_all_traffic_in_and_out_by_reference() -> None:
    verdict = judge_pair(node("i-0a"), node("i-0b"), GROUPS)
    assert verdict.passes
    assert verdict.findings == ()


def test_passes_between_two_groups_that_refer_to_each_other() -> None:
    head = node("i-0a", interfaces=(interface(0, 0, "efa", EFA_GROUP),))
    worker = node("i-0b", interfaces=(interface(0, 0, "efa", OTHER_GROUP),))
    facing = groups(
        group(EFA_GROUP, "head", egress(OTHER_GROUP), ingress(OTHER_GROUP)),
        group(OTHER_GROUP, "worker", egress(EFA_GROUP), ingress(EFA_GROUP)),
    )
    assert judge_pair(head, worker, facing).passes


def test_passes_when_one_group_lets_out_and_another_lets_in() -> None:
    split = groups(
        group(CLUSTER_GROUP, "cluster", ingress(EFA_GROUP)),
        group(EFA_GROUP, "efa", egress(CLUSTER_GROUP)),
    )
    assert judge_pair(node("i-0a"), node("i-0b"), split).passes


def without_rules(*rules: object) -> SecurityGroup:
    return replace(EFA, rules=tuple(rule for rule in EFA.rules if rule not in rules))


NO_EFA = (interface(0, 0, "interface"),)


@pytest.mark.parametrize(
    ("code", "first", "second", "security_groups", "problem", "fix"),
    [
        pytest.param(
            "no-egress-rule",
            {},
            {},
            groups(without_rules(egress(EFA_GROUP))),
            "egress for 0.0.0.0/0 does not count, EFA is matched by security group only",
            "add an egress rule to sg-0efa0efa0efa0efa0 'efa': all traffic (protocol -1) to itself",
            id="the self-egress rule is missing",
        ),
        pytest.param(
            "no-ingress-rule",
            {},
            {},
            groups(without_rules(ingress(EFA_GROUP)), replace(CLUSTER, rules=(ANYWHERE,))),
            "the receiver's security groups (sg-0c1c1c1c1c1c1c1c1 'eks-cluster-sg-training-1234', "
            "sg-0efa0efa0efa0efa0 'efa') have no ingress rule",
            "add an ingress rule to sg-0efa0efa0efa0efa0 'efa'",
            id="the self-ingress rule is missing",
        ),
        pytest.param(
            "no-egress-rule",
            {},
            {},
            groups(replace(EFA, rules=(ingress(EFA_GROUP), egress(EFA_GROUP, protocol="tcp")))),
            "a rule for protocol tcp does not count",
            "all traffic (protocol -1)",
            id="the self-egress rule is for TCP",
        ),
        pytest.param(
            "no-ingress-rule",
            {},
            {},
            groups(
                replace(EFA, rules=(egress(EFA_GROUP), ingress(cidr="10.0.0.0/16"))),
                replace(CLUSTER, rules=(ANYWHERE,)),
            ),
            "ingress for 10.0.0.0/16 does not count",
            "add an ingress rule",
            id="ingress by address range",
        ),
        pytest.param(
            "no-egress-rule",
            {"interfaces": (interface(0, 0, "efa", OTHER_GROUP),)},
            {},
            groups(group(OTHER_GROUP, "other", egress(OTHER_GROUP), ingress(OTHER_GROUP))),
            "from i-0a (card 0 device 0) to i-0b (card 0 device 1, cards 1-3 device 0)",
            "add an egress rule to sg-00ther00ther00ther 'other': all traffic (protocol -1) to security group "
            "sg-0efa0efa0efa0efa0 'efa'",
            id="the nodes share no group",
        ),
        pytest.param(
            "no-egress-rule",
            {},
            {"interfaces": (*P4D_INTERFACES[:-1], interface(3, 0, "efa-only", CLUSTER_GROUP))},
            GROUPS,
            "to i-0b (card 3 device 0)",
            "add an egress rule",
            id="one interface lacks the EFA group",
        ),
        pytest.param(
            "no-efa-interface",
            {},
            {"interfaces": NO_EFA},
            GROUPS,
            "i-0b (p4d.24xlarge) has no EFA interface",
            "interfaces of type efa or efa-only",
            id="one node has no EFA interface",
        ),
        pytest.param(
            "other-zone",
            {},
            {"availability_zone": "us-east-1b"},
            GROUPS,
            "EFA does not cross Availability Zones: i-0a is us-east-1a, i-0b is us-east-1b",
            "exactly one subnet",
            id="another zone",
        ),
        pytest.param(
            "other-vpc",
            {},
            {"vpc_id": "vpc-0fedcba9876543210"},
            GROUPS,
            "EFA does not cross VPCs: i-0a is vpc-0123456789abcdef0, i-0b is vpc-0fedcba9876543210",
            "one subnet",
            id="another VPC",
        ),
        pytest.param(
            "other-type",
            {},
            {"instance_type": "p5.48xlarge"},
            GROUPS,
            "i-0a is p4d.24xlarge, i-0b is p5.48xlarge",
            "one instance type",
            id="P4d with another family",
        ),
    ],
)
def test_does_not_pass_and_says_why(
    code: str,
    first: dict[str, object],
    second: dict[str, object],
    security_groups: Mapping[str, SecurityGroup],
    problem: str,
    fix: str,
) -> None:
    verdict = judge_pair(node("i-0a", **first), node("i-0b", **second), security_groups)
    assert not verdict.passes
    finding = next(finding for finding in verdict.findings if finding.code == code)
    assert finding.level is Level.BLOCKS
    assert problem in finding.problem
    assert fix in finding.fix


@pytest.mark.parametrize("family", ["p5.48xlarge", "g6e.48xlarge", "p99.48xlarge", "m5.large"])
def test_lets_other_families_talk_to_each_other(family: str) -> None:
    def of(type: str) -> DeployedNode:
        return node(type, instance_type=type)

    assert judge_pair(of("p5en.48xlarge"), of(family), GROUPS).passes


def test_tells_the_two_directions_apart() -> None:
    head = node("i-0a", interfaces=(interface(0, 0, "efa", EFA_GROUP),))
    worker = node("i-0b", interfaces=(interface(0, 0, "efa", OTHER_GROUP),))
    one_way = groups(
        group(EFA_GROUP, "head", egress(OTHER_GROUP)),
        group(OTHER_GROUP, "worker", ingress(EFA_GROUP)),
    )
    assert obstacles(head, worker, one_way) == ()
    assert {finding.code for finding in obstacles(worker, head, one_way)} == {"no-egress-rule", "no-ingress-rule"}
    assert not judge_pair(head, worker, one_way).passes


def test_names_a_fact_about_both_directions_once() -> None:
    verdict = judge_pair(node("i-0a"), node("i-0b", availability_zone="us-east-1b"), GROUPS)
    assert len(verdict.findings) == 1


def test_advises_to_mend_our_group_and_not_the_one_that_eks_made() -> None:
    closed = groups(replace(EFA, rules=()), replace(CLUSTER, rules=(ingress(CLUSTER_GROUP),)))
    (finding,) = (f for f in obstacles(node("i-0a"), node("i-0b"), closed))
    assert finding.fix.startswith("add an egress rule to sg-0efa0efa0efa0efa0")


def test_reports_a_group_that_nobody_described_by_its_id() -> None:
    findings = obstacles(node("i-0a"), node("i-0b"), {})
    assert {finding.code for finding in findings} == {"no-egress-rule", "no-ingress-rule"}
    assert all(EFA_GROUP in finding.problem for finding in findings)


def test_names_interfaces_in_words_in_runs_of_cards() -> None:
    cards = [interface(card, device, "efa") for card in range(1, 32) for device in (0, 1)]
    assert interfaces_in_words([interface(0, 0, "efa"), *cards]) == "cards 0-31 device 0, cards 1-31 device 1"
    assert interfaces_in_words(P4D_INTERFACES) == "cards 0-3 device 0, card 0 device 1"
