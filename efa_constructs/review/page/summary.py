"""What a reviewer reads in a minute: what is made, what is open to whom, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..blueprint import Blueprint
from ..changes import Change, ChangeKind
from ..exports import ExportInUse
from ..networks import Network
from ..pod_templates import PodTemplate
from ..reach import Path
from ..replacement import Replacement
from .names import Names
from .pods import is_part_of_job
from .security_group_picture import peer_name

__all__ = ["changes_in_words", "makes", "openness"]


def makes(
    blueprint: Blueprint, found_networks: Sequence[Network], pods: Sequence[PodTemplate], names: Names
) -> list[str]:
    """What the deployment makes, a sentence each."""
    templates = blueprint.templates
    found = []
    for cluster in templates.of_type("AWS::EKS::Cluster"):
        version = cluster.get("Version")
        of = f", Kubernetes {names.of_value(str(version))}" if version is not None else ""
        found.append(f"An EKS cluster, {names.of(cluster)}{of}.")
    for network in found_networks:
        if network.resource is not None:
            zones = {subnet.zone for subnet in network.subnets if subnet.zone}
            gateways = sum(len(subnet.nat_gateways) for subnet in network.subnets)
            out = f", {_many(gateways, 'NAT gateway')}" if gateways else ""
            found.append(f"A VPC with {_many(len(network.subnets), 'subnet')} in {_many(len(zones), 'zone')}{out}.")
    for group in blueprint.node_groups:
        count = group.resource.get("ScalingConfig.DesiredSize", "?")
        types = ", ".join(group.instance_type_names) or "instances"
        efas = f", each with {_many(len(group.efa_interfaces), 'EFA interface')}" if group.efa_interfaces else ""
        found.append(f"Node group {names.of(group.resource)}: {names.of_value(str(count))} {types}{efas}.")
    jobs = [one.title for one in blueprint.objects_of_kind("MPIJob")]
    others = dict.fromkeys(one.of.object_name for one in pods if not is_part_of_job(one))
    if others:
        found.append(f"In the cluster: {', '.join(others)}.")
    if jobs:
        found.append(f"A job that starts at once: {', '.join(jobs)}.")
    kinds = Counter(resource.type for resource in templates.resources)
    stacks = ", ".join(stack.name for stack in templates.stacks)
    found.append(
        f"In all {_many(len(templates.resources), 'resource')} of {_many(len(kinds), 'type')} in "
        f"{_many(len(templates.stacks), 'stack')}: {stacks}."
    )
    return found


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def openness(paths: Sequence[Path], found_networks: Sequence[Network], names: Names) -> list[str]:
    """What the world may reach, and what may reach the world, a sentence each."""
    inward = [path for path in paths if path.source.is_world]
    outward = [path for path in paths if path.destination.is_world]
    found = []
    for path in inward:
        found.append(
            f"The world may reach {peer_name(path.destination, names)}: {path.traffic}. {path.description}".rstrip()
        )
    if not inward:
        found.append("No rule of these templates lets the world in.")
    if (
        not any(path.source.is_world and path.destination.kind not in ("endpoint", "service") for path in paths)
        and inward
    ):
        found.append("No security group lets the world in: no SSH, no other port.")
    if outward:
        senders = ", ".join(dict.fromkeys(peer_name(path.source, names) for path in outward))
        found.append(f"May send to the world: {senders}.")
    leads = dict.fromkeys(
        f"{names.of_value(lead.destination)} by {lead.way} {names.of_value(lead.to)}"
        for network in found_networks
        for subnet in network.subnets
        for lead in subnet.leads
    )
    if leads:
        found.append(f"Routes lead to other networks, from where one may come, too: {', '.join(leads)}.")
    return found


def changes_in_words(changes: Sequence[Change], exports: Sequence[ExportInUse], names: Names) -> list[str]:
    """How much changes, and what that interrupts, a sentence each."""
    refused = [f"{export.problem[0].upper()}{export.problem[1:]}." for export in exports]
    if not changes:
        return refused or ["Nothing changed."]
    counts = Counter(change.kind for change in changes)
    replaced = [change for change in changes if change.replacement is Replacement.YES]
    parts = [f"{counts[kind]} {kind}" for kind in ChangeKind if counts[kind]]
    found = [f"{', '.join(parts)}; of these {len(replaced)} replaced."]
    told = (change for change in changes if change.interrupts and (change.kubernetes_object or _matters(change)))
    found += [f"{_title(change, names)}: {change.interrupts}" for change in told]
    return found + refused


def _matters(change: Change) -> bool:
    return change.resource.type in ("AWS::EKS::Cluster", "AWS::EKS::Nodegroup")


def _title(change: Change, names: Names) -> str:
    return names.of(change.resource) if change.kubernetes_object is None else change.kubernetes_object.title
