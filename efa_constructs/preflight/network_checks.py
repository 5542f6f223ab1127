"""Does the network have room for the nodes, and lets them reach what they need?"""

from __future__ import annotations

from .. import catalogue
from ..catalogue.network_quotas import ELASTIC_IPS, VPCS, NetworkQuota
from ..catalogue.vpc_endpoints import SERVICES_OF_NODES
from ..lookups.questions import Answer
from ..rules.networks import NO_PUBLIC_ADDRESS, NO_WAY_OUT, PUBLIC_SUBNET, TOO_FEW_ADDRESSES, VPC_WITHOUT_DNS
from .account import Account
from .chosen_subnet import chosen_subnet
from .own_nodes import make_sure, nodes_beside_replaced_ones, own_nodes
from .plan import CLUSTER_STACK, Plan
from .rows import Check, NoSubnetError, Verdict, failed, not_checked, passed, warned

__all__ = ["CHECKS"]

# Of a stack that was never made, or is no more.
_WITHOUT_A_NETWORK = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE")


def _subnet(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    try:
        subnet = chosen_subnet(plan, account)
    except NoSubnetError as error:
        return error.verdict
    how = "" if plan.subnet_id is not None else ", the only private one that fits"
    return passed(f"the nodes go to {subnet.id} in {subnet.availability_zone}{how}")


def _zone(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None or plan.zone is None:
        return None
    subnet = chosen_subnet(plan, account)
    if subnet.availability_zone == plan.zone:
        return passed(f"{subnet.id} is in {plan.zone}")
    return failed(
        f"{subnet.id} is in {subnet.availability_zone}, and {plan.zone} is asked for",
        f"use a subnet in {plan.zone}, or leave the zone out",
    )


def _way_out(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    subnet = chosen_subnet(plan, account)
    way = account.cluster.ways_out.value()[subnet.id]
    if way is None:
        return not_checked(
            f"EC2 does not show the routes of {subnet.id}: another account shares the VPC",
            "ask its owner whether the subnet has a route to a NAT gateway",
        )
    if not way.default_route:
        # Only here do they matter: whether they could be read.
        account.cluster.vpc_endpoints.value()
    lacking = way.not_reached(private_endpoint=account.cluster.cluster.value().private_endpoint)
    if not lacking:
        how = "a route leads out of the VPC" if way.default_route else "VPC endpoints are there for all that nodes need"
        return passed(f"of {subnet.id}, {how}")
    if way.internet_gateway and len(plan.interfaces) == 1:
        return warned(
            f"{subnet.id} is a public subnet: nodes reach {', '.join(lacking)} only with a public address",
            "use a private subnet with a route to a NAT gateway",
            NO_PUBLIC_ADDRESS,
        )
    if way.narrower_routes and not way.internet_gateway:
        return warned(
            f"of {subnet.id}, only {', '.join(way.narrower_routes)} is routed out of the VPC: whether nodes reach "
            f"{', '.join(lacking)} there is not known",
            "see that there are private endpoints of them, or use a subnet that routes 0.0.0.0/0",
            NO_WAY_OUT,
        )
    where = f"no route leads out of the VPC of {subnet.id}"
    if way.internet_gateway:
        where = f"{subnet.id} routes to an internet gateway, where EC2 gives nodes with several interfaces no address"
    if not way.endpoints_known:
        return not_checked(
            f"{where}, and its VPC endpoints EC2 does not show: another account shares the VPC",
            f"ask its owner whether it has endpoints for {', '.join(SERVICES_OF_NODES)}",
        )
    return failed(
        f"{where}: nodes do not reach {', '.join(lacking)}, and could not join the cluster",
        "use a private subnet with a route to a NAT gateway, or make VPC endpoints for "
        f"{', '.join(SERVICES_OF_NODES)}, and let the cluster have a private endpoint",
        PUBLIC_SUBNET if way.internet_gateway else NO_WAY_OUT,
    )


def _addresses(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    subnet = chosen_subnet(plan, account)
    free = subnet.available_ip_address_count
    each = catalogue.ipv4_addresses_used(plan.interfaces)
    there = len(own_nodes(plan, account))
    to_come = plan.nodes - there
    more = f" more, beside {there} that are there already," if there else ""
    interfaces = f"the interfaces of {to_come} {plan.instance.name}{more} take {each * to_come}"
    if each * to_come > free:
        make_sure(account)
        return failed(
            f"{subnet.id} has {free} free addresses, and {interfaces}",
            "use a larger subnet, fewer nodes, or the interface layout that takes fewer addresses ('default')",
            TOO_FEW_ADDRESSES,
        )
    pool = catalogue.warm_pool_addresses(plan.instance, plan.interfaces)
    if pool is None:
        return not_checked(
            f"{subnet.id} has {free} free addresses, {interfaces}, and AWS publishes too little about "
            f"{plan.instance.name} to know how many those of pods are",
            "leave room for the pods that you run",
        )
    total = (each + pool) * to_come
    counted = f"{interfaces}, the warm pools of the VPC CNI for pods {pool * to_come} more"
    if total > free:
        make_sure(account)
        return warned(
            f"{subnet.id} has {free} free addresses: {counted}",
            "use a larger subnet, or set WARM_IP_TARGET and MINIMUM_IP_TARGET of the VPC CNI; else pods of the last "
            "nodes wait for addresses",
        )
    beside = nodes_beside_replaced_ones(plan, account)
    if total + (each + pool) * beside > free:
        return warned(
            f"{subnet.id} has {free} free addresses: {counted}; an update that replaces nodes launches up to {beside} "
            f"before it ends any, which take {(each + pool) * beside} more",
            "if more than sizes change, let fewer nodes run meanwhile, or use a larger subnet",
        )
    return passed(f"{subnet.id} has {free} free addresses: {counted}")


def _dns(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    dns, vpc_id = account.cluster.dns.value(), account.cluster.cluster.value().vpc_id
    lacking = [
        name for name, on in (("enableDnsSupport", dns.support), ("enableDnsHostnames", dns.hostnames)) if not on
    ]
    if not lacking:
        return passed(f"{vpc_id} resolves names, and gives instances some")
    # EKS User Guide, "View Amazon EKS networking requirements for VPC and subnets".
    return failed(
        f"{vpc_id} has {' and '.join(lacking)} off, without which nodes do not register with the cluster",
        "; ".join(
            f"aws ec2 modify-vpc-attribute --vpc-id {vpc_id} --{_option(name)} --region {plan.region}"
            for name in lacking
        ),
        VPC_WITHOUT_DNS,
    )


def _option(attribute: str) -> str:
    return {"enableDnsSupport": "enable-dns-support", "enableDnsHostnames": "enable-dns-hostnames"}[attribute]


def _vpcs(plan: Plan, account: Account) -> Verdict | None:
    if account.network_quotas is None:
        return None
    return _one_more(plan, account, VPCS, account.network_quotas.vpcs, account.network_quotas.vpcs_quota)


def _elastic_ips(plan: Plan, account: Account) -> Verdict | None:
    if account.network_quotas is None:
        return None
    quotas = account.network_quotas
    return _one_more(plan, account, ELASTIC_IPS, quotas.elastic_ips, quotas.elastic_ips_quota)


def _one_more(
    plan: Plan, account: Account, quota: NetworkQuota, used: Answer[int], limit: Answer[float]
) -> Verdict | None:
    """The stack of a new cluster makes one of each: a VPC, and an address of its NAT gateway."""
    if (account.stacks.value_or_none() or {}).get(CLUSTER_STACK) not in (None, *_WITHOUT_A_NETWORK):
        return None
    counted = f"{used.value()} of {int(limit.value())} are in use ({quota.name}, {quota.code})"
    if used.value() < limit.value():
        return passed(f"{counted}, and a new network takes one")
    return failed(
        f"{counted}, and a new network takes one",
        f"ask for more ('aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code "
        f"{quota.code} --desired-value {used.value() + 1} --region {plan.region}'), or use an existing cluster",
    )


_SUBJECT = "network"

CHECKS = (
    Check("subnet", _SUBJECT, _subnet),
    Check("subnet-zone", _SUBJECT, _zone),
    Check("subnet-way-out", _SUBJECT, _way_out),
    Check("subnet-addresses", _SUBJECT, _addresses),
    Check("vpc-dns", _SUBJECT, _dns),
    Check("vpcs-quota", _SUBJECT, _vpcs),
    Check("elastic-ips-quota", _SUBJECT, _elastic_ips),
)
