"""What nodes of an instance type are launched with: worked out, and checked, before any resource is defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from .. import catalogue
from ..catalogue import AmiType, InstanceType, NetworkInterface
from ..catalogue.ami_types import chosen_ami_type
from ..catalogue.user_data import MAXIMUM_USER_DATA_BYTES
from ..errors import InvalidArgumentError
from ..rules.launch_templates import BLOCK_IN_PLACEMENT_GROUP, USER_DATA_TOO_LONG
from .block_devices import block_device_mappings
from .capacity import Capacity
from .user_data import MimePart, bottlerocket_user_data, nodeadm_user_data

__all__ = ["LaunchPlan"]


@dataclass(frozen=True, kw_only=True)
class LaunchPlan:
    """The part of a launch that follows from the instance type and a few choices."""

    instance: InstanceType
    ami: AmiType
    capacity: Capacity
    interfaces: tuple[NetworkInterface, ...]
    block_device_mappings: list[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty]
    user_data: str | None

    @staticmethod
    def make(
        *,
        instance_type: str,
        ami_type: str | None,
        interface_layout: str,
        capacity: Capacity | None,
        placement_group: ec2.IPlacementGroup | None,
        volume_size: Size | None,
        volume_key: kms.IKey | None,
        block_devices: Sequence[ec2.BlockDevice],
        instance_store_raid0: bool,
        user_data: Sequence[MimePart],
    ) -> LaunchPlan:
        """Work it out. For the arguments see :class:`~efa_constructs.aws.EfaLaunchTemplate`.

        :raises EfaConstructsError: the type has no EFA, or an argument does not fit it or another one.
        """
        instance = catalogue.get(instance_type)
        capacity = capacity or Capacity.on_demand()
        capacity.check(instance)
        if placement_group is not None and capacity.market_options() is not None:
            raise InvalidArgumentError(
                BLOCK_IN_PLACEMENT_GROUP.refusal(
                    where="'placement_group'", group=repr(placement_group.placement_group_name)
                )
            )
        ami = chosen_ami_type(ami_type, instance)
        interfaces = catalogue.network_interfaces(instance, interface_layout)
        write_user_data = bottlerocket_user_data if ami.operating_system == "BOTTLEROCKET" else nodeadm_user_data
        document = write_user_data(
            user_data,
            raid0=instance_store_raid0 and instance.instance_store is not None,
            max_pods=catalogue.max_pods(instance, interfaces).corrected,
        )
        return LaunchPlan(
            instance=instance,
            ami=ami,
            capacity=capacity,
            interfaces=interfaces,
            block_device_mappings=block_device_mappings(
                ami, volume_size or Size.gibibytes(300), block_devices, volume_key.key_arn if volume_key else None
            ),
            user_data=_checked(document),
        )


def _checked(user_data: str | None) -> str | None:
    size = len((user_data or "").encode())
    if size > MAXIMUM_USER_DATA_BYTES:
        raise InvalidArgumentError(
            USER_DATA_TOO_LONG.refusal(where="'user_data'", size=size, maximum=MAXIMUM_USER_DATA_BYTES)
        )
    return user_data
