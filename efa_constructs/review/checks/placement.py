"""Checks of placement groups and reservations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...catalogue.capacity_reservations import CAPACITY_RESERVATION_ID, RESERVATION_GROUP_ARN
from ...rules import launch_templates as rules
from ..blueprint import Blueprint
from ..capacity import PlacementGroup, capacity_of, placement_group_of
from ..check import Fault, checks_of, fault
from ..launch_template import LaunchTemplate
from ..node_group import NodeGroup
from ..resource import Resource
from ..shapes import at_path
from ..subnets import zone_of
from ..values import is_known, known_text, whole_number

__all__ = ["PLACEMENT_CHECKS"]

_PATH = "LaunchTemplateData.Placement"
_TARGET = "LaunchTemplateData.CapacityReservationSpecification.CapacityReservationTarget"
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "CapacityReservationId": (CAPACITY_RESERVATION_ID, "cr-0123456789abcdef0"),
    "CapacityReservationResourceGroupArn": (
        RESERVATION_GROUP_ARN,
        "arn:aws:resource-groups:us-west-2:123456789012:group/training",
    ),
}
_PREFERENCE = "CapacityReservationPreference"
_SPREADING = ("partition", "spread")


def _placement(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        group = placement_group_of(blueprint.templates, template)
        if group is None:
            yield from _no_group(blueprint, template)
        else:
            yield from _group(blueprint, template, group)


def _no_group(blueprint: Blueprint, template: LaunchTemplate) -> Iterator[Fault]:
    capacity, instance = capacity_of(template.data), blueprint.type_of(template)
    can_be = instance is not None and "cluster" in instance.placement_strategies
    for group in blueprint.node_groups_of(template):
        reserved = capacity.reservation or capacity.is_block or group.resource.get("CapacityType") == "CAPACITY_BLOCK"
        if group.efa_interfaces and can_be and not reserved:
            yield fault(rules.NO_PLACEMENT_GROUP, group.resource)


def _group(blueprint: Blueprint, template: LaunchTemplate, group: PlacementGroup) -> Iterator[Fault]:
    capacity, instance, strategy = capacity_of(template.data), blueprint.type_of(template), group.strategy
    if capacity.is_block:
        yield fault(rules.BLOCK_IN_PLACEMENT_GROUP, template.resource, _PATH, group=group.title)
        return
    supported = instance.placement_strategies if instance is not None else ()
    if instance is not None and supported and strategy in ("cluster", *_SPREADING) and strategy not in supported:
        yield fault(
            rules.STRATEGY_NOT_SUPPORTED,
            template.resource,
            _PATH,
            group=group.title,
            strategy=strategy,
            instance=instance.name,
            supported=", ".join(supported),
        )
    elif template.efa_interfaces and group.resource is not None and strategy in _SPREADING:
        yield fault(rules.NOT_CLUSTERED, group.resource, "Strategy", group=group.title, strategy=strategy)
    if capacity.reservation and group.resource is not None and not _reserved_there(blueprint):
        yield fault(rules.RESERVATION_IN_NEW_PLACEMENT_GROUP, template.resource, _PATH, group=group.title)


def _reserved_there(blueprint: Blueprint) -> bool:
    """Whether the templates make reservations in placement groups."""
    reservations = blueprint.templates.of_type("AWS::EC2::CapacityReservation")
    return any(reservation.get("PlacementGroupArn") for reservation in reservations)


def _reservations(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        capacity = capacity_of(template.data)
        if capacity.reservation_id and capacity.reservation_group:
            yield fault(
                rules.TWO_RESERVATIONS,
                template.resource,
                _TARGET,
                reservation=capacity.reservation_id,
                group=capacity.reservation_group,
            )
        given = zip(_FORMS, (capacity.reservation_id, capacity.reservation_group), strict=True)
        for name, value in given:
            form, example = _FORMS[name]
            if value and is_known(value) and not form.fullmatch(known_text(value) or ""):
                yield fault(
                    rules.ILL_FORMED_RESERVATION, template.resource, f"{_TARGET}.{name}", value=value, example=example
                )


def _preferences(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        reservation = capacity_of(template.data).reservation
        preference = known_text(at_path(template.data, "CapacityReservationSpecification", _PREFERENCE))
        if reservation and preference not in (None, "capacity-reservations-only"):
            yield fault(
                rules.RESERVATION_NOT_PREFERRED,
                template.resource,
                f"LaunchTemplateData.CapacityReservationSpecification.{_PREFERENCE}",
                preference=preference,
                reservation=blueprint.templates.title(reservation),
            )


def _of_others(blueprint: Blueprint) -> Iterator[Fault]:
    """Reservations of the templates that do not fit the nodes that are to come from them."""
    for group in blueprint.node_groups:
        reservation = blueprint.templates.at(capacity_of(group.template_data).reservation_id)
        if reservation is None or reservation.type != "AWS::EC2::CapacityReservation":
            continue
        for reserved, wants in _differences(blueprint, group, reservation):
            yield fault(
                rules.RESERVATION_OF_OTHERS,
                reservation,
                reservation=reservation.logical_id,
                reserved=reserved,
                group=group.resource.name,
                wants=wants,
            )


def _differences(blueprint: Blueprint, group: NodeGroup, reservation: Resource) -> Iterator[tuple[str, str]]:
    """What a reservation is, and what its nodes are instead, in words."""
    types, zone = group.instance_type_names, known_text(reservation.get("AvailabilityZone"))
    reserved = known_text(reservation.get("InstanceType"))
    if reserved is not None and types and reserved not in types:
        yield f"of {reserved}", f"makes {', '.join(types)}"
    zones = {zone_of(blueprint.templates, subnet) for subnet in group.resource.items("Subnets")}
    if zone is not None and zones and None not in zones and zone not in zones:
        yield f"in {zone}", f"is in {', '.join(sorted(map(str, zones)))}"
    count = whole_number(reservation.get("InstanceCount"))
    desired = whole_number(group.resource.get("ScalingConfig.DesiredSize"))
    if count is not None and desired is not None and desired > count:
        yield f"for {count} instance{'s' if count != 1 else ''}", f"is to have {desired}"


PLACEMENT_CHECKS = (
    *checks_of(
        _placement,
        rules.NO_PLACEMENT_GROUP,
        rules.NOT_CLUSTERED,
        rules.STRATEGY_NOT_SUPPORTED,
        rules.BLOCK_IN_PLACEMENT_GROUP,
        rules.RESERVATION_IN_NEW_PLACEMENT_GROUP,
    ),
    *checks_of(_preferences, rules.RESERVATION_NOT_PREFERRED),
    *checks_of(_of_others, rules.RESERVATION_OF_OTHERS),
    *checks_of(_reservations, rules.ILL_FORMED_RESERVATION, rules.TWO_RESERVATIONS),
)
