"""The nodes that a deployment has already: an update adds only what is missing."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue.node_group_updates import MOST_NEW_NODES_A_ZONE
from ..errors import AwsRequestError
from ..lookups.stack_nodes import StackNode, StackNodeGroup
from .account import Account
from .chosen_subnet import chosen_subnet
from .plan import Capacity, Plan
from .rows import NoSubnetError

__all__ = ["make_sure", "nodes_beside_replaced_ones", "own_node_groups", "own_nodes"]

# EC2 User Guide, "DescribeInstances", instanceLifecycle: On-Demand Instances have none.
_LIFECYCLES = {Capacity.ON_DEMAND: None, Capacity.SPOT: "spot", Capacity.CAPACITY_BLOCK: "capacity-block"}


def own_node_groups(plan: Plan, account: Account) -> Iterator[StackNodeGroup]:
    """The node groups of the app's stack on this cluster. Where AWS did not tell of any, it is as if there were none.

    A verdict that would be another one with them needs :func:`make_sure`.
    """
    for group in account.own_node_groups.value_or_none() or ():
        if plan.cluster_name in (None, group.cluster_name):
            yield group


def own_nodes(plan: Plan, account: Account) -> tuple[StackNode, ...]:
    """Their instances that stay: of the type and capacity, and in the subnet, that are planned, as many as may be.

    Others go only once new ones are there. For another subnet or capacity, CloudFormation makes a whole node group
    before it removes the old one: "Update requires" of the resource type AWS::EKS::Nodegroup.
    """
    subnet_id = _subnet_id(plan, account)
    nodes = [
        node
        for group in own_node_groups(plan, account)
        for node in group.nodes
        if (node.instance_type, node.lifecycle) == (plan.instance.name, _LIFECYCLES[plan.capacity])
        and subnet_id in (None, node.subnet_id)
    ]
    return tuple(nodes[: plan.nodes])


def _subnet_id(plan: Plan, account: Account) -> str | None:
    """Of the subnet that the nodes go to. None: one that the app's own stack makes, or nobody knows which."""
    if account.cluster is None:
        return None
    try:
        return chosen_subnet(plan, account).id
    except (AwsRequestError, NoSubnetError):
        # Another row says it.
        return None


def nodes_beside_replaced_ones(plan: Plan, account: Account) -> int:
    """Nodes that there may be beyond the plan's while an update replaces those that are there.

    The nodes go to one zone. In reserved capacity, the app lets EKS end a node before it launches the next.
    """
    if plan.capacity_reservation_id is not None or not own_nodes(plan, account):
        return 0
    return MOST_NEW_NODES_A_ZONE


def make_sure(account: Account) -> None:
    """Make sure that it is known which nodes there are already, before their number fails a check.

    :raises AwsRequestError: AWS refused to say it.
    """
    account.own_node_groups.value()
