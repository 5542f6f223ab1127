"""Checks of how the nodes of a group are paid for."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalogue.search import known_instance_type
from ...rules import node_groups as rules
from ..blueprint import Blueprint
from ..capacity import Capacity, capacity_of
from ..check import Fault, checks_of, fault
from ..node_group import NodeGroup
from ..values import is_known

__all__ = ["CAPACITY_CHECKS"]

_TYPES = ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK")
_PATH = "CapacityType"


def _capacity(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        kind = group.resource.get(_PATH, "ON_DEMAND")
        # What else it may be, its schema knows.
        if kind not in _TYPES:
            continue
        capacity = capacity_of(group.template_data)
        if kind == "CAPACITY_BLOCK" and group.has_own_template:
            yield from _block(group, capacity)
        elif capacity.is_block:
            yield fault(rules.MARKET_OF_A_BLOCK, group.resource, _PATH, capacity_type=kind)
        if capacity.market_type and not capacity.is_block and is_known(capacity.market_type):
            path = "LaunchTemplateData.InstanceMarketOptions.MarketType"
            owner = group.launch_template.resource if group.launch_template is not None else group.resource
            yield fault(rules.MARKET_OPTIONS, owner, path, market=capacity.market_type)
        if kind == "SPOT":
            yield from _spot(group, capacity)
        yield from _usage_class(group, str(kind))


def _block(group: NodeGroup, capacity: Capacity) -> Iterator[Fault]:
    if not capacity.is_block and is_known(capacity.market_type):
        yield fault(rules.BLOCK_WITHOUT_MARKET, group.resource, _PATH)
    if not capacity.reservation:
        yield fault(rules.BLOCK_WITHOUT_RESERVATION, group.resource, _PATH, value="CAPACITY_BLOCK")
    if not group.template_data.get("InstanceType"):
        yield fault(rules.BLOCK_WITHOUT_INSTANCE_TYPE, group.resource, _PATH)


def _spot(group: NodeGroup, capacity: Capacity) -> Iterator[Fault]:
    if capacity.reservation:
        yield fault(rules.SPOT_WITH_RESERVATION, group.resource, _PATH, reservation=capacity.reservation)
    elif group.efa_interfaces:
        yield fault(rules.SPOT, group.resource, _PATH)


def _usage_class(group: NodeGroup, kind: str) -> Iterator[Fault]:
    for name in group.instance_type_names:
        instance = known_instance_type(name)
        usage_class = kind.lower().replace("_", "-")
        if instance is not None and instance.usage_classes and usage_class not in instance.usage_classes:
            offered = ", ".join(instance.usage_classes)
            yield fault(rules.USAGE_CLASS, group.resource, _PATH, capacity_type=kind, instance=name, offered=offered)


CAPACITY_CHECKS = checks_of(
    _capacity,
    rules.BLOCK_WITHOUT_MARKET,
    rules.BLOCK_WITHOUT_RESERVATION,
    rules.BLOCK_WITHOUT_INSTANCE_TYPE,
    rules.MARKET_OF_A_BLOCK,
    rules.MARKET_OPTIONS,
    rules.SPOT_WITH_RESERVATION,
    rules.SPOT,
    rules.USAGE_CLASS,
)
