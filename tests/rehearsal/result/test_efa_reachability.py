"""From which nodes EFA packets reach which."""

from __future__ import annotations

from dataclasses import replace

from efa_constructs.rehearsal.result.efa_reachability import efa_reachability

from ..deployments import CLUSTER_GROUP, EFA, EFA_GROUP, GROUPS, cluster, ingress, interface, node, node_group


def test_every_node_reaches_every_other_and_has_no_word_for_itself() -> None:
    matrix = efa_reachability(cluster(node_group(node("i-0a"), node("i-0b"))))
    assert [group.instance_ids for group in matrix.groups] == [("i-0a",), ("i-0b",)]
    assert matrix.reaches == {(0, 0): None, (0, 1): True, (1, 0): True, (1, 1): None}


def test_no_node_reaches_another_without_the_rule_out_to_itself() -> None:
    groups = {EFA_GROUP: replace(EFA, rules=(ingress(EFA_GROUP),))}
    alone = [interface(0, 0, "interface", EFA_GROUP), interface(0, 1, "efa-only", EFA_GROUP)]
    nodes = [node(name, interfaces=tuple(alone)) for name in ("i-0a", "i-0b")]
    matrix = efa_reachability(cluster(node_group(*nodes), security_groups=groups))
    assert [matrix.reaches[0, 1], matrix.reaches[1, 0]] == [False, False]


def test_tells_one_way_from_the_other() -> None:
    """One node's group lets everything of the cluster's in; the other's lets nothing in."""
    one_way = {**GROUPS, EFA_GROUP: replace(EFA, rules=EFA.rules[1:])}
    sender = node("i-0a", interfaces=(interface(0, 1, "efa-only", EFA_GROUP),))
    receiver = node("i-0b", interfaces=(interface(0, 1, "efa-only", CLUSTER_GROUP, EFA_GROUP),))
    allowed = {
        **one_way,
        CLUSTER_GROUP: replace(GROUPS[CLUSTER_GROUP], rules=(ingress(EFA_GROUP), *GROUPS[CLUSTER_GROUP].rules)),
    }
    matrix = efa_reachability(cluster(node_group(sender, receiver), security_groups=allowed))
    assert (matrix.reaches[0, 1], matrix.reaches[1, 0]) == (True, False)


def test_equal_nodes_of_a_large_group_are_one_row() -> None:
    nodes = [node(f"i-{number:04d}") for number in range(200)]
    odd = replace(nodes[7], availability_zone="us-east-1b")
    matrix = efa_reachability(cluster(node_group(*nodes[:7], odd, *nodes[8:])))
    assert [len(group.instance_ids) for group in matrix.groups] == [199, 1]
    assert matrix.reaches == {(0, 0): True, (0, 1): False, (1, 0): False, (1, 1): None}
