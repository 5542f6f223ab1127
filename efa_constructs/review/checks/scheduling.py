"""Checks of whether there are nodes for pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain, combinations
from typing import Any

from ... import catalogue
from ...catalogue import EFA_RESOURCE, HUGEPAGES_RESOURCE, InstanceType
from ...pods.known_programs import KUEUE_QUEUE_LABEL, PLUGINS
from ...pods.node_rules import unmet_requirement, untolerated_taints
from ...pods.requests import written
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about_pods
from ..clusters import ReviewedCluster, each_pod
from ..jobs import may_run_elsewhere
from ..labels_of_nodes import (
    is_for_groups_to_set,
    knows_labels,
    labels_by_aws,
    may_have_nodes_beside_karpenters,
    may_have_other_nodes,
)
from ..node_group import NodeGroup
from ..pod_templates import KINDS_WITH_ROLES, PodTemplate
from ..shapes import as_mapping, at_path
from ..subnets import zone_of
from ..values import is_known, whole_number

__all__ = ["SCHEDULING_CHECKS"]


def _too_large(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        instance = cluster.type_for(template)
        if instance is None:
            continue
        for resource, most in _room(instance).items():
            wanted = template.requests.get(resource, Decimal(0))
            if wanted > most:
                yield about_pods(
                    template,
                    resource=resource,
                    wanted=written(resource, wanted),
                    most=written(resource, most),
                    type=instance.name,
                )


def _room(instance: InstanceType) -> Mapping[str, Decimal]:
    """What a node of a type has at most."""
    node = catalogue.allocatable(instance)
    room = {
        "cpu": Decimal(node.cpu_millicores) / 1000,
        "memory": Decimal(node.memory_mib) * 2**20,
        HUGEPAGES_RESOURCE: Decimal(node.hugepages_2mi_mib) * 2**20,
        EFA_RESOURCE: Decimal(instance.known_efa_interfaces),
    }
    accelerators = catalogue.accelerator_resource(instance)
    return room if accelerators is None else {**room, accelerators: Decimal(instance.accelerator_count)}


def _not_tolerated(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        groups = cluster.groups_for(template)
        refused = [(group, untolerated_taints(template.spec, cluster.node_of(group))) for group in groups]
        # One that takes them is enough.
        if refused and all(taints for _, taints in refused):
            group, (taint, *_) = refused[0]
            if is_known(str(taint)):
                yield about_pods(template, taint=str(taint), key=taint.key, group=group.resource.name)


def _too_many(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        groups = cluster.groups_for(template)
        maximum = whole_number(groups[0].resource.get("ScalingConfig.MaxSize")) if len(groups) == 1 else None
        if maximum is None or template.replicas is None or template.replicas <= maximum:
            continue
        instance = groups[0].instance_type
        if instance is not None and _takes_a_whole_node(template, instance):
            yield about_pods(template, workers=template.replicas, group=groups[0].resource.name, maximum=maximum)


def _takes_a_whole_node(template: PodTemplate, instance: InstanceType) -> bool:
    """Whether no two of the pods fit a node."""
    return any(2 * template.requests.get(resource, Decimal(0)) > most for resource, most in _room(instance).items())


def _nowhere(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _selecting_pods(blueprint):
        unmet = [_unmet_by_aws(blueprint, template, group) for group in cluster.node_groups]
        if all(unmet):
            yield about_pods(template, requirement=_in_words(words for each in unmet for words in each))


def _unlabelled(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _selecting_pods(blueprint):
        groups = [group for group in cluster.node_groups if not _unmet_by_aws(blueprint, template, group)]
        nodes = [_node(group.labels) for group in groups]
        unmet = [unmet_requirement(template.spec, node, judges=is_for_groups_to_set) for node in nodes]
        requirements = [each[1] for each in unmet if each is not None]
        if requirements and len(requirements) == len(unmet) and all(map(knows_labels, groups)):
            yield about_pods(template, requirement=_in_words(requirements))


def _apart(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        several = template.role == "worker" and (template.replicas or 0) > 1 and template.asks_for(EFA_RESOURCE)
        if not several or _are_kept_together(template):
            continue
        groups = [
            group
            for group in cluster.groups_for(template)
            if not untolerated_taints(template.spec, cluster.node_of(group))
        ]
        for one, other in combinations(groups, 2):
            how = _how_apart(blueprint, one, other)
            if how is not None:
                yield about_pods(template, one=one.resource.name, other=other.resource.name, apart=how)
                break


def _are_kept_together(template: PodTemplate) -> bool:
    """Whether something other than the nodes' labels may keep the pods of a job on nodes of one kind."""
    words = {**as_mapping(at_path(template.of.content, "metadata", "labels")), **template.labels}
    affinity = at_path(template.spec, "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return bool(affinity) or template.spec.get("schedulerName") is not None or KUEUE_QUEUE_LABEL in words


def _how_apart(blueprint: Blueprint, one: NodeGroup, other: NodeGroup) -> str | None:
    """Why the nodes of two groups exchange no EFA traffic, in words. None: they do, as far as is known."""
    places = [
        [zone_of(blueprint.templates, subnet) for subnet in group.resource.items("Subnets")] for group in (one, other)
    ]
    zones = [{zone for zone in each if zone is not None} for each in places]
    if all(places) and None not in chain(*places) and zones[0].isdisjoint(zones[1]):
        return f"which are in {' and '.join(', '.join(sorted(each)) for each in zones)}"
    types = [group.instance_type for group in (one, other)]
    for own, peer in (types, types[::-1]):
        if own is not None and peer is not None and own.efa_only_with_own_kind and own.family != peer.family:
            return f"and {own.name} and {peer.name} exchange no EFA traffic"
    return None


def _tainted(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        is_for_devices = template.spec.get("resourceClaims") or any(map(template.asks_for, PLUGINS))
        if template.of.kind == "DaemonSet" or template.replicas == 0 or is_for_devices:
            continue
        if may_have_other_nodes(blueprint, cluster):
            continue
        nodes = [cluster.node_of(group) for group in cluster.node_groups]
        # Labels that nobody has are another mistake.
        refused = [
            untolerated_taints(template.spec, node) for node in nodes if unmet_requirement(template.spec, node) is None
        ]
        if refused and all(refused) and is_known(str(refused)):
            taint = refused[0][0]
            yield about_pods(template, taint=str(taint), key=taint.key)


def _huge_pages_of_karpenter(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        pools = [one for one in cluster.of_kind("NodePool") if one.group == "karpenter.sh"]
        # A pool of a fixed size makes its nodes without pods that wait for them.
        told = any(cluster.of_kind("NodeOverlay")) or any(at_path(one.content, "spec", "replicas") for one in pools)
        if not pools or told or may_have_nodes_beside_karpenters(blueprint, cluster):
            continue
        if cluster.groups_for(template) or not any(map(template.asks_for, PLUGINS)):
            continue
        for resource, amount in template.requests.items():
            if resource.startswith("hugepages-") and amount > 0:
                yield about_pods(template, resource=resource, amount=written(resource, amount))


def _selecting_pods(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, PodTemplate]]:
    """The pods for devices, and those of jobs, on clusters of whose nodes the templates know all."""
    for cluster, template in each_pod(blueprint):
        wanted = template.of.kind in KINDS_WITH_ROLES or any(map(template.asks_for, PLUGINS))
        if not wanted or template.of.kind == "DaemonSet" or may_run_elsewhere(template.of):
            continue
        known = is_known([template.spec.get("nodeSelector"), template.spec.get("affinity")])
        if known and not may_have_other_nodes(blueprint, cluster):
            yield cluster, template


def _unmet_by_aws(blueprint: Blueprint, template: PodTemplate, group: NodeGroup) -> list[str]:
    """What a pod requires, and no node of a group has: of the labels that AWS sets. Empty: it may go to one."""
    unmet = [
        unmet_requirement(template.spec, _node(labels), judges=labels.__contains__)
        for labels in labels_by_aws(blueprint.templates, group)
    ]
    words = [each[1] for each in unmet if each is not None]
    return words if len(words) == len(unmet) else []


def _node(labels: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"metadata": {"name": "", "labels": labels}}


def _in_words(requirements: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(requirements))


SCHEDULING_CHECKS = (
    Check(rule=rules.PODS_FIT_NODES, violations=_too_large),
    Check(rule=rules.NODES_TAKE_PODS, violations=_not_tolerated),
    Check(rule=rules.ENOUGH_NODES, violations=_too_many),
    Check(rule=rules.THERE_ARE_NODES_FOR_PODS, violations=_nowhere),
    Check(rule=rules.NODES_HAVE_LABELS_THAT_PODS_SELECT, violations=_unlabelled),
    Check(rule=rules.NODES_REACH_EACH_OTHER, violations=_apart),
    Check(rule=rules.PODS_HAVE_A_NODE, violations=_tainted),
    Check(rule=rules.KARPENTER_KNOWS_HUGE_PAGES, violations=_huge_pages_of_karpenter),
)
