"""Checks of the security groups of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...catalogue.tags import TRAFFIC_TAG
from ...rules import security_groups as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..launch_template import Interface, LaunchTemplate
from ..node_group import NodeGroup
from ..reach import is_world
from ..resource import Resource
from ..security_groups import GroupRule
from ..shapes import as_list, as_mappings, at_path
from ..values import Reference, is_known, whole_number

__all__ = ["SECURITY_GROUP_CHECKS"]

_SECURITY_GROUP = "AWS::EC2::SecurityGroup"
_PROTOCOLS = re.compile(r"-1|tcp|udp|icmp|icmpv6|\d{1,3}", re.IGNORECASE)
# AWS Load Balancer Controller, "Security Groups": by which it finds the group to open.
_CLUSTER_TAG = "kubernetes.io/cluster/"
_TCP = ("tcp", "6")
_WITHOUT_PORTS = ("icmp", "icmpv6", "1", "58")


def _closed_groups(blueprint: Blueprint) -> Iterator[Fault]:
    """Groups of EFA interfaces that do not let EFA pass."""
    seen = set()
    for template in blueprint.launch_templates:
        halves = list(_half_rules(blueprint, template))
        for found in halves:
            if (found.rule, found.violation.resource) not in seen:
                seen.add((found.rule, found.violation.resource))
                yield found
        if not halves:
            yield from _no_way_between(blueprint, template)


def _half_rules(blueprint: Blueprint, template: LaunchTemplate) -> Iterator[Fault]:
    for group in _groups_at(blueprint, [each for one in template.efa_interfaces for each in one.groups]):
        directions = blueprint.directions_to_itself(group)
        carriers = [one for one in template.efa_interfaces if group in _groups_at(blueprint, one.groups)]
        if len(directions) != 1 or _others_let_pass(blueprint, group, carriers):
            continue
        way_in = directions == {"Ingress"}
        if not _is_for_efa(group) and all(_carries_cluster_group(one.groups) for one in carriers):
            half = "out to" if way_in else "in from"
            yield fault(rules.ONLY_THE_CLUSTER_GROUP, group, group=group.logical_id, half=half)
        else:
            rule = rules.EGRESS_TO_ITSELF if way_in else rules.INGRESS_FROM_ITSELF
            yield fault(rule, group, group=group.logical_id)


def _others_let_pass(blueprint: Blueprint, group: Resource, carriers: Iterable[Interface]) -> bool:
    """Whether on every interface that carries a group another one lets EFA pass."""
    return all(
        any(
            len(blueprint.directions_to_itself(other)) == 2
            for other in _groups_at(blueprint, one.groups)
            if other is not group
        )
        for one in carriers
    )


def _no_way_between(blueprint: Blueprint, template: LaunchTemplate) -> Iterator[Fault]:
    """The first two EFA interfaces between which nothing passes. What has a group of elsewhere is not judged."""
    by_groups = {tuple(one.groups): one for one in template.efa_interfaces if one.groups}
    for sender in by_groups.values():
        for receiver in by_groups.values():
            half = _missing_half(blueprint, sender, receiver)
            if half is not None:
                names = [each.logical_id for each in _groups_at(blueprint, [*sender.groups, *receiver.groups])]
                yield fault(
                    rules.EFA_DOES_NOT_PASS,
                    template.resource,
                    sender.path,
                    sender=sender.title,
                    receiver="the same of another node" if sender is receiver else receiver.title,
                    groups=", ".join(names),
                    half=half,
                )
                return


def _missing_half(blueprint: Blueprint, sender: Interface, receiver: Interface) -> str | None:
    own, peers = _groups_at(blueprint, sender.groups), _groups_at(blueprint, receiver.groups)
    if len(own) < len(set(sender.groups)) or len(peers) < len(set(receiver.groups)):
        return None
    if not _opens(blueprint, own, peers, "Egress"):
        return "out"
    return None if _opens(blueprint, peers, own, "Ingress") else "in"


def _opens(blueprint: Blueprint, own: Sequence[Resource], peers: Sequence[Resource], direction: str) -> bool:
    return any(
        # A group that only the deployment knows may be one of the peers.
        blueprint.templates.at(rule.peer_group) in peers or not _is_known_group(rule.peer_group)
        for group in own
        for rule in blueprint.rules_of(group)
        if rule.direction == direction and rule.is_of_all_traffic and rule.peer_group is not None
    )


def _is_known_group(value: Any) -> bool:
    """Whether a value is a reference, or an id."""
    return isinstance(value, Reference) or is_known(value)


def _groups_at(blueprint: Blueprint, values: Iterable[Any]) -> list[Resource]:
    """The security groups of the templates among some values."""
    found = (blueprint.templates.at(value) for value in values)
    return list(dict.fromkeys(each for each in found if each is not None and each.type == _SECURITY_GROUP))


def _is_for_efa(group: Resource) -> bool:
    return any(tag.get("Key") == TRAFFIC_TAG for tag in as_mappings(at_path(group.properties, "Tags")))


def _cluster_group(values: Iterable[Any]) -> Reference | None:
    """The group that EKS makes for a cluster, as AWS::EKS::Cluster and CDK's own resource give it."""
    return next(
        (each for each in values if isinstance(each, Reference) and each.attribute == "ClusterSecurityGroupId"), None
    )


def _carries_cluster_group(values: Iterable[Any]) -> bool:
    return _cluster_group(values) is not None


def _cluster_groups_missing(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        template = group.launch_template
        primary = next((one for one in group.interfaces if one.is_primary and one.groups), None)
        if template is None or primary is None:
            continue
        clusters = _cluster_group(primary.groups)
        if clusters is not None:
            for one in group.interfaces:
                if one.type != "efa-only" and _lacks(one, clusters):
                    yield fault(rules.CLUSTER_GROUP_MISSING, template.resource, one.path)
        elif _is_shut_out(blueprint, group, primary):
            yield fault(rules.CLUSTER_GROUP_MISSING_ON_PRIMARY, template.resource, primary.path)


def _lacks(interface: Interface, group: Reference) -> bool:
    return bool(interface.groups) and group not in interface.groups and all(map(_is_known_group, interface.groups))


def _is_shut_out(blueprint: Blueprint, group: NodeGroup, primary: Interface) -> bool:
    """Whether all groups of the primary interface are of the templates, and no rule of another group lets them in."""
    own = _groups_at(blueprint, primary.groups)
    if len(own) < len(set(map(str, primary.groups))):
        return False
    cluster = blueprint.cluster_of(group)
    beside = as_list(cluster.get("ResourcesVpcConfig.SecurityGroupIds")) if cluster is not None else []
    if any(each in own for each in _groups_at(blueprint, beside)):
        return False
    return not any(
        rule.direction == "Ingress" and blueprint.templates.at(rule.peer_group) in own and rule.group not in own
        for rule in blueprint.group_rules
    )


def _interfaces_without_groups(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        if any(one.groups for one in template.interfaces):
            for one in template.interfaces:
                if one.content.get("Groups") in (None, []):
                    yield fault(rules.NO_SECURITY_GROUP, template.resource, one.path)


def _cluster_tags(blueprint: Blueprint) -> Iterator[Fault]:
    """Groups of nodes' interfaces with the tag of a cluster, beside another one with it."""
    seen = set()
    for template in blueprint.launch_templates:
        for interface in template.interfaces if blueprint.node_groups_of(template) else ():
            tagged = {group: tag for group in _groups_at(blueprint, interface.groups) if (tag := _cluster_tag(group))}
            cluster = _cluster_group(interface.groups)
            names = ["the group that EKS makes for the cluster"] if cluster is not None else []
            for group, tag in tagged.items():
                if names and group not in seen:
                    seen.add(group)
                    values = {"group": group.logical_id, "tag": tag, "other": names[0]}
                    yield fault(rules.SEVERAL_CLUSTER_TAGS, group, "Tags", **values, where=interface.title)
                names.append(group.logical_id)


def _cluster_tag(group: Resource) -> str | None:
    keys = [tag.get("Key") for tag in as_mappings(at_path(group.properties, "Tags"))]
    tags = [key for key in keys if isinstance(key, str) and key.startswith(_CLUSTER_TAG)]
    return f"{_CLUSTER_TAG}..." if tags and not is_known(tags[0]) else next(iter(tags), None)


def _open_groups(blueprint: Blueprint) -> Iterator[Fault]:
    """Rules of nodes' groups that let the internet in."""
    values = [value for template in blueprint.launch_templates for value in template.groups]
    for group in _groups_at(blueprint, values):
        for rule in blueprint.rules_of(group):
            cidr = next((each for each in rule.cidrs if is_world(each)), None)
            if rule.direction == "Ingress" and cidr is not None and rule.protocol.lower() not in _WITHOUT_PORTS:
                ssh = _includes_ssh(rule)
                if ssh is not None:
                    which = rules.SSH_OPEN_TO_THE_WORLD if ssh else rules.OPEN_TO_THE_WORLD
                    yield fault(
                        which, rule.resource, rule.path, group=group.logical_id, traffic=_traffic(rule), cidr=cidr
                    )


def _includes_ssh(rule: GroupRule) -> bool | None:
    """None: only the deployment knows."""
    if rule.is_of_all_traffic:
        return True
    if rule.protocol.lower() not in _TCP:
        return False
    first, last = whole_number(rule.content.get("FromPort")), whole_number(rule.content.get("ToPort"))
    return None if first is None or last is None else first <= 22 <= last


def _traffic(rule: GroupRule) -> str:
    if rule.is_of_all_traffic:
        return "all traffic"
    first, last = rule.content.get("FromPort"), rule.content.get("ToPort")
    return f"{rule.protocol} {first}" if first == last else f"{rule.protocol} {first} to {last}"


def _unknown_protocols(blueprint: Blueprint) -> Iterator[Fault]:
    for rule in blueprint.group_rules:
        if "IpProtocol" in rule.content and is_known(rule.protocol) and not _PROTOCOLS.fullmatch(rule.protocol):
            path = f"{rule.path}.IpProtocol".removeprefix(".")
            yield fault(rules.UNKNOWN_PROTOCOL, rule.resource, path, protocol=rule.protocol)


SECURITY_GROUP_CHECKS = (
    *checks_of(
        _closed_groups,
        rules.EGRESS_TO_ITSELF,
        rules.INGRESS_FROM_ITSELF,
        rules.EFA_DOES_NOT_PASS,
        rules.ONLY_THE_CLUSTER_GROUP,
    ),
    *checks_of(_cluster_groups_missing, rules.CLUSTER_GROUP_MISSING_ON_PRIMARY, rules.CLUSTER_GROUP_MISSING),
    *checks_of(_interfaces_without_groups, rules.NO_SECURITY_GROUP),
    *checks_of(_cluster_tags, rules.SEVERAL_CLUSTER_TAGS),
    *checks_of(_open_groups, rules.SSH_OPEN_TO_THE_WORLD, rules.OPEN_TO_THE_WORLD),
    *checks_of(_unknown_protocols, rules.UNKNOWN_PROTOCOL),
)
