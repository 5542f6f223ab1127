"""Do the nodes reach what they need to join the cluster."""

from __future__ import annotations

import pytest

from efa_constructs.cluster.finding import Level
from efa_constructs.cluster.verdict import NodeGroupVerdict, judge_node_group
from efa_constructs.lookups.deployed import WayOut

from ..rehearsal.deployments import cluster, interface, node, node_group

ENDPOINTS = frozenset({"ec2", "ecr.api", "ecr.dkr", "s3"})
SUBNET = "subnet-0123456789abcdef0"
ALONE = node(interfaces=(interface(0, 0, "efa"),))


def way(
    *, internet_gateway: bool = False, default_route: bool = False, services: frozenset[str] = frozenset()
) -> WayOut:
    return WayOut(
        subnet_id=SUBNET, internet_gateway=internet_gateway, default_route=default_route, endpoint_services=services
    )


def judge(way_out: WayOut, *, private_endpoint: bool = True, **changes: object) -> NodeGroupVerdict:
    group = node_group(*changes.pop("nodes", (node("i-0a"), node("i-0b"))), ways_out=(way_out,), **changes)  # type: ignore[misc]
    return judge_node_group(group, cluster(group, private_endpoint=private_endpoint))


@pytest.mark.parametrize(
    ("way_out", "private_endpoint"),
    [
        (way(default_route=True), False),
        (way(internet_gateway=True, default_route=True), False),
        (way(services=ENDPOINTS), True),
        (way(internet_gateway=True, services=ENDPOINTS | {"sts"}), True),
    ],
    ids=["a NAT gateway", "both", "endpoints", "endpoints in a public subnet"],
)
def test_lets_nodes_join(way_out: WayOut, private_endpoint: bool) -> None:
    assert judge(way_out, private_endpoint=private_endpoint).findings == ()


def test_finds_nodes_with_several_interfaces_in_a_public_subnet() -> None:
    verdict = judge(way(internet_gateway=True))
    [finding] = verdict.findings
    assert (finding.code, finding.level) == ("no-way-out", Level.FAULT)
    assert f"subnet {SUBNET} routes to an internet gateway only, and EC2 gives no public address" in finding.problem
    assert "do not reach ec2, ecr.api, ecr.dkr, s3, and EKS would end with NodeCreationFailure" in finding.problem
    assert not verdict.sound
    assert verdict.traffic_passes


def test_lets_a_node_with_one_interface_have_a_public_address() -> None:
    findings = judge(way(internet_gateway=True), nodes=(ALONE, ALONE)).findings
    assert "no-way-out" not in [finding.code for finding in findings]
    isolated = judge(way(), nodes=(ALONE, ALONE)).findings
    assert "no-way-out" in [finding.code for finding in isolated]


def test_names_the_endpoints_that_an_isolated_subnet_lacks() -> None:
    [finding] = judge(way(services=ENDPOINTS - {"ecr.dkr"})).findings
    assert "has no route out of the VPC: nodes do not reach ecr.dkr, and" in finding.problem


def test_finds_an_isolated_subnet_whose_cluster_has_no_private_endpoint() -> None:
    [finding] = judge(way(services=ENDPOINTS), private_endpoint=False).findings
    assert finding.level is Level.FAULT
    assert "do not reach the cluster's API server, whose private endpoint is off, and" in finding.problem


@pytest.mark.parametrize(
    ("internet_gateway", "words"),
    [
        (False, "routes only 10.0.0.0/8 by tgw-0a out of the VPC: nodes do not reach ec2"),
        (True, "routes to an internet gateway and only 10.0.0.0/8 by tgw-0a, and EC2 gives no public address"),
    ],
)
def test_only_warns_where_routes_to_some_addresses_may_lead_to_all_that_nodes_need(
    internet_gateway: bool, words: str
) -> None:
    some = WayOut(
        subnet_id=SUBNET,
        internet_gateway=internet_gateway,
        default_route=False,
        narrower_routes=("10.0.0.0/8 by tgw-0a",),
    )
    [finding] = judge(some).findings
    assert finding.level is Level.WARNING and words in finding.problem


def test_only_warns_where_another_account_may_have_made_the_endpoints() -> None:
    hidden = WayOut(subnet_id=SUBNET, internet_gateway=False, default_route=False, endpoints_known=False)
    [finding] = judge(hidden).findings
    assert finding.level is Level.WARNING


@pytest.mark.parametrize("changes", [{"uses_proxy": True}, {"ami_type": "CUSTOM"}])
def test_only_warns_where_something_else_may_lead_out(changes: dict[str, object]) -> None:
    [finding] = judge(way(), **changes).findings  # type: ignore[arg-type]
    assert finding.level is Level.WARNING
