"""Where the limits of rules are: the values just within and just beyond them."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.rules import networks, node_groups, security_groups

from ..cases.interfaces import layout
from ..cases.node_groups import labels, taints
from ..cases.security_groups import ingress
from ..manifests import Manifests, broken_rules_of_manifests
from ..templates import Change, all_of, interface, put, review_of, whole
from .test_manifests import claim

# Nodes with one interface in a public subnet.
ONE_INTERFACE = all_of(
    whole,
    put("NodeGroup.Subnets", [{"Ref": "PublicSubnet"}]),
    layout("c5n.18xlarge", [(0, 0, "efa")]),
    put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"),
)
TAINT = {"Key": "team", "Value": "vision", "Effect": "NO_SCHEDULE"}


def told(change: Change) -> list[tuple[str, str, str]]:
    """Of each finding the rule, the property, and what it says."""
    return [(finding.rule.id, finding.violation.path, finding.problem) for finding in review_of(change).findings]


def broken(change: Change) -> set[str]:
    return {rule for rule, _, _ in told(change)}


@pytest.mark.parametrize(
    ("rule", "is_ssh"),
    [
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}, True),
        ({"IpProtocol": "tcp", "FromPort": "0", "ToPort": "22"}, True),
        ({"IpProtocol": "6", "FromPort": 22, "ToPort": 65535}, True),
        ({"IpProtocol": "TCP", "FromPort": 0, "ToPort": 21}, False),
        ({"IpProtocol": "tcp", "FromPort": 23, "ToPort": 65535}, False),
        ({"IpProtocol": "udp", "FromPort": 22, "ToPort": 22}, False),
        ({"IpProtocol": -1}, True),
        # Only the deployment knows.
        ({"IpProtocol": "tcp", "FromPort": {"Ref": "Subnet"}, "ToPort": 22}, None),
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": {"Ref": "Subnet"}}, None),
        # Nobody logs in by it.
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, None),
    ],
    ids=str,
)
def test_ssh_is_tcp_to_port_22(rule: dict[str, Any], is_ssh: bool | None) -> None:
    found = broken(ingress(**rule, CidrIp="0.0.0.0/0"))
    assert (security_groups.SSH_OPEN_TO_THE_WORLD.id in found) is (is_ssh is True)
    assert (security_groups.OPEN_TO_THE_WORLD.id in found) is (is_ssh is False)


@pytest.mark.parametrize(("ports", "traffic"), [((8888, 8888), "tcp 8888"), ((8000, 8999), "tcp 8000 to 8999")])
def test_says_what_may_come_in(ports: tuple[int, int], traffic: str) -> None:
    [(_, _, problem)] = told(ingress(IpProtocol="tcp", FromPort=ports[0], ToPort=ports[1], CidrIp="0.0.0.0/0"))
    assert problem == f"SecurityGroup lets {traffic} in from 0.0.0.0/0"


@pytest.mark.parametrize("key", ["team/a/b", "-team", "team-", "a" * 64])
def test_an_ill_formed_key_of_a_taint_is_found_as_one_of_a_label(key: str) -> None:
    for path, change in (("Taints", taints({**TAINT, "Key": key})), ("Labels", labels(**{key: "x"}))):
        [(rule, where, problem)] = told(change)
        assert (rule, where) == (node_groups.ILL_FORMED_NODE_KEY.id, path)
        assert problem == f"{path} has the key '{key}', which is none"


@pytest.mark.parametrize("value", ["a team", "-vision", "x" * 64])
def test_an_ill_formed_value_of_a_taint_is_found_as_one_of_a_label(value: str) -> None:
    for path, change in (("Taints", taints({**TAINT, "Value": value})), ("Labels", labels(team=value))):
        problem = f"{path} has the value '{value}' for 'team', which EKS does not take"
        assert (node_groups.ILL_FORMED_LABEL_VALUE.id, path, problem) in told(change)


def test_a_taint_needs_no_value_and_a_known_one_alone_is_judged() -> None:
    for taint in ({"Key": "team", "Effect": "NO_SCHEDULE"}, {**TAINT, "Value": {"Ref": "Subnet"}}):
        assert told(taints(taint)) == []


def test_taints_of_two_keys_or_effects_are_two() -> None:
    assert told(taints(TAINT, {**TAINT, "Key": "other"}, {**TAINT, "Effect": "NO_EXECUTE"})) == []
    assert told(taints(TAINT, {**TAINT, "Value": "other"})) == [
        (node_groups.SAME_TAINT.id, "Taints", "Taints has 'team' twice with the same effect")
    ]


def test_an_interface_that_asks_for_a_public_address_gets_one() -> None:
    rule = networks.NO_PUBLIC_ADDRESS.id
    for asks, is_broken in ((True, False), ("true", False), (False, True), ({"Ref": "Subnet"}, False)):
        change = all_of(ONE_INTERFACE, interface(0, AssociatePublicIpAddress=asks))
        assert (rule in broken(change)) is is_broken, asks
    for maps, is_broken in ((True, False), (False, True), ({"Ref": "Subnet"}, False)):
        change = all_of(ONE_INTERFACE, put("PublicSubnet.MapPublicIpOnLaunch", maps))
        assert (rule in broken(change)) is is_broken, maps


def test_nodes_are_let_in_where_the_control_plane_has_their_group_as_well() -> None:
    own = {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}
    alone = all_of(whole, interface(0, Groups=[own]))
    rule = security_groups.CLUSTER_GROUP_MISSING_ON_PRIMARY.id
    assert rule in broken(alone)
    for beside, is_broken in ((own, False), ("sg-0123456789abcdef0", True)):
        change = all_of(alone, put("Cluster.ResourcesVpcConfig.SecurityGroupIds", [beside]))
        assert (rule in broken(change)) is is_broken


@pytest.mark.parametrize(
    "request_",
    [
        {"deviceClassName": "gpu.nvidia.com"},
        {"exactly": {"deviceClassName": "gpu.nvidia.com"}},
        {"firstAvailable": [{"deviceClassName": "other"}, {"deviceClassName": "gpu.nvidia.com"}]},
    ],
    ids=lambda request: next(iter(request)),
)
def test_a_claim_asks_for_a_class_in_each_form_that_kubernetes_knows(request_: dict[str, Any]) -> None:
    def change(manifests: Manifests) -> None:
        claim(manifests, "nothing")
        manifests.objects[-1]["spec"]["spec"]["devices"]["requests"] = [{"name": "a", **request_}]

    assert broken_rules_of_manifests(change) == {"EFA-JOB-008"}
