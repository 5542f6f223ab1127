"""What EC2 refuses when instances are run from a launch template.

Sources: "Elastic Fabric Adapter" and "Network interfaces" of the Amazon EC2 User Guide, the NetworkInfo that
DescribeInstanceTypes gives for a type, and the public reports named below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ....catalogue.capacity_reservations import CAPACITY_RESERVATION_ID
from ....catalogue.instance_metadata import MAXIMUM_HOP_LIMIT
from ....catalogue.user_data import MAXIMUM_USER_DATA_BYTES
from ..hardware import Hardware
from ..on_trust import take_on_trust
from ..resource_type import AwsError
from . import interfaces
from .facts import Launch, LaunchSurroundings
from .volumes import check_volumes

__all__ = ["check_launch"]


def check_launch(launch: Launch, around: LaunchSurroundings) -> None:
    """Raise the error with which EC2 would refuse these instances."""
    hardware = _instance_type_exists(launch, around)
    for check in interfaces.CHECKS:
        check(launch, hardware)
    for rule in _RULES:
        rule(launch, hardware, around)


def _instance_type_exists(launch: Launch, around: LaunchSurroundings) -> Hardware:
    if launch.instance_type not in around.hardware:
        raise _error(
            "InvalidInstanceType", f"The following supplied instance types do not exist: [{launch.instance_type}]"
        )
    return around.hardware[launch.instance_type]


def _zone_offers_the_type(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    zones = around.offered_zones.get(hardware.name)
    if zones is not None and launch.subnet.availability_zone not in zones:
        whose = "" if hardware.name in around.own_offerings else _OF_ANOTHER_ACCOUNT
        elsewhere = ", ".join(around.offering_regions.get(hardware.name, ()))
        choice = ", ".join(sorted(zones)) or (f"one of the Regions {elsewhere}" if elsewhere else "another Region")
        # Quoted up to the zones: "Troubleshoot Amazon EC2 instance launch issues", EC2 User Guide.
        raise _error(
            "Unsupported",
            f"Your requested instance type ({hardware.name}) is not supported in your requested Availability Zone "
            f"({launch.subnet.availability_zone}). Please retry your request by not specifying an Availability Zone or "
            f"choosing {choice}{whose}.",
        )


def _device_names_are_unique(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    names = Counter(mapping.get("DeviceName") for mapping in launch.template.get("BlockDeviceMappings") or ())
    for name, count in names.items():
        if name is None:
            raise _error("MissingParameter", "The request must contain the parameter BlockDeviceMapping.DeviceName")
        if count > 1:
            raise _error(
                "InvalidBlockDeviceMapping", f"The device '{name}' is used in more than one block-device mapping"
            )


def _security_groups_exist_in_the_vpc(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    groups = [*launch.template.get("SecurityGroupIds", ())]
    groups += [group for interface in launch.interfaces for group in interface.get("Groups") or ()]
    for group in groups:
        if group not in around.security_groups:
            raise _error("InvalidGroup.NotFound", f"The security group '{group}' does not exist")
        if around.security_groups[group] != launch.subnet.vpc_id:
            raise _error(
                "InvalidParameter",
                f"Security group {group} and subnet {launch.subnet.id} belong to different networks.",
            )


def _placement_group_exists_and_fits(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    name = launch.template.get("Placement", {}).get("GroupName")
    if not name:
        return
    if name not in around.placement_groups:
        raise _error("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    strategy = around.placement_groups[name]
    # Catalogue types that no API describes have no strategies: unknown is not a reason to refuse.
    if hardware.placement_strategies and strategy not in hardware.placement_strategies:
        raise _error(
            "InvalidParameterCombination",
            f"{strategy.capitalize()} placement groups are not supported by the '{hardware.name}' instance type. "
            "Specify a supported instance type or change the placement group strategy, and try again.",
        )


def _capacity_block_outside_placement_groups(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    market = launch.template.get("InstanceMarketOptions", {}).get("MarketType")
    if market == "capacity-block" and launch.template.get("Placement", {}).get("GroupName"):
        # Capacity Blocks are placed in an EC2 UltraCluster: "Capacity Blocks for ML", EC2 User Guide.
        raise _error(
            "InvalidParameterCombination",
            "A placement group cannot be specified for an instance launched into a Capacity Block.",
        )


def _reservation_id_is_well_formed(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    # Whether the reservation exists only its owner's account knows.
    target = launch.template.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    identifier = target.get("CapacityReservationId")
    if identifier and not CAPACITY_RESERVATION_ID.fullmatch(identifier):
        raise _error("InvalidCapacityReservationId.Malformed", f'Invalid id: "{identifier}" (expecting "cr-...")')


def _user_data_is_short(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    encoded = str(launch.template.get("UserData") or "")
    if len(encoded.rstrip("=")) * 3 // 4 > MAXIMUM_USER_DATA_BYTES:
        raise _error("InvalidParameterValue", f"User data is limited to {MAXIMUM_USER_DATA_BYTES} bytes")


def _volumes_fit_their_types(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    check_volumes(launch)


def _key_pair_is_known_or_trusted(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    name = launch.template.get("KeyName")
    # People name key pairs that they made long ago, and only their own account knows them.
    if name and name not in around.key_pairs:
        take_on_trust(f"whether your account has the key pair '{name}'")


def _hop_limit_is_in_range(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    limit = launch.template.get("MetadataOptions", {}).get("HttpPutResponseHopLimit")
    if limit is not None and not 1 <= int(limit) <= MAXIMUM_HOP_LIMIT:
        raise _error(
            "InvalidParameterValue",
            f"Value ({limit}) for parameter HttpPutResponseHopLimit is invalid. Specify a value from 1 to "
            f"{MAXIMUM_HOP_LIMIT}.",
        )


def _usage_class_is_supported(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    market = launch.template.get("InstanceMarketOptions", {}).get("MarketType", "on-demand")
    if hardware.usage_classes and market not in hardware.usage_classes:
        raise _error(
            "Unsupported",
            f"The requested configuration is currently not supported: '{hardware.name}' does not support {market}",
        )


def _subnet_has_addresses(launch: Launch, hardware: Hardware, around: LaunchSurroundings) -> None:
    each = Counter(interface.get("InterfaceType") or "interface" for interface in launch.interfaces)
    needed = launch.count * (each["interface"] + each["efa"])
    if needed > launch.subnet.free_addresses:
        raise _error(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{launch.subnet.id}' to satisfy the requested number of "
            "instances.",
        )


_OF_ANOTHER_ACCOUNT = (
    " (zone names differ between AWS accounts, and these are of another one: a cluster facts file has the offerings of "
    "yours)"
)

Rule = Callable[[Launch, Hardware, LaunchSurroundings], None]

_RULES: tuple[Rule, ...] = (
    _security_groups_exist_in_the_vpc,
    _placement_group_exists_and_fits,
    _capacity_block_outside_placement_groups,
    _reservation_id_is_well_formed,
    _user_data_is_short,
    _device_names_are_unique,
    _volumes_fit_their_types,
    _key_pair_is_known_or_trusted,
    _hop_limit_is_in_range,
    _usage_class_is_supported,
    _zone_offers_the_type,
    _subnet_has_addresses,
)


def _error(code: str, message: str) -> AwsError:
    return AwsError(code, message, service="Ec2")
