"""What must move between nodes, held against exchanges that are played through."""

from __future__ import annotations

import itertools

import pytest

from efa_constructs.verify.network_traffic import network_traffic

COLLECTIVES = (
    "all_reduce",
    "all_gather",
    "reduce_scatter",
    "broadcast",
    "reduce",
    "gather",
    "scatter",
    "alltoall",
    "sendrecv",
    "hypercube",
)


def ring(collective: str, nodes: int) -> float:
    """What each node sends in NCCL's ring, one rank a node, in sizes of the message."""
    steps = {"all_reduce": 2 * (nodes - 1), "all_gather": nodes - 1, "reduce_scatter": nodes - 1}[collective]
    return steps / nodes


@pytest.mark.parametrize("collective", ["all_reduce", "all_gather", "reduce_scatter"])
@pytest.mark.parametrize("nodes", [2, 3, 8])
def test_the_ring_moves_no_more_than_it_must(collective: str, nodes: int) -> None:
    traffic = network_traffic(collective, nodes, nodes)
    assert traffic is not None
    assert traffic.busiest_node == pytest.approx(ring(collective, nodes))
    assert traffic.total == pytest.approx(nodes * ring(collective, nodes))
    assert traffic.sent_by_each_node <= ring(collective, nodes) + 1e-9


@pytest.mark.parametrize(("nodes", "ranks"), [(2, 16), (4, 8), (3, 24)])
def test_alltoall_moves_what_every_pair_of_ranks_on_two_nodes_exchanges(nodes: int, ranks: int) -> None:
    a_node = ranks // nodes
    pairs = [
        (one, other) for one, other in itertools.product(range(ranks), repeat=2) if one // a_node != other // a_node
    ]
    traffic = network_traffic("alltoall", nodes, ranks)
    assert traffic is not None
    assert traffic.total == pytest.approx(len(pairs) / ranks)
    assert traffic.sent_by_each_node == pytest.approx(sum(one // a_node == 0 for one, _ in pairs) / ranks)


@pytest.mark.parametrize(("nodes", "ranks"), [(2, 16), (5, 10)])
def test_a_ring_of_sends_leaves_every_node_once(nodes: int, ranks: int) -> None:
    a_node = ranks // nodes
    leaving = [rank for rank in range(ranks) if rank // a_node != (rank + 1) % ranks // a_node]
    traffic = network_traffic("sendrecv", nodes, ranks)
    assert traffic is not None and traffic.total == len(leaving) == nodes


def test_a_tree_of_two_nodes_may_send_a_message_and_get_one_back() -> None:
    traffic = network_traffic("all_reduce", 2, 16)
    assert traffic is not None
    assert (traffic.total, traffic.busiest_node, traffic.sent_by_each_node) == (2, 1, 1)


@pytest.mark.parametrize("collective", COLLECTIVES)
@pytest.mark.parametrize(("nodes", "ranks"), [(2, 2), (2, 16), (7, 56), (32, 256)])
def test_nodes_together_send_at_least_what_each_of_them_must(collective: str, nodes: int, ranks: int) -> None:
    traffic = network_traffic(collective, nodes, ranks)
    assert traffic is not None
    assert traffic.total >= nodes * traffic.sent_by_each_node - 1e-9
    assert traffic.total >= nodes * traffic.received_by_each_node - 1e-9
    assert traffic.busiest_node >= max(traffic.sent_by_each_node, traffic.received_by_each_node) - 1e-9
    assert nodes * traffic.busiest_node >= traffic.total - 1e-9


@pytest.mark.parametrize(
    ("collective", "sent", "received"),
    [
        # Every node has a sum to give and a sum to get.
        ("all_reduce", 1, 1),
        # A node has a quarter of all, which some other node must get from it, and lacks three.
        ("all_gather", 1 / 4, 3 / 4),
        ("hypercube", 1 / 4, 3 / 4),
        # It has numbers for three quarters that other nodes keep, and keeps one.
        ("reduce_scatter", 3 / 4, 1 / 4),
        # The node of the root only sends, or only receives.
        ("broadcast", 0, 0),
        ("reduce", 0, 0),
        ("gather", 0, 0),
        ("scatter", 0, 0),
        ("alltoall", 3 / 2, 3 / 2),
        ("sendrecv", 1, 1),
    ],
)
def test_each_of_four_nodes_with_two_ranks_moves_what_is_not_its_own(
    collective: str, sent: float, received: float
) -> None:
    traffic = network_traffic(collective, 4, 8)
    assert traffic is not None
    assert (traffic.sent_by_each_node, traffic.received_by_each_node) == (sent, received)


@pytest.mark.parametrize(
    ("collective", "total", "busiest"),
    [("broadcast", 3, 1), ("reduce", 3, 1), ("gather", 3 / 4, 3 / 4), ("scatter", 3 / 4, 3 / 4)],
)
def test_the_node_of_a_root_moves_for_all(collective: str, total: float, busiest: float) -> None:
    traffic = network_traffic(collective, 4, 8)
    assert traffic is not None
    assert (traffic.total, traffic.busiest_node) == (total, busiest)


@pytest.mark.parametrize(
    ("collective", "nodes", "ranks"),
    [("all_reduce", 1, 8), ("all_reduce", 3, 16), ("alltoallv", 2, 16), (None, 2, 16)],
    ids=["one node", "ranks not spread evenly", "no fixed pattern", "collective not known"],
)
def test_says_nothing_where_no_bound_is_known(collective: str | None, nodes: int, ranks: int) -> None:
    assert network_traffic(collective, nodes, ranks) is None
