"""Does the app take the cluster facts file, and does the file say what AWS says?"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .. import catalogue
from ..catalogue import MINIMUM_WITH_EFA_ONLY, supports_efa_only
from ..catalogue.vpc_cni import VPC_CNI_ADDON
from ..errors import InvalidConfigurationError
from ..lookups.cluster_facts import ClusterFacts, Subnet
from ..lookups.clusters import EksCluster
from ..lookups.facts_node_subnet import node_subnet
from ..lookups.subnets import VpcSubnet
from .account import Account, ClusterAnswers
from .plan import Plan
from .rows import Check, Verdict, failed, passed, warned

__all__ = ["CHECKS"]


class _Difference(NamedTuple):
    """Of a field of the file."""

    field: str
    # What AWS says, and what the file does.
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.field} is {_in_words(self.ours)} and was {_in_words(self.theirs)}"


def _facts(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None or plan.facts is None:
        return None
    anew = _write_anew(plan)
    stale = list(_cluster_differences(plan.facts, account.cluster.cluster.value()))
    if stale:
        return failed(f"the cluster facts file is out of date: {_listed(stale)}", anew)
    refusals = list(_refusals(plan, plan.facts))
    if refusals:
        return failed(f"the app refuses the cluster facts file: {'; '.join(refusals)}", anew)
    stale = list(_subnet_differences(plan, plan.facts, account.cluster))
    if any(difference.field.startswith(f"{plan.subnet_id}.") for difference in stale):
        return failed(f"the cluster facts file is out of date: {_listed(stale)}", anew)
    stale += _other_differences(plan, plan.facts, account)
    if stale:
        return warned(f"the cluster facts file is out of date: {_listed(stale)}", anew)
    return passed("the cluster facts file says of the cluster what AWS says")


def _write_anew(plan: Plan) -> str:
    assert plan.cluster_name is not None, "cluster facts name it"
    options = {
        "--cluster": plan.cluster_name,
        "--region": plan.region,
        "--instance-type": plan.instance.name,
        "--nodes": str(plan.nodes),
        "--zone": plan.zone,
        "-o": shlex.quote(plan.facts_file or "cluster-facts.json"),
    }
    given = " ".join(f"{option} {value}" for option, value in options.items() if value is not None)
    return f"write it anew: 'efa lookup {given}'"


def _listed(differences: Iterable[_Difference]) -> str:
    return "; ".join(map(str, differences))


def _in_words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return repr(value)


def _cluster_differences(facts: ClusterFacts, cluster: EksCluster) -> Iterator[_Difference]:
    yield from _differing(
        ("account", cluster.account, facts.account),
        ("cluster.version", cluster.version, facts.cluster.version),
        ("cluster.endpoint", cluster.endpoint, facts.cluster.endpoint),
        ("cluster.authenticationMode", cluster.authentication_mode, facts.cluster.authentication_mode),
        ("cluster.securityGroupId", cluster.security_group_id, facts.cluster.security_group_id),
        ("vpc.id", cluster.vpc_id, facts.vpc.id),
    )
    # Two thousand letters.
    if cluster.certificate_authority_data != facts.cluster.certificate_authority_data:
        yield _Difference("cluster.certificateAuthorityData", "another one", "what the file has")


def _refusals(plan: Plan, facts: ClusterFacts) -> Iterator[str]:
    """Why the app refuses what the file says, whatever AWS says: ``stacks/existing_cluster.py``."""
    try:
        named = facts.subnet(plan.subnet_id) if plan.subnet_id else None
        subnet = named or node_subnet(facts, plan.zone)
    except InvalidConfigurationError as error:
        yield str(error)
        return
    if subnet.private is False:
        yield f"it says that {subnet.id} is a public subnet, and the nodes go to a private one"
    zones = facts.instance_type_offerings.get(plan.instance.name)
    if zones is not None and subnet.availability_zone not in zones:
        yield (
            f"it says that {subnet.availability_zone}, the zone of {subnet.id}, does not offer {plan.instance.name}, "
            f"but {_in_words(zones)}"
        )
    needed = catalogue.ipv4_addresses_used(plan.interfaces) * plan.nodes
    if needed > subnet.available_ip_address_count:
        yield (
            f"it says that {subnet.id} has {subnet.available_ip_address_count} free addresses, and the interfaces of "
            f"{plan.nodes_in_words} take {needed}"
        )
    version = facts.addons.get(VPC_CNI_ADDON)
    has_efa_only = any(interface.interface_type == "efa-only" for interface in plan.interfaces)
    if version and has_efa_only and not supports_efa_only(version):
        yield f"it says that the VPC CNI is {version}, and efa-only interfaces need {MINIMUM_WITH_EFA_ONLY} or newer"


def _subnet_differences(plan: Plan, facts: ClusterFacts, network: ClusterAnswers) -> Iterator[_Difference]:
    ours = {subnet.id: subnet for subnet in network.subnets.value()}
    theirs = {subnet.id: subnet for subnet in facts.subnets}
    yield from _differing(("subnets", tuple(sorted(ours)), tuple(sorted(theirs))))
    for id in sorted(ours.keys() & theirs.keys()):
        yield from _one_subnet(ours[id], theirs[id], network)


def _one_subnet(ours: VpcSubnet, theirs: Subnet, network: ClusterAnswers) -> Iterator[_Difference]:
    way = network.ways_out.value()[ours.id]
    # How many addresses are free changes by the minute.
    yield from _differing(
        (f"{ours.id}.availabilityZone", ours.availability_zone, theirs.availability_zone),
        (f"{ours.id}.availabilityZoneId", ours.availability_zone_id, theirs.availability_zone_id),
        (f"{ours.id}.cidrBlock", ours.cidr_block, theirs.cidr_block),
    )
    # Not known, the app warns of it.
    if way is not None and theirs.private is not None:
        yield from _differing((f"{ours.id}.private", not way.internet_gateway, theirs.private))


def _other_differences(plan: Plan, facts: ClusterFacts, account: Account) -> Iterator[_Difference]:
    assert account.cluster is not None and account.cluster.cidr_blocks is not None, "asked where there are facts"
    theirs = facts.instance_type_offerings.get(plan.instance.name)
    yield from _differing(
        ("vpc.cidrBlocks", account.cluster.cidr_blocks.value(), facts.vpc.cidr_blocks),
        (f"addons.{VPC_CNI_ADDON}", account.cluster.vpc_cni.value(), facts.addons.get(VPC_CNI_ADDON)),
        (
            f"instanceTypeOfferings.{plan.instance.name}",
            tuple(sorted(account.offerings.value())),
            None if theirs is None else tuple(sorted(theirs)),
        ),
    )


def _differing(*fields: tuple[str, object, object]) -> Iterator[_Difference]:
    for field, ours, theirs in fields:
        if ours != theirs:
            yield _Difference(field, ours, theirs)


CHECKS = (Check("cluster-facts", "cluster", _facts),)
