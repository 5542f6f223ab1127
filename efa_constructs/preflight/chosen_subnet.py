"""Which subnet the nodes go to, and so which zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..lookups.deployed import WayOut
from ..lookups.node_subnets import NodesWanted, judge_subnets
from ..lookups.subnets import VpcSubnet
from .account import Account
from .plan import Plan
from .rows import NoSubnetError

__all__ = ["chosen_subnet", "zone_of_nodes"]


def chosen_subnet(plan: Plan, account: Account) -> VpcSubnet:
    """The subnet that was named, else the only private one that fits.

    :raises AwsRequestError: AWS refused to say which subnets there are, or which are private.
    :raises NoSubnetError: there is no such subnet, or no single one.
    """
    network = account.cluster
    assert network is not None, "a new cluster has no subnets to choose from"
    subnets = network.subnets.value()
    if plan.subnet_id is not None:
        for subnet in subnets:
            if subnet.id == plan.subnet_id:
                return subnet
        raise NoSubnetError(
            f"the VPC of cluster {plan.cluster_name} has no subnet {plan.subnet_id}", f"name one of {_list(subnets)}"
        )
    ways = network.ways_out.value()
    private = [subnet for subnet in subnets if _is_private(ways.get(subnet.id))]
    wanted = [subnet for subnet in private if plan.zone in (None, subnet.availability_zone)]
    fitting = _suiting(wanted, plan, account) if len(wanted) > 1 else wanted
    if len(fitting) == 1:
        return fitting[0]
    where = f"in {plan.zone}" if plan.zone else f"of cluster {plan.cluster_name}"
    if not wanted:
        raise NoSubnetError(
            f"there is no private subnet {where}", f"make one, or name one of {_list(private)} with '--subnet'"
        )
    if not fitting:
        raise NoSubnetError(
            f"of {len(wanted)} private subnets {where}, none is known to take the nodes",
            f"name one of {_list(wanted)} with '--subnet' to see why; 'efa lookup' says it of each",
        )
    raise NoSubnetError(
        f"{len(fitting)} private subnets {where} could take the nodes, and EFA traffic does not cross zones",
        f"name one of {_list(fitting)} with '--subnet'",
    )


def zone_of_nodes(plan: Plan, account: Account) -> str:
    """The zone that the nodes go to.

    :raises AwsRequestError: AWS refused to say which subnets there are.
    :raises NoSubnetError: it depends on the subnet, which is undecided.
    """
    if account.cluster is None:
        assert plan.zone is not None, "for a new cluster, the app takes one"
        return plan.zone
    if plan.zone is not None and plan.subnet_id is None:
        return plan.zone
    return chosen_subnet(plan, account).availability_zone


def _suiting(subnets: Sequence[VpcSubnet], plan: Plan, account: Account) -> list[VpcSubnet]:
    """Those that 'efa lookup' would propose."""
    assert account.cluster is not None, "only a cluster has subnets"
    judged = judge_subnets(
        subnets,
        NodesWanted(instance_type=plan.instance.name, nodes=plan.nodes),
        region=plan.region,
        ways_out=account.cluster.ways_out.value(),
        route_targets={},
        offering_zones=account.offerings.value_or_none(),
        private_endpoint=account.cluster.cluster.value().private_endpoint,
    )
    return [one.subnet for one in judged if one.suits]


def _is_private(way: WayOut | None) -> bool:
    return way is not None and not way.internet_gateway


def _list(subnets: Iterable[VpcSubnet]) -> str:
    return ", ".join(f"{subnet.id} ({subnet.availability_zone})" for subnet in subnets) or "none"
