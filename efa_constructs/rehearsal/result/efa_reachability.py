"""From which nodes of a cluster EFA packets reach which: a matrix, with equal nodes as one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...cluster.fabric import kind_of, obstacles
from ...lookups.deployed import DeployedCluster, DeployedNode, DeployedNodeGroup

__all__ = ["EfaReachability", "EqualNodes", "efa_reachability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualNodes:
    """Nodes of a node group about which every verdict is the same."""

    node_group_name: str
    instance_type: str
    availability_zone: str
    efa_interfaces: int
    instance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EfaReachability:
    """Whether EFA packets reach nodes from nodes, by the interfaces and security groups that are deployed."""

    groups: tuple[EqualNodes, ...]
    # By the places of the sender's and the receiver's group. None: the group has one node, which sends itself nothing.
    reaches: Mapping[tuple[int, int], bool | None]


def efa_reachability(cluster: DeployedCluster, *, most_single_nodes: int = 8) -> EfaReachability:
    """Judge every ordered pair of nodes.

    :param most_single_nodes: Up to how many nodes each has a row of its own. Default: 8.
    """
    nodes = [(group, node) for group in cluster.node_groups for node in group.nodes]
    rows = [[pair] for pair in nodes] if len(nodes) <= most_single_nodes else list(_equal(nodes))
    return EfaReachability(
        groups=tuple(_described(row) for row in rows),
        reaches={
            (sender, receiver): _reaches(cluster, rows[sender], rows[receiver])
            for sender in range(len(rows))
            for receiver in range(len(rows))
        },
    )


_Row = list[tuple[DeployedNodeGroup, DeployedNode]]


def _equal(nodes: Iterable[tuple[DeployedNodeGroup, DeployedNode]]) -> Iterable[_Row]:
    rows: dict[tuple[object, ...], _Row] = {}
    for group, node in nodes:
        rows.setdefault((group.name, kind_of(node)), []).append((group, node))
    return rows.values()


def _described(row: _Row) -> EqualNodes:
    group, node = row[0]
    return EqualNodes(
        node_group_name=group.name,
        instance_type=node.instance_type,
        availability_zone=node.availability_zone,
        efa_interfaces=len(node.efa_interfaces),
        instance_ids=tuple(one.instance_id for _, one in row),
    )


def _reaches(cluster: DeployedCluster, senders: _Row, receivers: _Row) -> bool | None:
    if senders is receivers and len(senders) == 1:
        return None
    # Any two of them: all are alike.
    return not obstacles(senders[0][1], receivers[-1][1], cluster.security_groups)
