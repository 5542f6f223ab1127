"""Volumes of the nodes, as a launch template names them."""

from __future__ import annotations

from aws_cdk import Size, Token
from aws_cdk import aws_ec2 as ec2

from ..catalogue import AmiType
from ..errors import InvalidArgumentError

__all__ = ["block_device_mapping", "root_block_device"]


def root_block_device(ami: AmiType, size: Size) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    """The encrypted gp3 volume that holds images and pods.

    :raises InvalidArgumentError: the size is below that of the AMI's snapshot.
    """
    gibibytes = size.to_gibibytes()
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


def block_device_mapping(device: ec2.BlockDevice) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    """A further volume, in the launch template's own terms.

    :raises InvalidArgumentError: the device is neither an EBS volume nor an instance store volume.
    """
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
