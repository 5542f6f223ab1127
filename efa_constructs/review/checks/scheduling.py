"""Checks of whether there are nodes for pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ... import catalogue
from ...catalogue import EFA_RESOURCE, HUGEPAGES_RESOURCE, InstanceType
from ...pods.known_programs import PLUGINS
from ...pods.node_rules import unmet_requirement, untolerated_taints
from ...pods.requests import written
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about_pods
from ..clusters import ReviewedCluster, each_pod
from ..labels_of_nodes import is_for_groups_to_set, knows_labels, labels_by_aws, may_have_other_nodes
from ..node_group import NodeGroup
from ..pod_templates import KINDS_WITH_ROLES, PodTemplate
from ..shapes import at_path
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


def _selecting_pods(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, PodTemplate]]:
    """The pods for devices, and those of jobs, on clusters of whose nodes the templates know all."""
    for cluster, template in each_pod(blueprint):
        wanted = template.of.kind in KINDS_WITH_ROLES or any(map(template.asks_for, PLUGINS))
        manager = at_path(template.of.content, "spec", "runPolicy", "managedBy")
        # Kueue may send a job to another cluster.
        if not wanted or template.of.kind == "DaemonSet" or manager not in (None, "kubeflow.org/mpi-operator"):
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
)
