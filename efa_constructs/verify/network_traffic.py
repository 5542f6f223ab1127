"""What a collective must move between nodes, however NCCL does it.

N nodes hold n ranks, k = n / N each. S is the size that nccl-tests prints. EFA sums nothing up on its way (it has no
switch that reduces), so whatever a node needs of another must leave the one and arrive at the other:

===================  =========================================================================================
all_reduce           Of every element, each node must learn the sum of N contributions. With one message at a time that
                     takes 2(N-1) messages (the gossip problem with one-way calls): 2(N-1) S altogether. No node can be
                     left out of either half: each sends S at least, and receives S at least.
reduce_scatter       Of every element, N-1 contributions must reach the one node that keeps the sum: (N-1) S.
all_gather,          Every node must receive the (N-1)/N of the result that it lacks: (N-1) S.
hypercube
broadcast            Every node but the root's must receive S: (N-1) S.
reduce               Every node but the root's must send what it has summed up: (N-1) S.
gather, scatter      The (N-1)/N of the buffer of the root that belongs to other nodes: (N-1)/N S.
alltoall             Each rank sends S/n to each of the n-k ranks elsewhere: k (N-1)/N S a node.
sendrecv             Each rank sends S to the next, in a ring of all ranks, which leaves every node at least once: S a
                     node.
===================  =========================================================================================

Sources: NVIDIA/nccl-tests:doc/PERFORMANCE.md and its src/*.cu (what S is); Patarasuk and Yuan, Bandwidth optimal
all-reduce algorithms for clusters of workstations, 2009, and Harary and Schwenk, The communication problem on graphs
and digraphs, 1974 (2N-2 one-way calls); awslabs/awsome-distributed-ai:micro-benchmarks/nccl-tests/README-gb200.md (EFA
has no in-network reduction).

Nothing is said where the ranks are not spread evenly, of one node alone, and of collectives without a fixed pattern
(alltoallv, bisection). Nor does it hold where accelerators reach those of other instances past EFA: see
``InstanceType.accelerator_link_spans_instances``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NetworkTraffic", "network_traffic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTraffic:
    """Least traffic between the nodes of one operation, in sizes of its message."""

    # Sent by all nodes together, which is also what all receive.
    total: float
    # Through the busiest node in one direction. Where all do the same, the mean of all.
    busiest_node: float
    # Sent, and received, by every node. 0: some node may have nothing to send, or receive.
    sent_by_each_node: float
    received_by_each_node: float


def network_traffic(collective: str | None, nodes: int, ranks: int) -> NetworkTraffic | None:
    """Return what one operation must move between the nodes at least, in sizes of its message. None: no bound is known.

    :param collective: As the name of the program has it, without _perf, such as ``all_reduce``.
    :param nodes: Nodes that the ranks are on.
    :param ranks: Ranks of all nodes together.
    """
    if nodes < 2 or ranks % nodes:
        return None
    # The part of a buffer of all ranks that belongs to other nodes.
    elsewhere = (nodes - 1) / nodes
    a_node = ranks / nodes
    bounds: tuple[float, float, float, float]
    match collective:
        case "all_reduce":
            bounds = (2 * (nodes - 1), 2 * elsewhere, 1, 1)
        case "all_gather" | "hypercube":
            bounds = (nodes - 1, elsewhere, 1 / nodes, elsewhere)
        case "reduce_scatter":
            bounds = (nodes - 1, elsewhere, elsewhere, 1 / nodes)
        case "broadcast" | "reduce":
            bounds = (nodes - 1, 1, 0, 0)
        case "gather" | "scatter":
            bounds = (elsewhere, elsewhere, 0, 0)
        case "alltoall":
            bounds = (ranks * elsewhere, a_node * elsewhere, a_node * elsewhere, a_node * elsewhere)
        case "sendrecv":
            bounds = (nodes, 1, 1, 1)
        case _:
            return None
    return NetworkTraffic(
        total=bounds[0],
        busiest_node=bounds[1],
        sent_by_each_node=bounds[2],
        received_by_each_node=bounds[3],
    )
