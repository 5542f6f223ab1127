"""Volumes of the nodes, as a launch template names them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Size, SizeRoundingBehavior, Token
from aws_cdk import aws_ec2 as ec2

from ..catalogue import AmiType
from ..errors import InvalidArgumentError

__all__ = ["block_device_mappings"]


def block_device_mappings(
    ami: AmiType, volume_size: Size, further: Sequence[ec2.BlockDevice]
) -> list[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty]:
    """The volume that holds images and pods, and the further ones.

    :raises InvalidArgumentError: the size is below that of the AMI's snapshot or no whole number, or a device is named
        twice.
    """
    names = [ami.volume_device, *(device.device_name for device in further)]
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgumentError(
                f"'block_devices' has {name}, which is taken: every device is named once, and the size of "
                f"{ami.volume_device} is 'volume_size'"
            )
    return [_root_block_device(ami, volume_size), *map(_block_device_mapping, further)]


def _root_block_device(ami: AmiType, size: Size) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    gibibytes = size.to_gibibytes(rounding=SizeRoundingBehavior.NONE)
    if not Token.is_unresolved(gibibytes) and gibibytes != int(gibibytes):
        raise InvalidArgumentError(f"'volume_size' is {gibibytes:g} GiB, but a volume has whole gibibytes: round it")
    smallest = ami.minimum_volume_gib
    if not Token.is_unresolved(gibibytes) and smallest is not None and gibibytes < smallest:
        raise InvalidArgumentError(
            f"'volume_size' is {gibibytes:g} GiB, but the snapshot of {ami.name} needs at least {smallest} GiB"
        )
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=ami.volume_device,
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            volume_size=gibibytes, volume_type="gp3", encrypted=True, delete_on_termination=True
        ),
    )


def _block_device_mapping(device: ec2.BlockDevice) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    volume = device.volume
    ebs = volume.ebs_device
    if ebs is None:
        return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
            device_name=device.device_name, virtual_name=volume.virtual_name
        )
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=device.device_name,
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            volume_size=ebs.volume_size,
            volume_type=ebs.volume_type.value if ebs.volume_type else "gp3",
            iops=ebs.iops,
            throughput=ebs.throughput,
            encrypted=True if ebs.encrypted is None else ebs.encrypted,
            delete_on_termination=True if ebs.delete_on_termination is None else ebs.delete_on_termination,
            snapshot_id=ebs.snapshot_id,
            kms_key_id=ebs.kms_key.key_ref.key_arn if ebs.kms_key else None,
        ),
    )
