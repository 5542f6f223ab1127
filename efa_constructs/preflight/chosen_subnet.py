"""Which subnet the nodes go to, and so which zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import InvalidConfigurationError
from ..lookups.deployed import WayOut
from ..lookups.facts_node_subnet import node_subnet
from ..lookups.node_subnets import NodesWanted, judge_subnets
from ..lookups.subnets import VpcSubnet
from ..rules.networks import PUBLIC_SUBNET, SUBNET_OF_ANOTHER_VPC
from ..rules.node_groups import SEVERAL_ZONES
from .account import Account
from .plan import Plan
from .rows import NoSubnetError, Verdict, failed, not_checked

__all__ = ["chosen_subnet", "zone_of_nodes"]

# Where the app finds a subnet that was chosen.
_CHOOSE = "set 'efa:availabilityZone', or 'nodeSubnetId' in the cluster facts file, to those of a private subnet"
_IN_THE_FILE = " ('nodeSubnetId' in the cluster facts file)"


def chosen_subnet(plan: Plan, account: Account) -> VpcSubnet:
    """The subnet that was named, else the only private one that fits.

    :raises AwsRequestError: AWS refused to say which subnets there are, or which are private.
    :raises NoSubnetError: there is no such subnet, or no single one.
    """
    network = account.cluster
    assert network is not None, "a new cluster has no subnets to choose from"
    subnets = network.subnets.value()
    if plan.subnet_id is not None:
        return _named(plan, subnets, network.cluster.value().vpc_id)
    if plan.facts is not None:
        # The app chooses by its file, whatever AWS says.
        try:
            node_subnet(plan.facts, plan.zone)
        except InvalidConfigurationError as error:
            raise NoSubnetError(failed(f"the app refuses the cluster facts file: {error}", _CHOOSE)) from None
    ways = network.ways_out.value()
    wanted = [subnet for subnet in subnets if plan.zone in (None, subnet.availability_zone)]
    private = [subnet for subnet in wanted if _is_private(ways.get(subnet.id))]
    fitting = _suiting(private, plan, account) if len(private) > 1 else private
    if len(fitting) == 1:
        return fitting[0]
    where = f"in {plan.zone}" if plan.zone else f"of cluster {plan.cluster_name}"
    if fitting:
        raise NoSubnetError(_several(fitting, where))
    if private:
        raise NoSubnetError(
            failed(
                f"of {len(private)} private subnets {where}, none is known to take the nodes",
                f"name one of {_list(private)} with '--subnet' to see why; 'efa lookup' says it of each",
            )
        )
    unknown = [subnet for subnet in wanted if ways.get(subnet.id) is None]
    if unknown:
        raise NoSubnetError(
            not_checked(
                f"which subnets {where} are private is not known: EC2 shows no routes of {_list(unknown)}, as in a VPC "
                "that another account shares",
                f"ask its owner which are, and name one with '--subnet'{_IN_THE_FILE}",
            )
        )
    elsewhere = [subnet for subnet in subnets if _is_private(ways.get(subnet.id))]
    other = f", or use one of {_list(elsewhere)} with '--subnet'{_IN_THE_FILE}" if elsewhere else ""
    raise NoSubnetError(
        failed(
            f"there is no private subnet {where}, and nodes with several interfaces get no public address",
            f"make one in the cluster's VPC, with a route to a NAT gateway{other}",
            PUBLIC_SUBNET,
        )
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


def _named(plan: Plan, subnets: Iterable[VpcSubnet], vpc_id: str | None) -> VpcSubnet:
    found = next((subnet for subnet in subnets if subnet.id == plan.subnet_id), None)
    if found is None:
        raise NoSubnetError(
            failed(
                f"VPC {vpc_id} of cluster {plan.cluster_name} has no subnet {plan.subnet_id}, and nodes must be in the "
                "cluster's VPC",
                f"use one of {_list(subnets)}",
                SUBNET_OF_ANOTHER_VPC,
            )
        )
    return found


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


def _several(subnets: Sequence[VpcSubnet], where: str) -> Verdict:
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) == len(subnets):
        fix = f"choose with '--zone' ('efa:availabilityZone'), one of {', '.join(sorted(zones))}"
    else:
        fix = f"choose with '--subnet'{_IN_THE_FILE}, one of {_list(subnets)}"
    return failed(
        f"{len(subnets)} private subnets {where} could take the nodes ({_list(subnets)}), and EFA traffic does not "
        "cross zones",
        fix,
        SEVERAL_ZONES,
    )


def _is_private(way: WayOut | None) -> bool:
    return way is not None and not way.internet_gateway


def _list(subnets: Iterable[VpcSubnet]) -> str:
    return ", ".join(f"{subnet.id} ({subnet.availability_zone})" for subnet in subnets) or "none"
