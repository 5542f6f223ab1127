"""Volumes of the nodes, as a launch template names them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Size, SizeRoundingBehavior, Token
from aws_cdk import aws_ec2 as ec2

from ..catalogue import AmiType
from ..catalogue.volume_types import VOLUME_TYPES, VolumeMisfit, volume_misfit
from ..errors import InvalidArgumentError
from ..rules.launch_templates import DEVICE_NAMED_TWICE, VOLUME_MISFIT, VOLUME_TOO_SMALL
from ..rules.templates import WRONG_TYPE

__all__ = ["block_device_mappings"]

_ROOT_VOLUME_TYPE = "gp3"


def block_device_mappings(
    ami: AmiType, volume_size: Size, further: Sequence[ec2.BlockDevice], key_arn: str | None
) -> list[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty]:
    """The volume that holds images and pods, and the further ones.

    :param key_arn: Of the KMS key of volumes that name none. None: the AWS managed key of EBS.
    :raises InvalidArgumentError: the size is below that of the AMI's snapshot, above the volume type's largest, or no
        whole number; IOPS or throughput are out of the type's limits; or a device is named twice.
    """
    names = [ami.volume_device, *(device.device_name for device in further)]
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgumentError(
                DEVICE_NAMED_TWICE.refusal(where="'block_devices' beside 'volume_size'", device=name)
            )
    return [
        _root_block_device(ami, volume_size, key_arn),
        *(_block_device_mapping(device, key_arn) for device in further),
    ]


def _root_block_device(
    ami: AmiType, size: Size, key_arn: str | None
) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    gibibytes = size.to_gibibytes(rounding=SizeRoundingBehavior.NONE)
    if not Token.is_unresolved(gibibytes) and gibibytes != int(gibibytes):
        raise InvalidArgumentError(
            WRONG_TYPE.refusal(f"'volume_size' is {gibibytes:g} GiB, but a volume has whole gibibytes", "round it")
        )
    smallest = ami.minimum_volume_gib
    if not Token.is_unresolved(gibibytes) and smallest is not None and gibibytes < smallest:
        raise InvalidArgumentError(
            VOLUME_TOO_SMALL.refusal(where="'volume_size'", size=f"{gibibytes:g}", ami_type=ami.name, smallest=smallest)
        )
    misfit = _misfit(_ROOT_VOLUME_TYPE, size=gibibytes)
    if misfit is not None:
        raise _refused("'volume_size'", misfit, _ROOT_VOLUME_TYPE)
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=ami.volume_device,
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            volume_size=gibibytes,
            volume_type=_ROOT_VOLUME_TYPE,
            encrypted=True,
            kms_key_id=key_arn,
            delete_on_termination=True,
        ),
    )


def _block_device_mapping(
    device: ec2.BlockDevice, key_arn: str | None
) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    volume = device.volume
    ebs = volume.ebs_device
    if ebs is None:
        return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
            device_name=device.device_name, virtual_name=volume.virtual_name
        )
    # jsii's Python gives the name of the enum's member, "IO2".
    volume_type = ebs.volume_type.value.lower() if ebs.volume_type else "gp3"
    misfit = _misfit(volume_type, size=ebs.volume_size, iops=ebs.iops, throughput=ebs.throughput)
    if misfit is not None:
        where = f"'block_devices' has {device.device_name}, whose {_NAMES[misfit.setting]}"
        raise _refused(where, misfit, volume_type)
    encrypted = True if ebs.encrypted is None else ebs.encrypted
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=device.device_name,
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            volume_size=ebs.volume_size,
            volume_type=volume_type,
            iops=ebs.iops,
            throughput=ebs.throughput,
            encrypted=encrypted,
            delete_on_termination=True if ebs.delete_on_termination is None else ebs.delete_on_termination,
            snapshot_id=ebs.snapshot_id,
            kms_key_id=ebs.kms_key.key_ref.key_arn if ebs.kms_key else key_arn if encrypted else None,
        ),
    )


# How settings are called.
_NAMES = {
    "size": "volume size",
    "iops": "number of IOPS",
    "throughput": "throughput",
    "iops per GiB": "number of IOPS for each GiB",
    "throughput per iops": "throughput in MiB/s for each IOPS",
}


def _misfit(volume_type: str, **given: float | None) -> VolumeMisfit | None:
    known = {name: None if Token.is_unresolved(value) else value for name, value in given.items()}
    # A type that is not known here is not judged.
    if volume_type not in VOLUME_TYPES:
        return None
    return volume_misfit(
        VOLUME_TYPES[volume_type],
        gibibytes=known["size"],
        iops=known.get("iops"),
        throughput=known.get("throughput"),
    )


def _refused(where: str, misfit: VolumeMisfit, volume_type: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        VOLUME_MISFIT.refusal(
            where=where, value=misfit.value_in_words, type=volume_type, allowed=misfit.allowed_in_words
        )
    )
