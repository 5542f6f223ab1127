"""Whether EFA will work: what nodes need for it, and what the templates say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ... import catalogue
from ...catalogue import InstanceType
from ...pods.known_programs import PLUGINS
from ...rules import Severity
from ...rules.node_groups import UNKNOWN_FAMILY, UNPUBLISHED_INSTANCE_TYPE
from ...rules.security_groups import SSH_OPEN_TO_THE_WORLD
from ..blueprint import Blueprint
from ..capacity import capacity_of, placement_group_of
from ..clusters import ReviewedCluster
from ..launch_template import Interface, LaunchTemplate
from ..networks import Network, Subnet
from ..node_group import NodeGroup
from ..resource import Resource
from ..review import Finding, Review
from .names import Names
from .pods import may_run_on

__all__ = ["Evidence", "GroupVerdict", "Verdict", "speaks_against_efa", "verdict"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that EFA needs. ``holds`` is None: only the deployment knows."""

    what: str
    holds: bool | None
    because: str


@dataclass(frozen=True, kw_only=True)
class GroupVerdict:
    """What EFA needs of one node group, or of the nodes of a launch template that no node group here uses."""

    # "node group NodeGroup".
    of: str
    evidence: tuple[Evidence, ...]
    # What is not judged, in a sentence. None: all is.
    left_out: str | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether EFA will work."""

    # "yes", "no", "doubtful" or "none": nothing here has EFA.
    answer: str
    # In one sentence.
    summary: str
    # Those of node groups, then those of launch templates of other nodes.
    groups: tuple[GroupVerdict, ...]


def verdict(
    review: Review, found_networks: Sequence[Network], clusters: Sequence[ReviewedCluster], names: Names
) -> Verdict:
    """Judge by the findings and by what every node group with EFA interfaces needs."""
    blueprint = review.blueprint
    subnets = [subnet for network in found_networks for subnet in network.subnets]
    groups = tuple(
        GroupVerdict(
            of=f"node group {names.of(group.resource)}",
            evidence=tuple(_evidence(blueprint, group, subnets, clusters, names)),
        )
        for group in blueprint.node_groups
        if group.efa_interfaces
    )
    answer, summary = _answer(review, groups, names)
    others = tuple(
        GroupVerdict(
            of=f"the nodes of launch template {names.of(template.resource)}",
            evidence=tuple(_evidence_of_template(blueprint, template, names)),
            left_out=_LEFT_OUT,
        )
        for template in _for_other_nodes(blueprint)
    )
    return Verdict(answer=answer, summary=summary, groups=groups + others)


_LEFT_OUT = (
    "No managed node group of these templates launches them: their zone, their AMI and the device plugins on them are "
    "up to what does, such as an Auto Scaling group, and are not judged here."
)


def _for_other_nodes(blueprint: Blueprint) -> list[LaunchTemplate]:
    """Launch templates may be for an Auto Scaling group of one's own, or for AWS Batch."""
    return [one for one in blueprint.launch_templates if one.efa_interfaces and not blueprint.node_groups_of(one)]


def _evidence_of_template(blueprint: Blueprint, template: LaunchTemplate, names: Names) -> Iterator[Evidence]:
    type_name = template.instance_type_name
    yield _interfaces(template.efa_interfaces, blueprint.type_of(template), [type_name] if type_name else [])
    yield _security_group(blueprint, template.efa_interfaces, names)
    yield _placement(blueprint, template, names)


def speaks_against_efa(finding: Finding) -> bool:
    """Whether the deployment fails by it, or EFA carries no traffic, or a job does not run."""
    # Where SSH is open to the world, EFA works.
    return finding.rule.severity is Severity.ERROR and finding.rule is not SSH_OPEN_TO_THE_WORLD


_OF_TYPES_UNKNOWN = (UNKNOWN_FAMILY, UNPUBLISHED_INSTANCE_TYPE)


def _answer(review: Review, groups: Sequence[GroupVerdict], names: Names) -> tuple[str, str]:
    errors = sum(map(speaks_against_efa, review.findings))
    if errors:
        many = f"{errors} findings say" if errors > 1 else "1 finding says"
        return (
            "no",
            f"No: {many} that the deployment fails, or that EFA carries no traffic, or that a job does not run.",
        )
    if not groups:
        return (
            "none",
            f"No node group of these templates has an EFA interface{_of_other_nodes(review.blueprint, names)}.",
        )
    unknown = {str(each.violation.values["name"]) for each in review.findings if each.rule in _OF_TYPES_UNKNOWN}
    if unknown:
        return "doubtful", f"Doubtful: nothing is known here about {', '.join(sorted(unknown))}."
    evidence = [one for group in groups for one in group.evidence]
    if any(one.holds is False for one in evidence):
        missing = "; ".join(dict.fromkeys(one.what for one in evidence if one.holds is False))
        return "doubtful", f"Doubtful. Needed, and not there: {missing}."
    open_ = sum(one.holds is None for one in evidence)
    held = (
        f"Yes, as far as templates can tell: {len(evidence) - open_} of {len(evidence)} things that EFA needs are there"
    )
    left = f", and {open_} only the deployment knows" if open_ else ""
    return "yes", f"{held}{left}."


def _of_other_nodes(blueprint: Blueprint, names: Names) -> str:
    others = [
        f"the launch template {names.of(template.resource)} has {len(template.efa_interfaces)}"
        for template in _for_other_nodes(blueprint)
    ]
    return f"; {', '.join(others)}, for nodes that this page judges in part" if others else ""


def _evidence(
    blueprint: Blueprint, group: NodeGroup, subnets: Sequence[Subnet], clusters: Sequence[ReviewedCluster], names: Names
) -> Iterator[Evidence]:
    yield _interfaces(group.efa_interfaces, group.instance_type, group.instance_type_names)
    yield _security_group(blueprint, group.efa_interfaces, names)
    yield _zone(group, subnets, names)
    yield _placement(blueprint, group.launch_template, names)
    yield _machine_image(group)
    yield from _device_plugins(clusters, group)


def _interfaces(
    with_efa: Sequence[Interface], instance_type: InstanceType | None, type_names: Sequence[str]
) -> Evidence:
    count, what = len(with_efa), "Every EFA interface that the instance type has"
    if instance_type is None:
        names = ", ".join(type_names) or "the instance type"
        return Evidence(what=what, holds=None, because=f"{count} here; how many {names} has is not known")
    most = instance_type.maximum_efa_interfaces
    return Evidence(what=what, holds=count == most, because=f"{count} of the {most} that {instance_type.name} has")


def _security_group(blueprint: Blueprint, with_efa: Sequence[Interface], names: Names) -> Evidence:
    what = "A security group on each of them that lets all traffic in from itself and out to itself"
    answers = [_talks_to_itself(blueprint, interface.groups) for interface in with_efa]
    if all(isinstance(answer, Resource) for answer in answers):
        found = dict.fromkeys(names.of(answer) for answer in answers if isinstance(answer, Resource))
        return Evidence(what=what, holds=True, because=", ".join(found))
    known = False in answers
    because = "an interface has none" if known else _what_is_not_seen(blueprint, with_efa, names)
    return Evidence(what=what, holds=False if known else None, because=because)


def _what_is_not_seen(blueprint: Blueprint, with_efa: Sequence[Interface], names: Names) -> str:
    values = list(dict.fromkeys(value for one in with_efa for value in one.groups))
    closed = [value for value in values if _talks_to_itself(blueprint, [value]) is False]
    unseen = [value for value in values if _talks_to_itself(blueprint, [value]) is None]
    others = ", ".join(map(names.of_value, unseen)) or "a group"
    told = f"the rules of {others} are not in these templates"
    if not closed:
        return told
    return f"{', '.join(map(names.of_value, closed))} {'do' if len(closed) > 1 else 'does'} not; {told}"


def _talks_to_itself(blueprint: Blueprint, groups: Sequence[object]) -> Resource | bool | None:
    """The group that does. None: it may be one that is not of these templates."""
    unseen = False
    for value in groups:
        group = blueprint.templates.at(value)
        if group is None or group.type != "AWS::EC2::SecurityGroup":
            unseen = True
            continue
        if len(blueprint.directions_to_itself(group)) == 2:
            return group
    return None if unseen or not groups else False


def _zone(group: NodeGroup, subnets: Sequence[Subnet], names: Names) -> Evidence:
    what = "All nodes in one zone: EFA does not cross zones"
    values = group.resource.items("Subnets")
    if len(values) == 1:
        zones = [subnet.zone for subnet in subnets if group in subnet.node_groups]
        where = f" in {names.of_value(zones[0])}" if zones and zones[0] else ""
        return Evidence(what=what, holds=True, because=f"1 subnet{where}")
    zones = [subnet.zone for subnet in subnets if group in subnet.node_groups]
    if not values or None in zones or not zones:
        return Evidence(what=what, holds=None, because=f"{len(values) or 'unknown'} subnets")
    return Evidence(what=what, holds=len(set(zones)) == 1, because=", ".join(map(names.of_value, zones)))


def _placement(blueprint: Blueprint, template: LaunchTemplate | None, names: Names) -> Evidence:
    what = "Nodes close to each other"
    placement = None if template is None else placement_group_of(blueprint.templates, template)
    if placement is not None:
        strategy = placement.strategy
        holds = None if strategy is None else strategy == "cluster"
        words = "of a strategy that is not known here" if strategy is None else f"of strategy {strategy}"
        return Evidence(what=what, holds=holds, because=f"placement group {names.of_value(placement.named)} {words}")
    capacity = None if template is None else capacity_of(template.data)
    if capacity is not None and capacity.is_block:
        return Evidence(what=what, holds=True, because="a Capacity Block is in one place: an UltraCluster")
    if capacity is not None and capacity.reservation:
        because = "those of a reservation are where it was made: in a cluster placement group, or anywhere in the zone"
        return Evidence(what=what, holds=None, because=because)
    return Evidence(what=what, holds=False, because="no placement group and no reserved capacity")


def _machine_image(group: NodeGroup) -> Evidence:
    what = "An AMI with the drivers"
    name = group.resource.get("AmiType")
    ami_type = catalogue.AMI_TYPES.get(str(name))
    if ami_type is None or group.instance_type is None or ami_type.name == "CUSTOM":
        return Evidence(what=what, holds=None, because=str(name or "the AMI type is EKS's choice"))
    misfit = catalogue.ami_type_misfit(ami_type, group.instance_type)
    if misfit is not None:
        return Evidence(what=what, holds=False, because=f"{ami_type.name} {misfit.problem}")
    return Evidence(what=what, holds=True, because=ami_type.name)


def _device_plugins(clusters: Sequence[ReviewedCluster], group: NodeGroup) -> Iterator[Evidence]:
    for cluster in clusters:
        for plugin in catalogue.DevicePlugin:
            if group in cluster.node_groups_with(plugin.resource):
                yield _device_plugin(cluster, group, plugin.resource, f"{plugin.heading} on the nodes")


def _device_plugin(cluster: ReviewedCluster, group: NodeGroup, resource: str, what: str) -> Evidence:
    if group.brings(resource):
        return Evidence(what=what, holds=True, because="the AMI brings it")
    answers = [may_run_on(cluster, one, group) for one in cluster.running(PLUGINS[resource])]
    if True in answers:
        return Evidence(what=what, holds=True, because="its labels and tolerations fit the node group")
    if None in answers:
        return Evidence(what=what, holds=None, because="it depends on labels that EKS sets")
    if answers:
        return Evidence(what=what, holds=False, because="it does not run on the node group's nodes")
    if cluster.surely_lacks_plugin(resource):
        return Evidence(what=what, holds=None, because="not of these templates: something else has to install it")
    return Evidence(what=what, holds=None, because="not of these templates: it may be there already")
