"""What a reviewer reads in a minute: what is made, what is open to whom, what changed."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..blueprint import Blueprint
from ..clusters import clusters_of
from ..comparison import Comparison
from ..comparison.changes import Change, ChangeKind
from ..comparison.replacement import Replacement
from ..grants import grants_to_everyone
from ..networks import Network
from ..node_group import NodeGroup
from ..pod_templates import KINDS_WITH_ROLES, PodTemplate
from ..reach import Path, are_world, peer_of
from ..resource import Resource
from ..shapes import at_path
from ..templates import Templates
from ..values import is_known
from .names import Names
from .pods import is_part_of_job
from .resource_policies import ResourceGrant
from .security_group_picture import peer_name

__all__ = ["changes_in_words", "makes", "openness"]

_OTHER_MACHINES = {
    "AWS::AutoScaling::AutoScalingGroup": "Auto Scaling group",
    "AWS::EC2::Instance": "EC2 instance",
}
# Ranges of addresses that are told by one sentence each.
_MOST_RANGES = 4
# Names in a sentence.
_MOST_NAMES = 6


def makes(
    blueprint: Blueprint, found_networks: Sequence[Network], pods: Sequence[PodTemplate], names: Names
) -> list[str]:
    """What the deployment makes, a sentence each."""
    return [
        *(_cluster(cluster, names) for cluster in blueprint.clusters),
        *(_vpc(network.resource, network, names) for network in found_networks if network.resource is not None),
        *(_node_group(group, names) for group in blueprint.node_groups),
        *_other_machines(blueprint.templates, names),
        *_in_clusters(blueprint, pods),
        _in_all(blueprint.templates),
    ]


def _cluster(cluster: Resource, names: Names) -> str:
    version = cluster.get("Version")
    of = f", Kubernetes {names.of_value(str(version))}" if version is not None else ""
    return f"An EKS cluster, {names.of(cluster)}{of}."


def _vpc(vpc: Resource, network: Network, names: Names) -> str:
    zones = {subnet.zone for subnet in network.subnets if subnet.zone}
    gateways = sum(len(subnet.nat_gateways) for subnet in network.subnets)
    out = f", {_many(gateways, 'NAT gateway')}" if gateways else ""
    parts = f"{_many(len(network.subnets), 'subnet')} in {_many(len(zones), 'zone')}{out}"
    return f"A VPC, {names.of(vpc)}, with {parts}."


def _node_group(group: NodeGroup, names: Names) -> str:
    size = group.resource.get("ScalingConfig.DesiredSize")
    count = "as many as EKS takes of" if size is None else names.of_value(size)
    types = ", ".join(group.instance_type_names) or "instances of a type that only the deployment knows"
    efas = f", each with {_many(len(group.efa_interfaces), 'EFA interface')}" if group.efa_interfaces else ""
    return f"Node group {names.of(group.resource)}: {count} {types}{efas}."


def _other_machines(templates: Templates, names: Names) -> Iterator[str]:
    for type_, noun in _OTHER_MACHINES.items():
        others = templates.of_type(type_)
        if others:
            yield f"{_many(len(others), noun)} beside node groups: {_few(map(names.of, others))}."


def _in_clusters(blueprint: Blueprint, pods: Sequence[PodTemplate]) -> Iterator[str]:
    others = dict.fromkeys(one.of.object_name for one in pods if not is_part_of_job(one))
    if others:
        yield f"In the cluster: {_few(others)}."
    jobs = blueprint.objects_of_kind(*KINDS_WITH_ROLES)
    waiting = [one.title for one in jobs if at_path(one.content, "spec", "runPolicy", "suspend") is True]
    starting = [one.title for one in jobs if one.title not in waiting]
    if starting:
        yield f"A job that starts at once: {_few(dict.fromkeys(starting))}."
    if waiting:
        yield f"A job that waits, suspended: {_few(dict.fromkeys(waiting))}."


def _in_all(templates: Templates) -> str:
    kinds = Counter(resource.type for resource in templates.resources if resource.is_made)
    stacks = _few(stack.name for stack in templates.stacks)
    return (
        f"In all {_many(kinds.total(), 'resource')} of {_many(len(kinds), 'type')} in "
        f"{_many(len(templates.stacks), 'stack')}: {stacks}."
    )


def _few(told: Iterable[str]) -> str:
    """The first of many: the first screen is read in a minute."""
    every = list(told)
    more = f" and {len(every) - _MOST_NAMES} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + more


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def openness(
    blueprint: Blueprint,
    paths: Sequence[Path],
    resource_grants: Sequence[ResourceGrant],
    found_networks: Sequence[Network],
    names: Names,
) -> list[str]:
    """What the world, and other addresses, may reach, and what may reach the world, a sentence each."""
    return [
        *_lets_in(paths, names),
        *_not_told(blueprint, names),
        *(f"Everybody may, with {grant.on}: {grant.what} ({grant.by})." for grant in resource_grants if grant.is_open),
        *_gives_everyone(blueprint, names),
        *_sends_out(paths, names),
        *_leads_elsewhere(found_networks, names),
    ]


def _lets_in(paths: Sequence[Path], names: Names) -> Iterator[str]:
    inward = [path for path in paths if path.source.kind in ("addresses", "prefix list")]
    world = [path for path in inward if path.source.is_world]
    others = dict.fromkeys(
        f"{names.of_value(path.source.value)} may reach {peer_name(path.destination, names)}: {path.traffic}."
        for path in inward
        if not path.source.is_world
    )
    yield from dict.fromkeys(
        f"The world may reach {peer_name(path.destination, names)}: {path.traffic}{_in_its_words(path)}"
        for path in world
    )
    together = list(_let_the_world_in_together(inward, names))
    yield from together
    known = all(is_known(path.source.value) and path.source.kind == "addresses" for path in inward)
    unsaid = "" if known else ", as far as its addresses are known"
    if not world and not together:
        yield f"No rule of these templates lets the world in{unsaid}."
    elif not together and all(path.destination.kind in ("endpoint", "service") for path in world):
        yield f"No security group lets the world in{unsaid}: no SSH, no other port."
    yield from itertools.islice(others, _MOST_RANGES)
    if len(others) > _MOST_RANGES:
        yield f"{len(others) - _MOST_RANGES} more ranges of addresses are let in: see the table of ports."


def _let_the_world_in_together(inward: Sequence[Path], names: Names) -> Iterator[str]:
    """Of ranges none of which is the world."""
    ranges: dict[tuple[str, str], list[Path]] = {}
    for path in inward:
        ranges.setdefault((peer_name(path.destination, names), path.traffic), []).append(path)
    for (destination, traffic), of_it in ranges.items():
        if not any(path.source.is_world for path in of_it) and are_world(path.source.value for path in of_it):
            together = f"{len(of_it)} ranges that are all addresses together"
            yield f"The world may reach {destination}: {traffic}, by {together}."


def _not_told(blueprint: Blueprint, names: Names) -> Iterator[str]:
    """Who may be let in, and is not to be seen."""
    elsewhere = [
        names.of_value(group)
        for group in dict.fromkeys(group for one in blueprint.launch_templates for group in one.groups)
        if peer_of(blueprint.templates, group).kind == "group elsewhere"
    ]
    if elsewhere:
        yield f"Whom the rules of {_few(elsewhere)} let in, these templates do not say."
    unread = blueprint.templates.unread_stacks()
    if unread:
        yield f"Not read, and not told of here: the nested stacks {_few(map(names.of, unread))}."


def _gives_everyone(blueprint: Blueprint, names: Names) -> Iterator[str]:
    """What RBAC gives everyone in a cluster."""
    for cluster in clusters_of(blueprint):
        for grant in grants_to_everyone(cluster):
            name = names.of_value(cluster.name)
            yield f"RBAC of {name} gives {grant.who}: {grant.what} ({grant.binding.title})."


def _sends_out(paths: Sequence[Path], names: Names) -> Iterator[str]:
    senders = _few(dict.fromkeys(peer_name(path.source, names) for path in paths if path.destination.is_world))
    if senders:
        yield f"May send to the world: {senders}."


def _leads_elsewhere(found_networks: Sequence[Network], names: Names) -> Iterator[str]:
    leads = dict.fromkeys(
        f"{names.of_value(lead.destination)} by {lead.way} {names.of_value(lead.to)}"
        for network in found_networks
        for subnet in network.subnets
        for lead in subnet.leads
    )
    if leads:
        yield f"Routes lead to other networks, from where one may come, too: {', '.join(leads)}."


def _in_its_words(path: Path) -> str:
    """What is said of it: by AWS as a sentence, by the author of a rule in quotes."""
    if path.destination.kind == "endpoint":
        return f". {path.description}"
    return f" (\u201c{path.description}\u201d)." if path.description else "."


def changes_in_words(comparison: Comparison, names: Names) -> list[str]:
    """How much changes, and what that interrupts, a sentence each."""
    changes = comparison.changes
    refused = [f"{names.of(change.resource)}: {change.refusal}" for change in comparison.refused_changes]
    refused += [f"{export.problem[0].upper()}{export.problem[1:]}." for export in comparison.exports_in_use]
    if not changes:
        return refused or ["Nothing changed."]
    counts = Counter(change.kind for change in changes)
    found = [f"{', '.join(f'{counts[kind]} {kind}' for kind in ChangeKind if counts[kind])}{_replaced(changes)}."]
    interrupting = (change for change in changes if change.interrupts)
    told = (
        change
        for change in interrupting
        if change.kubernetes_object or change.is_of_cluster_or_nodes or change.kind is ChangeKind.REMOVED
    )
    found += [f"{_title(change, names)}: {change.interrupts}" for change in told]
    return found + refused


def _replaced(changes: Sequence[Change]) -> str:
    changed = [change.replacement for change in changes if change.kind is ChangeKind.CHANGED]
    if not changed:
        return ""
    sure = changed.count(Replacement.YES)
    unsure = len(changed) - sure - changed.count(Replacement.NO)
    return f"; {sure or 'none'} replaced" + (f", {unsure} perhaps" if unsure else "")


def _title(change: Change, names: Names) -> str:
    return names.of(change.resource) if change.kubernetes_object is None else change.kubernetes_object.title
