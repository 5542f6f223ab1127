"""What EC2 refuses about the network interfaces of one instance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..hardware import Hardware
from ..resource_type import AwsError
from .facts import Launch

__all__ = ["CHECKS"]


def _security_groups_in_one_place(launch: Launch, hardware: Hardware) -> None:
    top_level = launch.template.get("SecurityGroupIds") or launch.template.get("SecurityGroups")
    if top_level and launch.template.get("NetworkInterfaces"):
        # Quoted: the changelog of hashicorp/terraform-provider-aws, and many other reports.
        raise _error(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level security groups may not be specified on the same request",
        )


def _there_is_a_primary_interface(launch: Launch, hardware: Hardware) -> None:
    primaries = [interface for interface in launch.interfaces if _position(interface) == (0, 0)]
    if not primaries:
        raise _error(
            "InvalidParameterValue",
            "The primary network interface is missing: specify a network interface with device index 0 on network card "
            "index 0",
        )


def _primary_is_not_efa_only(launch: Launch, hardware: Hardware) -> None:
    for interface in launch.interfaces:
        if _position(interface) == (0, 0) and _kind(interface) == "efa-only":
            raise _error(
                "InvalidParameterCombination", "An EFA-only network interface cannot be the primary network interface"
            )


def _interface_types_are_known(launch: Launch, hardware: Hardware) -> None:
    for interface in launch.interfaces:
        if _kind(interface) not in ("interface", "efa", "efa-only"):
            raise _error(
                "InvalidParameterValue",
                f"Invalid value '{_kind(interface)}' for InterfaceType. Allowed values are interface, efa, efa-only",
            )


def _type_has_efa(launch: Launch, hardware: Hardware) -> None:
    if not hardware.has_efa and any(_efa(launch)):
        raise _error(
            "InvalidParameterCombination", f"{hardware.name} instances do not support Elastic Fabric Adapters."
        )


def _cards_exist(launch: Launch, hardware: Hardware) -> None:
    for interface in launch.interfaces:
        card = _position(interface)[0]
        if card not in hardware.cards:
            raise _error(
                "InvalidParameterValue",
                f"The specified number '{card}' for the network card index exceeds the maximum number of network cards "
                f"supported by the instance type '{hardware.name}'. Specify a number from 0 to {max(hardware.cards)}, "
                "and try again.",
            )


def _devices_fit_their_card(launch: Launch, hardware: Hardware) -> None:
    for interface in launch.interfaces:
        card, device = _position(interface)
        limit = hardware.cards[card].maximum_interfaces
        if limit is not None and device >= limit:
            # Quoted: aws/aws-k8s-tester#526, eksctl-io/eksctl#7520.
            raise _error(
                "InvalidParameterValue",
                f"The specified number '{device}' for the device index exceeds the maximum number of network "
                f"interfaces supported by the network card at network card index {card}. The maximum devices for this "
                f"network card is {limit}. Specify a number from 0 to {limit - 1}, and try again.",
            )


def _positions_are_unique(launch: Launch, hardware: Hardware) -> None:
    for (card, device), count in Counter(map(_position, launch.interfaces)).items():
        if count > 1:
            raise _error(
                "InvalidParameterCombination",
                f"The device index '{device}' is used by {count} network interfaces on network card index {card}: each "
                "network interface of a network card must have a unique device index",
            )


def _cards_carry_the_types(launch: Launch, hardware: Hardware) -> None:
    for interface in launch.interfaces:
        card = _position(interface)[0]
        if _kind(interface) not in hardware.cards[card].interface_types:
            raise _error(
                "InvalidParameterCombination",
                f"The network card at network card index {card} of instance type '{hardware.name}' does not support "
                f"network interfaces of type '{_kind(interface)}'",
            )


def _one_efa_a_card(launch: Launch, hardware: Hardware) -> None:
    for card, count in Counter(_position(interface)[0] for interface in _efa(launch)).items():
        if count > 1:
            # "You can attach only one EFA per network card": EC2 User Guide, "EFA limitations".
            raise _error(
                "InvalidParameterCombination",
                f"{count} Elastic Fabric Adapters are specified for the network card at network card index {card}. You "
                "can attach only one Elastic Fabric Adapter per network card",
            )


def _no_more_efas_than_supported(launch: Launch, hardware: Hardware) -> None:
    count, limit = len(list(_efa(launch))), hardware.maximum_efa_interfaces
    if limit is not None and count > limit:
        raise _error(
            "AttachmentLimitExceeded",
            f"EFA interface count {count} exceeds the limit of {limit} for {hardware.name}",
        )


def _no_public_address_with_several(launch: Launch, hardware: Hardware) -> None:
    if len(launch.interfaces) > 1 and any(interface.get("AssociatePublicIpAddress") for interface in launch.interfaces):
        # Quoted: aws/karpenter-provider-aws#5666.
        raise _error(
            "InvalidParameterCombination",
            "The associatePublicIPAddress parameter cannot be specified when launching with multiple network "
            "interfaces.",
        )


def _efa_only_has_no_address(launch: Launch, hardware: Hardware) -> None:
    settings = (
        "AssociatePublicIpAddress",
        "Ipv6AddressCount",
        "Ipv6Addresses",
        "PrivateIpAddress",
        "PrivateIpAddresses",
    )
    for interface in launch.interfaces:
        given = [name for name in (*settings, "SecondaryPrivateIpAddressCount") if interface.get(name)]
        if _kind(interface) == "efa-only" and given:
            raise _error(
                "InvalidParameterValue", f"{given[0]} cannot be specified for a network interface of type 'efa-only'"
            )


Check = Callable[[Launch, Hardware], None]

# In this order: a card's limits can be asked once the card exists.
CHECKS: tuple[Check, ...] = (
    _security_groups_in_one_place,
    _interface_types_are_known,
    _there_is_a_primary_interface,
    _primary_is_not_efa_only,
    _type_has_efa,
    _cards_exist,
    _devices_fit_their_card,
    _positions_are_unique,
    _cards_carry_the_types,
    _one_efa_a_card,
    _no_more_efas_than_supported,
    _no_public_address_with_several,
    _efa_only_has_no_address,
)


def _position(interface: Mapping[str, Any]) -> tuple[int, int]:
    """Network card and device index. EC2 takes card 0 where none is named."""
    return int(interface.get("NetworkCardIndex") or 0), int(interface.get("DeviceIndex") or 0)


def _kind(interface: Mapping[str, Any]) -> str:
    return str(interface.get("InterfaceType") or "interface")


def _efa(launch: Launch) -> Iterator[Mapping[str, Any]]:
    return (interface for interface in launch.interfaces if _kind(interface) != "interface")


def _error(code: str, message: str) -> AwsError:
    return AwsError(code, message, service="Ec2")
