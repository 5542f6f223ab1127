"""Checks of the network interfaces of nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ... import catalogue
from ...catalogue import InstanceType, NetworkCard
from ...errors import NotAnEfaInstanceTypeError, UnknownInstanceTypeError
from ...rules import Rule
from ...rules import interfaces as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..launch_template import Interface, LaunchTemplate
from ..node_group import NodeGroup
from ..values import is_known, is_true

__all__ = ["INTERFACE_CHECKS"]

_TYPES = ("interface", "efa", "efa-only")
_ADDRESS_SETTINGS = (
    "AssociatePublicIpAddress",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "PrivateIpAddress",
    "PrivateIpAddresses",
    "SecondaryPrivateIpAddressCount",
)


def _interfaces(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        name = _instance_type_name(blueprint, template)
        faults = list(_Layout(template=template, name=name, instance=blueprint.type_of(template)).faults())
        yield from faults
        # How many there are is worth saying only once each is right.
        if not faults and template.knows_interfaces:
            yield from _counts(template, blueprint.type_of(template))


def _instance_type_name(blueprint: Blueprint, template: LaunchTemplate) -> str | None:
    if template.instance_type_name is not None:
        return template.instance_type_name
    names = {name for group in blueprint.node_groups_of(template) for name in group.instance_type_names}
    return names.pop() if len(names) == 1 else None


@dataclass(kw_only=True)
class _Layout:
    """The interfaces of an instance, one after the other: of each, the first thing that is wrong."""

    template: LaunchTemplate
    # Of the instance type; None: not known.
    name: str | None
    # None: not known, or without EFA.
    instance: InstanceType | None
    _places: dict[tuple[int, int], Interface] = field(default_factory=dict)
    _efas: dict[int, Interface] = field(default_factory=dict)

    def faults(self) -> Iterator[Fault]:
        for interface in self.template.interfaces:
            if is_known(interface.type):
                found = self._about(interface)
                if found is not None:
                    yield found

    def _about(self, interface: Interface) -> Fault | None:
        if interface.type not in _TYPES:
            return self._fault(rules.UNKNOWN_INTERFACE_TYPE, interface)
        card, device = interface.card, interface.device
        if card is None or device is None:
            return None
        if (card, device) in self._places:
            return self._collides(rules.SAME_PLACE, interface, self._places[card, device])
        self._places[card, device] = interface
        return (
            self._about_the_type(interface, card, device)
            or self._about_the_card(interface, card, device)
            or self._about_another_efa(interface, card)
            or self._about_addresses(interface)
        )

    def _about_the_type(self, interface: Interface, card: int, device: int) -> Fault | None:
        if interface.type == "efa-only" and (card, device) == (0, 0):
            return self._fault(rules.EFA_ONLY_PRIMARY, interface)
        if interface.has_efa and self.name is not None and _has_no_efa(self.name):
            return self._fault(rules.TYPE_WITHOUT_EFA, interface)
        return None

    def _about_the_card(self, interface: Interface, card: int, device: int) -> Fault | None:
        if self.instance is None:
            return None
        cards: dict[int, NetworkCard] = {each.index: each for each in self.instance.network_cards}
        if card not in cards:
            return self._fault(rules.NO_SUCH_CARD, interface, last=max(cards))
        limit = cards[card].maximum_interfaces
        if limit is not None and device >= limit:
            return self._fault(rules.DEVICE_BEYOND_LIMIT, interface, limit=limit)
        if not cards[card].supports(interface.type):
            supported = ", ".join(cards[card].interface_types)
            return self._fault(rules.CARD_CANNOT_CARRY, interface, supported=supported)
        return None

    def _about_another_efa(self, interface: Interface, card: int) -> Fault | None:
        if not interface.has_efa:
            return None
        if card in self._efas:
            return self._collides(rules.ONE_EFA_A_CARD, interface, self._efas[card])
        self._efas[card] = interface
        return None

    def _about_addresses(self, interface: Interface) -> Fault | None:
        count = len(self.template.interfaces)
        if interface.type == "efa-only":
            given = [name for name in _ADDRESS_SETTINGS if _is_set(interface, name)]
            if given:
                return self._fault(rules.EFA_ONLY_ADDRESS, interface, setting=given[0])
        if count > 1 and is_true(interface.content.get("AssociatePublicIpAddress")):
            return self._fault(rules.PUBLIC_ADDRESS, interface, count=count)
        return None

    def _collides(self, rule: Rule, interface: Interface, other: Interface) -> Fault:
        forgotten = "NetworkCardIndex" not in interface.content
        return self._fault(rules.CARD_MISSING if forgotten else rule, interface, other=other.path)

    def _fault(self, rule: Rule, interface: Interface, **values: object) -> Fault:
        facts = {
            "type": interface.type,
            "card": interface.card,
            "device": interface.device,
            "instance": self.instance.name if self.instance is not None else self.name,
        }
        return fault(rule, self.template.resource, interface.path, **(facts | values))


def _is_set(interface: Interface, name: str) -> bool:
    value = interface.content.get(name)
    return is_known(value) and value not in (None, False, "false", 0, "0", [])


def _has_no_efa(name: str) -> bool:
    try:
        catalogue.get(name)
    except NotAnEfaInstanceTypeError:
        return True
    except UnknownInstanceTypeError:
        return False
    return False


def _counts(template: LaunchTemplate, instance: InstanceType | None) -> Iterator[Fault]:
    path = "LaunchTemplateData.NetworkInterfaces"
    if template.interfaces and not any(one.is_primary for one in template.interfaces):
        yield fault(rules.NO_PRIMARY, template.resource, path)
    count = len(template.efa_interfaces)
    limit = instance.maximum_efa_interfaces if instance is not None else None
    if instance is not None and limit is not None and count and count != limit:
        rule = rules.TOO_MANY_EFAS if count > limit else rules.TOO_FEW_EFAS
        yield fault(rule, template.resource, path, count=count, limit=limit, instance=instance.name)


def _no_efa(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        if group.instance_type is not None and _has_no_efa_interface(group):
            yield fault(rules.NO_EFA_INTERFACE, group.resource, instance=group.instance_type.name)


def _has_no_efa_interface(group: NodeGroup) -> bool:
    if group.launch_template is None:
        return group.has_own_template
    template = group.launch_template
    plain = all(one.type == "interface" for one in template.interfaces)
    return template.knows_interfaces and plain


def _subnets(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        if blueprint.node_groups_of(template):
            for interface in template.interfaces:
                if interface.content.get("SubnetId"):
                    path = f"{interface.path}.SubnetId"
                    yield fault(rules.SUBNET_IN_TEMPLATE, template.resource, path)


INTERFACE_CHECKS = (
    *checks_of(
        _interfaces,
        rules.UNKNOWN_INTERFACE_TYPE,
        rules.SAME_PLACE,
        rules.CARD_MISSING,
        rules.NO_PRIMARY,
        rules.EFA_ONLY_PRIMARY,
        rules.NO_SUCH_CARD,
        rules.DEVICE_BEYOND_LIMIT,
        rules.CARD_CANNOT_CARRY,
        rules.ONE_EFA_A_CARD,
        rules.TOO_MANY_EFAS,
        rules.TOO_FEW_EFAS,
        rules.TYPE_WITHOUT_EFA,
        rules.PUBLIC_ADDRESS,
        rules.EFA_ONLY_ADDRESS,
    ),
    *checks_of(_no_efa, rules.NO_EFA_INTERFACE),
    *checks_of(_subnets, rules.SUBNET_IN_TEMPLATE),
)
