"""Which network interfaces an EFA instance gets, on which network cards."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ..errors import InvalidArgumentError
from .instance_types import InstanceType, NetworkCard
from .nearest import nearest
from .search import get

if TYPE_CHECKING:
    from ..rules import Rule

__all__ = [
    "EFA_INTERFACE_TYPES",
    "InterfaceLayout",
    "MaxPods",
    "NetworkInterface",
    "efa_interface_count",
    "ipv4_addresses_used",
    "max_pods",
    "network_interfaces",
]


# Of EC2's interface types, those that have an EFA device: beside an ENA device, or alone.
EFA_INTERFACE_TYPES = ("efa", "efa-only")


class InterfaceLayout(StrEnum):
    """How EFA and IP share the network cards."""

    # AWS's guidance: one ENA interface on card 0, EFA-only everywhere. One IPv4 address a node, however many EFAs.
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html
    DEFAULT = "default"
    # What eksctl makes: ``efa`` on every card, each with an IPv4 address. No ENA interface of its own.
    CLASSIC = "classic"
    # The default, and one more ENA interface on each further card, for IP traffic at the speed of the cards.
    BANDWIDTH = "bandwidth"


class NetworkInterface(NamedTuple):
    """A network interface of a launch template."""

    network_card_index: int
    device_index: int
    # "interface" (ENA), "efa" (ENA and EFA) or "efa-only"
    interface_type: str

    @property
    def is_efa(self) -> bool:
        """Whether it carries EFA traffic."""
        return self.interface_type in EFA_INTERFACE_TYPES

    @property
    def has_ip_address(self) -> bool:
        """Whether it takes an address of the subnet: all but ``efa-only`` do."""
        return self.interface_type != "efa-only"


class MaxPods(NamedTuple):
    """How many pods fit on a node. ``None`` means that AWS publishes too little to know."""

    # What nodeadm computes: it counts every interface that fits on card 0, also those that EFA-only takes.
    reported: int | None
    # What the addresses that are left really allow.
    usable: int | None
    # What EKS caps a managed node group without a custom AMI at: 110 below 30 vCPUs, else 250.
    managed_limit: int

    @property
    def corrected(self) -> int | None:
        """What kubelet must be told, or None when what it would use anyway is right (or unknown)."""
        if self.reported is None or self.usable is None:
            return None
        correct = min(self.usable, self.managed_limit)
        return correct if correct < min(self.reported, self.managed_limit) else None


def network_interfaces(
    instance_type: InstanceType | str, interface_layout: InterfaceLayout | str = InterfaceLayout.DEFAULT
) -> tuple[NetworkInterface, ...]:
    """Return the interfaces of an instance, by card and device, the primary one first.

    ``default`` and ``bandwidth`` use every EFA interface that the type may have. On a type that has one network card,
    ``bandwidth`` is the same as ``default``: there is no further card to add IP bandwidth on.

    :param instance_type: An EFA instance type, or its name.
    :param interface_layout: ``"default"``, ``"classic"`` or ``"bandwidth"``. Default: ``"default"``.
    :raises InvalidArgumentError: No such layout, or one that the type cannot have.
    """
    if isinstance(instance_type, str):
        instance_type = get(instance_type)
    match _layout(interface_layout):
        case InterfaceLayout.CLASSIC:
            interfaces = _classic(instance_type)
        case InterfaceLayout.BANDWIDTH:
            interfaces = _bandwidth(instance_type)
        case _:
            interfaces = _default(instance_type)
    return tuple(sorted(interfaces, key=lambda interface: (interface.network_card_index, interface.device_index)))


def efa_interface_count(interfaces: tuple[NetworkInterface, ...]) -> int:
    """How many EFAs the node advertises to Kubernetes (``vpc.amazonaws.com/efa``)."""
    return sum(interface.is_efa for interface in interfaces)


def ipv4_addresses_used(interfaces: tuple[NetworkInterface, ...]) -> int:
    """How many addresses of the subnet the interfaces take at launch, before the VPC CNI asks for those of pods."""
    return sum(interface.has_ip_address for interface in interfaces)


def managed_pod_limit(vcpus: int) -> int:
    """Return how many pods EKS lets a node of a managed node group without a custom AMI have, at most.

    Source: EKS User Guide, "Create a managed node group for your cluster".
    """
    return 110 if vcpus < 30 else 250


def max_pods(instance_type: InstanceType | str, interfaces: tuple[NetworkInterface, ...]) -> MaxPods:
    """Return how many pods fit on a node that has these interfaces.

    The VPC CNI uses network card 0 only (unless ``ENABLE_MULTI_NIC``), and gives each pod a secondary address of one of
    its interfaces. nodeadm does not subtract an EFA-only interface, which takes the place of one and has no addresses
    (https://github.com/awslabs/amazon-eks-ami, nodeadm/internal/kubelet). The two more pods use the host's network.
    """
    if isinstance(instance_type, str):
        instance_type = get(instance_type)
    addresses = instance_type.ipv4_addresses_per_interface
    slots = instance_type.network_cards[0].maximum_interfaces
    managed_limit = managed_pod_limit(instance_type.vcpus)
    if addresses is None or slots is None:
        return MaxPods(None, None, managed_limit)
    taken = sum(not interface.has_ip_address for interface in interfaces if interface.network_card_index == 0)
    return MaxPods(slots * (addresses - 1) + 2, (slots - taken) * (addresses - 1) + 2, managed_limit)


def _layout(name: str) -> InterfaceLayout:
    try:
        return InterfaceLayout(name)
    except ValueError:
        meant = nearest(name, InterfaceLayout, most=1)
        hint = f"; did you mean '{meant[0]}'?" if meant else ""
        allowed = ", ".join(InterfaceLayout)
        raise InvalidArgumentError(f"'interface_layout' must be one of {allowed}, got '{name}'{hint}") from None


def _default(instance_type: InstanceType) -> list[NetworkInterface]:
    first, *others = instance_type.network_cards
    efa_left = instance_type.known_efa_interfaces
    if first.supports("efa") and not first.has_room_for(2):
        # hpc6id: no room for EFA-only beside ENA on card 0, so one interface is both.
        interfaces = [NetworkInterface(0, 0, "efa")]
    else:
        interfaces = [NetworkInterface(0, 0, "interface")]
        if first.supports("efa-only") and efa_left:
            interfaces.append(NetworkInterface(0, 1, "efa-only"))
    efa_left -= efa_interface_count(tuple(interfaces))
    cards = [card for card in others if card.supports("efa-only") and _is_documented(instance_type, card)]
    return interfaces + [NetworkInterface(card.index, 0, "efa-only") for card in cards[:efa_left]]


def _bandwidth(instance_type: InstanceType) -> list[NetworkInterface]:
    if instance_type.maximum_efa_interfaces is None:
        raise _refused(
            instance_type,
            InterfaceLayout.BANDWIDTH,
            "AWS documents no layout with more ENA interfaces for its network cards",
        )
    chosen = instance_type.bandwidth_cards
    cards = {
        card.index: card
        for card in instance_type.network_cards[1:]
        if card.supports("interface") and (chosen is None or card.index in chosen)
    }
    # A card with room for one interface (hpc6id) carries ENA and EFA in that one.
    interfaces = [
        NetworkInterface(interface.network_card_index, 0, "efa")
        if interface.network_card_index in cards and not cards[interface.network_card_index].has_room_for(2)
        else interface
        for interface in _default(instance_type)
    ]
    return interfaces + [
        NetworkInterface(card.index, 1, "interface") for card in cards.values() if card.has_room_for(2)
    ]


def _classic(instance_type: InstanceType) -> list[NetworkInterface]:
    first, *others = instance_type.network_cards
    # The words only where they are needed: they would add to the start of every app.
    if not first.supports("efa"):
        from ..rules.interfaces import CARD_CANNOT_CARRY

        raise _refused(instance_type, InterfaceLayout.CLASSIC, "its network card 0 cannot carry EFA", CARD_CANNOT_CARRY)
    cards = [card for card in others if card.supports("efa")][: instance_type.known_efa_interfaces - 1]
    for card in cards:
        if not card.has_room_for(2):
            from ..rules.interfaces import DEVICE_BEYOND_LIMIT

            raise _refused(
                instance_type,
                InterfaceLayout.CLASSIC,
                f"its network card {card.index} has room for one interface, and the layout needs device index 1 there",
                DEVICE_BEYOND_LIMIT,
            )
    return [NetworkInterface(0, 0, "efa")] + [NetworkInterface(card.index, 1, "efa") for card in cards]


def _is_documented(instance_type: InstanceType, card: NetworkCard) -> bool:
    """Whether EFA may be put on the card: on any, unless only the documentation says where."""
    return instance_type.maximum_efa_interfaces is not None or card.index in instance_type.documented_efa_cards


def _refused(
    instance_type: InstanceType, layout: InterfaceLayout, why: str, rule: Rule | None = None
) -> InvalidArgumentError:
    problem = f"'interface_layout' {layout} is impossible on {instance_type.name}: {why}"
    instead = f"use {InterfaceLayout.DEFAULT}"
    return InvalidArgumentError(f"{problem}; {instead}" if rule is None else rule.refusal(problem, instead))
