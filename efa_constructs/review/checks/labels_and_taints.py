"""Checks of the labels and taints of node groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...catalogue import node_label_rules, node_labels
from ...rules import node_groups as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..node_group import NodeGroup
from ..shapes import as_list, at_path
from ..values import is_known, known_text

__all__ = ["LABEL_AND_TAINT_CHECKS"]


def _labels(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        for key, value in group.labels.items():
            yield from _key(group, "Labels", key)
            domain = node_label_rules.reserved_domain(key)
            if domain is not None:
                yield fault(rules.RESERVED_LABEL, group.resource, "Labels", key=key, domain=domain)
            yield from _value(group, "Labels", key, value, node_label_rules.is_label_value)
        yield from _missing(group)


def _missing(group: NodeGroup) -> Iterator[Fault]:
    instance = group.instance_type
    labels = group.resource.get("Labels", {})
    if instance is None or not group.efa_interfaces or not isinstance(labels, dict):
        return
    wanted = node_labels(instance, has_efa=True, ami_type=group.ami_type)
    missing = [
        f"{key}={value}" for key, value in wanted.items() if labels.get(key) != value and is_known(labels.get(key))
    ]
    if missing:
        yield fault(rules.LABELS_MISSING, group.resource, "Labels", missing=", ".join(missing))


def _taints(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        taints = as_list(at_path(group.resource.properties, "Taints"))
        if len(taints) > node_label_rules.MAXIMUM_TAINTS:
            yield fault(
                rules.TOO_MANY_TAINTS,
                group.resource,
                "Taints",
                count=len(taints),
                maximum=node_label_rules.MAXIMUM_TAINTS,
            )
        seen: list[tuple[Any, Any]] = []
        for taint in taints:
            if isinstance(taint, dict):
                yield from _taint(group, taint, seen)
                seen.append((taint.get("Key"), taint.get("Effect")))


def _taint(group: NodeGroup, taint: dict[str, Any], seen: list[tuple[Any, Any]]) -> Iterator[Fault]:
    key, effect = taint.get("Key"), taint.get("Effect")
    if not key or not effect:
        yield fault(rules.TAINT_INCOMPLETE, group.resource, "Taints", key=key)
        return
    yield from _key(group, "Taints", key)
    yield from _value(group, "Taints", key, taint.get("Value", ""), node_label_rules.is_taint_value)
    if (key, effect) in seen:
        yield fault(rules.SAME_TAINT, group.resource, "Taints", key=key)


def _key(group: NodeGroup, path: str, key: Any) -> Iterator[Fault]:
    if known_text(key) is not None and not node_label_rules.is_key(key):
        yield fault(rules.ILL_FORMED_NODE_KEY, group.resource, path, key=key)


def _value(group: NodeGroup, path: str, key: Any, value: Any, accepts: Callable[[str], bool]) -> Iterator[Fault]:
    if known_text(value) is not None and not accepts(value):
        yield fault(rules.ILL_FORMED_LABEL_VALUE, group.resource, path, key=key, value=value)


LABEL_AND_TAINT_CHECKS = (
    *checks_of(
        _labels,
        rules.LABELS_MISSING,
        rules.RESERVED_LABEL,
    ),
    *checks_of(_taints, rules.TOO_MANY_TAINTS, rules.TAINT_INCOMPLETE, rules.SAME_TAINT),
    *checks_of(
        lambda blueprint: (*blueprint.once(_labels), *blueprint.once(_taints)),
        rules.ILL_FORMED_NODE_KEY,
        rules.ILL_FORMED_LABEL_VALUE,
    ),
)
