"""Where the groups of ranks are that ``NCCL_TESTS_SPLIT`` makes, all of which run the collective at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["GroupLayout", "group_layout"]


@dataclass(frozen=True, slots=True)
class GroupLayout:
    """Of groups that are alike: whichever share one node share all of theirs."""

    # Nodes that each group has ranks on, as many on each.
    nodes: int
    # Groups that share the interfaces of a node.
    on_a_node: int


def group_layout(ranks: Mapping[tuple[int, str], int]) -> GroupLayout | None:
    """Return where the groups are. None: they differ, or share some of their nodes only.

    :param ranks: How many, by group and host.
    """
    hosts_of: dict[int, set[str]] = defaultdict(set)
    for group, host in ranks:
        hosts_of[group].add(host)
    on_each: dict[frozenset[str], int] = defaultdict(int)
    for hosts in hosts_of.values():
        on_each[frozenset(hosts)] += 1
    alike = len(set(ranks.values())) == 1 and len({(len(hosts), count) for hosts, count in on_each.items()}) == 1
    apart = sum(map(len, on_each)) == len({host for _, host in ranks})
    if not alike or not apart:
        return None
    nodes, on_a_node = next((len(hosts), count) for hosts, count in on_each.items())
    return GroupLayout(nodes, on_a_node)
