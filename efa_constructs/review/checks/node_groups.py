"""Checks of managed node groups."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.node_groups import SIZES_IN_ORDER
from ..blueprint import Blueprint, whole_number
from ..check import Check, Violation

__all__ = ["NODE_GROUP_CHECKS"]


def _sizes_out_of_order(blueprint: Blueprint) -> Iterator[Violation]:
    for group in blueprint.node_groups:
        sizes = {
            "minimum": whole_number(group.resource.get("ScalingConfig.MinSize")),
            "desired": whole_number(group.resource.get("ScalingConfig.DesiredSize")),
            "maximum": whole_number(group.resource.get("ScalingConfig.MaxSize")),
        }
        given = [size for size in sizes.values() if size is not None]
        if given != sorted(given):
            yield Violation(resource=group.resource, path="ScalingConfig", values=sizes)


NODE_GROUP_CHECKS = (Check(rule=SIZES_IN_ORDER, violations=_sizes_out_of_order),)
