"""The verdict about a node group."""

from __future__ import annotations

from dataclasses import replace

import pytest

from efa_constructs.catalogue.tags import STACK_TAG, TRAFFIC_TAG
from efa_constructs.cluster.finding import Level
from efa_constructs.cluster.verdict import NodeGroupVerdict, judge_node_group
from efa_constructs.lookups.deployed import (
    DeployedCluster,
    DeployedNode,
    DeployedNodeGroup,
    PlacementGroup,
    SecurityGroup,
)
from efa_constructs.lookups.health_issues import HealthIssue

from ..rehearsal.deployments import (
    ANYWHERE,
    CLUSTER,
    CLUSTER_GROUP,
    EFA,
    EFA_GROUP,
    GROUPS,
    P4D_INTERFACES,
    cluster,
    egress,
    ingress,
    interface,
    node,
    node_group,
)

TWO = (node("i-0a"), node("i-0b"))


def judge(group: DeployedNodeGroup, **changes: object) -> NodeGroupVerdict:
    return judge_node_group(group, cluster(group, **changes))


def codes(verdict: NodeGroupVerdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def test_finds_nothing_wrong_with_two_whole_nodes() -> None:
    verdict = judge(node_group(*TWO))
    assert verdict.findings == ()
    assert verdict.sound
    assert verdict.traffic_passes
    assert not verdict.imagined
    assert verdict.pairs_judged == 1


@pytest.mark.parametrize("nodes", [(), (node("i-0a"),)], ids=["no node", "one node"])
def test_judges_two_nodes_of_the_launch_template_where_fewer_exist(nodes: tuple[()]) -> None:
    verdict = judge(node_group(*nodes))
    assert verdict.sound
    assert verdict.imagined
    assert verdict.pairs_judged == 1


def test_sees_that_a_second_node_of_a_changed_launch_template_would_not_be_reached() -> None:
    changed = node(interfaces=tuple(replace(one, security_group_ids=(CLUSTER_GROUP,)) for one in P4D_INTERFACES))
    verdict = judge(node_group(node("i-0a"), template_node=changed))
    assert not verdict.traffic_passes
    assert "a second node" in verdict.findings[0].problem


def test_judges_every_pair_of_three_nodes_and_says_each_thing_once() -> None:
    far = node("i-0c", availability_zone="us-east-1b")
    verdict = judge(node_group(*TWO, far))
    assert verdict.pairs_judged == 3
    assert codes(verdict) == ["other-zone"]
    assert not verdict.traffic_passes


def test_judges_hundreds_of_equal_nodes() -> None:
    nodes = tuple(node(f"i-{number:04}") for number in range(300))
    verdict = judge(node_group(*nodes))
    assert verdict.pairs_judged == 44850
    assert verdict.sound


def closed() -> dict[str, object]:
    return {"security_groups": {**GROUPS, EFA_GROUP: replace(EFA, rules=(ingress(EFA_GROUP),))}}


def test_says_once_that_the_rule_out_to_itself_is_missing_though_both_directions_show_it() -> None:
    verdict = judge(node_group(*TWO), **closed())
    assert codes(verdict) == ["no-egress-rule"]
    assert not verdict.sound


OPEN_CLUSTER = replace(CLUSTER, rules=(*CLUSTER.rules, egress(CLUSTER_GROUP)))


STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/EfaNodes/1"
# As an EfaSecurityGroup of the node group's stack.
OWN = replace(EFA, tags={TRAFFIC_TAG: "efa", STACK_TAG: STACK})
PLAIN = replace(EFA, name="nodes", tags={STACK_TAG: STACK})
CLUSTER_GROUP_ONLY = tuple(replace(one, security_group_ids=(CLUSTER_GROUP,)) for one in P4D_INTERFACES)


def of_stack(*nodes: DeployedNode) -> DeployedNodeGroup:
    return node_group(*nodes, stack_id=STACK)


def test_finds_fault_with_half_a_rule_though_the_group_that_eks_made_would_do() -> None:
    groups = {CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: replace(OWN, rules=(ingress(EFA_GROUP),))}
    verdict = judge(of_stack(*TWO), security_groups=groups)
    assert verdict.traffic_passes
    assert codes(verdict) == ["half-a-rule"]
    assert not verdict.sound


def test_finds_fault_with_a_group_for_efa_that_has_no_rule_though_the_group_that_eks_made_would_do() -> None:
    groups = {CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: replace(OWN, rules=(ANYWHERE,))}
    verdict = judge(of_stack(*TWO), security_groups=groups)
    assert codes(verdict) == ["no-rule-to-itself"]
    assert not verdict.sound


def test_warns_where_no_group_but_the_clusters_lets_efa_pass() -> None:
    groups = {CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: replace(PLAIN, rules=(ANYWHERE,))}
    verdict = judge(of_stack(*TWO), security_groups=groups)
    assert [(finding.code, finding.level) for finding in verdict.findings] == [("only-cluster-group", Level.WARNING)]
    assert verdict.sound


def test_warns_of_a_plain_group_of_the_nodes_that_has_half_a_rule() -> None:
    groups = {CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: replace(PLAIN, rules=(ingress(EFA_GROUP), ANYWHERE))}
    verdict = judge(of_stack(*TWO), security_groups=groups)
    (finding,) = verdict.findings
    assert (finding.code, finding.level) == ("half-a-rule", Level.WARNING)
    assert f"EFA passes by the cluster's group {CLUSTER_GROUP}; {EFA_GROUP} 'nodes' would not carry it alone" in (
        finding.problem
    )
    assert verdict.sound


def test_accepts_a_group_with_half_a_rule_beside_one_that_has_both() -> None:
    other = replace(EFA, id="sg-0another", name="nodes", rules=(ingress("sg-0another"),))
    interfaces = tuple(replace(one, security_group_ids=(*one.security_group_ids, other.id)) for one in P4D_INTERFACES)
    nodes = [node(name, interfaces=interfaces) for name in ("i-0a", "i-0b")]
    assert judge(node_group(*nodes), security_groups={**GROUPS, other.id: other}).sound


def test_accepts_nodes_that_carry_only_the_group_that_eks_made_when_it_lets_efa_through() -> None:
    interfaces = tuple(replace(one, security_group_ids=(CLUSTER_GROUP,)) for one in P4D_INTERFACES)
    nodes = [node(name, interfaces=interfaces) for name in ("i-0a", "i-0b")]
    assert judge(node_group(*nodes), security_groups={CLUSTER_GROUP: OPEN_CLUSTER}).sound


def test_finds_fault_with_a_group_for_efa_that_no_interface_carries() -> None:
    nodes = [node(name, interfaces=CLUSTER_GROUP_ONLY) for name in ("i-0a", "i-0b")]
    verdict = judge(of_stack(*nodes), security_groups={CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: OWN})
    assert codes(verdict) == ["group-not-carried"]
    assert not verdict.sound


BESIDE_ONE = (*P4D_INTERFACES[:-1], interface(3, 0, "efa-only", CLUSTER_GROUP))


@pytest.mark.parametrize(("group", "level"), [(OWN, Level.FAULT), (PLAIN, Level.WARNING)], ids=["tagged", "plain"])
def test_finds_an_efa_interface_without_the_group_that_the_others_carry(group: SecurityGroup, level: Level) -> None:
    nodes = [node(name, interfaces=BESIDE_ONE) for name in ("i-0a", "i-0b")]
    verdict = judge(of_stack(*nodes), security_groups={CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: group})
    (finding,) = verdict.findings
    assert (finding.code, finding.level) == ("interface-without-efa-group", level)
    assert f"EFA interfaces of i-0a (card 3 device 0) lack {EFA_GROUP}" in finding.problem
    assert verdict.traffic_passes
    assert verdict.sound is (level is Level.WARNING)


def test_says_only_that_it_does_not_pass_where_the_clusters_group_does_not_let_it() -> None:
    nodes = [node(name, interfaces=BESIDE_ONE) for name in ("i-0a", "i-0b")]
    verdict = judge(of_stack(*nodes))
    assert set(codes(verdict)) == {"no-egress-rule"}


def test_finds_no_fault_with_an_interface_for_ip_that_lacks_the_efa_group() -> None:
    interfaces = (interface(0, 0, "interface", CLUSTER_GROUP), *P4D_INTERFACES[1:])
    nodes = [node(name, interfaces=interfaces) for name in ("i-0a", "i-0b")]
    assert judge(of_stack(*nodes), security_groups={CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: OWN}).findings == ()


@pytest.mark.parametrize(
    ("other", "warned"),
    [
        pytest.param(replace(OWN, rules=(*OWN.rules, ingress("sg-0fsx"))), True, id="of a file system"),
        pytest.param(PLAIN, True, id="without the tag"),
        pytest.param(replace(OWN, tags={TRAFFIC_TAG: "efa", STACK_TAG: "another"}), False, id="of another stack"),
        pytest.param(EFA, False, id="of nobody"),
    ],
)
def test_finds_no_fault_with_a_group_that_serves_something_else(other: SecurityGroup, warned: bool) -> None:
    nodes = [node(name, interfaces=CLUSTER_GROUP_ONLY) for name in ("i-0a", "i-0b")]
    verdict = judge(of_stack(*nodes), security_groups={CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: other})
    assert verdict.sound
    assert [(finding.code, finding.level) for finding in verdict.findings] == (
        [("group-not-carried" if warned else "only-cluster-group", Level.WARNING)]
    )


def test_finds_no_fault_with_the_group_of_a_file_system_beside_that_of_the_nodes() -> None:
    half = replace(OWN, rules=(ingress(EFA_GROUP),))
    files = replace(OWN, id="sg-0fsx", rules=(ingress("sg-0fsx"), egress("sg-0fsx")))
    groups = {CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: half, files.id: files}
    verdict = judge(of_stack(*TWO), security_groups=groups)
    assert [(finding.code, finding.level) for finding in verdict.findings] == [
        ("half-a-rule", Level.FAULT),
        ("group-not-carried", Level.WARNING),
    ]


def test_accepts_that_the_group_of_another_node_group_is_not_carried_by_this_one() -> None:
    interfaces = tuple(replace(one, security_group_ids=(CLUSTER_GROUP,)) for one in P4D_INTERFACES)
    plain = node_group(*(node(name, interfaces=interfaces) for name in ("i-0a", "i-0b")), name="plain")
    both_groups = cluster(plain, node_group(*TWO), security_groups={CLUSTER_GROUP: OPEN_CLUSTER, EFA_GROUP: EFA})
    assert judge_node_group(plain, both_groups).sound


def both(**changes: object) -> tuple[object, ...]:
    return (node("i-0a", **changes), node("i-0b", **changes))


@pytest.mark.parametrize(
    ("code", "level", "nodes", "changes", "words"),
    [
        pytest.param(
            "too-few-efa-interfaces",
            Level.FAULT,
            both(interfaces=P4D_INTERFACES[:-1]),
            {},
            "has 3 EFA interfaces (card 0 device 1, cards 1-2 device 0), a p4d.24xlarge can have 4",
            id="an interface is missing",
        ),
        pytest.param(
            "primary-without-cluster-group",
            Level.FAULT,
            both(interfaces=(interface(0, 0, "interface", EFA_GROUP), *P4D_INTERFACES[1:])),
            {},
            "the node and the control plane would not reach each other",
            id="the primary interface lacks the cluster's group",
        ),
        pytest.param(
            "interface-without-cluster-group",
            Level.WARNING,
            both(interfaces=(*P4D_INTERFACES[:-1], interface(3, 0, "efa-only", EFA_GROUP))),
            {},
            "card 3 device 0",
            id="another interface lacks the cluster's group",
        ),
        pytest.param(
            "several-zones",
            Level.FAULT,
            TWO,
            {"availability_zones": ("us-east-1a", "us-east-1b")},
            "us-east-1a, us-east-1b",
            id="subnets in two zones",
        ),
        pytest.param(
            "no-placement-group",
            Level.WARNING,
            TWO,
            {"placement_group": None},
            "far from each other",
            id="no placement group",
        ),
        pytest.param(
            "placement-group-spreads",
            Level.WARNING,
            TWO,
            {"placement_group": PlacementGroup(name="apart", strategy="spread")},
            "'apart' is spread",
            id="a placement group that spreads",
        ),
        pytest.param(
            "node-group-unhealthy",
            Level.FAULT,
            TWO,
            {
                "status": "DEGRADED",
                "health_issues": (HealthIssue(code="Ec2LaunchTemplateNotFound", message="gone"),),
            },
            'is gone: EKS says Ec2LaunchTemplateNotFound, "gone"',
            id="a node group with a health issue",
        ),
        pytest.param(
            "node-group-not-active",
            Level.FAULT,
            TWO,
            {"status": "CREATE_FAILED"},
            "its status is CREATE_FAILED",
            id="a node group that is not active",
        ),
        pytest.param(
            "ami-type-misfit",
            Level.FAULT,
            TWO,
            {"ami_type": "AL2023_x86_64_STANDARD"},
            "AL2023_x86_64_STANDARD has no accelerator driver, and p4d.24xlarge needs the NVIDIA driver",
            id="an AMI without the driver",
        ),
        pytest.param(
            "ami-type-misfit",
            Level.FAULT,
            TWO,
            {"ami_type": "AL2_x86_64"},
            "AL2_x86_64 has no accelerator driver",
            id="an old AMI without the driver",
        ),
        pytest.param(
            "ami-type-misfit",
            Level.WARNING,
            TWO,
            {"ami_type": "AL2_x86_64_GPU"},
            "AWS stopped publishing",
            id="an old AMI with the driver",
        ),
        pytest.param(
            "label-missing",
            Level.WARNING,
            TWO,
            {"labels": {"nvidia.com/gpu.present": "true"}},
            "does not set the labels vpc.amazonaws.com/efa.present=true, by which",
            id="a label is missing",
        ),
        pytest.param("nodes-missing", Level.FAULT, TWO, {"desired_size": 3}, "3 nodes are wanted, 2 exist", id="nodes"),
    ],
)
def test_finds(code: str, level: Level, nodes: tuple[()], changes: dict[str, object], words: str) -> None:
    verdict = judge(node_group(*nodes, **changes))
    (finding,) = (finding for finding in verdict.findings if finding.code == code)
    assert finding.level is level
    assert words in finding.problem
    assert verdict.traffic_passes
    assert verdict.sound is (level is Level.WARNING)


def test_wants_no_placement_group_where_capacity_is_reserved() -> None:
    verdict = judge(node_group(*TWO, placement_group=None, capacity_reservation="cr-0123456789abcdef0"))
    assert verdict.sound


def test_does_not_judge_a_group_without_efa() -> None:
    plain = [node(name, instance_type="m7i.large", interfaces=(interface(0, 0, "interface"),)) for name in "ab"]
    verdict = judge(node_group(*plain, placement_group=None))
    assert not verdict.has_efa
    assert not verdict.traffic_passes
    assert not verdict.sound
    assert verdict.findings == ()


def test_cannot_tell_what_an_ami_of_ones_own_contains() -> None:
    assert judge(node_group(*TWO, ami_type="CUSTOM")).findings == ()


def test_does_not_know_how_many_interfaces_an_unknown_type_has() -> None:
    nodes = [node(name, instance_type="p99.metal") for name in ("i-0a", "i-0b")]
    assert judge(node_group(*nodes)).sound


def test_judges_every_cluster_by_its_own_group() -> None:
    group = node_group(*TWO)
    elsewhere: DeployedCluster = cluster(group, security_group_id="sg-0elsewhere0000000")
    assert "primary-without-cluster-group" in codes(judge_node_group(group, elsewhere))


def test_each_health_issue_is_told_also_where_two_have_the_same_fix() -> None:
    issues = (
        HealthIssue(code="Ec2SubnetNotFound", message="no subnet-1", resource_ids=("subnet-1",)),
        HealthIssue(code="AutoScalingGroupNotFound", message="no asg-1"),
    )
    findings = judge(node_group(*TWO, status="DEGRADED", health_issues=issues)).findings
    assert [finding.problem for finding in findings if finding.code == "node-group-unhealthy"] == [
        'a subnet of the node group is gone: EKS says Ec2SubnetNotFound, "no subnet-1" (of subnet-1)',
        'somebody deleted the node group\'s Auto Scaling group: EKS says AutoScalingGroupNotFound, "no asg-1"',
    ]
