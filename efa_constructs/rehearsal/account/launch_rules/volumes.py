"""What EC2 refuses about the volumes of a launch template.

Sources: "Amazon EBS volume types" of the Amazon EBS User Guide, and the public reports named below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....catalogue.volume_types import VOLUME_TYPES, VolumeMisfit, volume_misfit
from ..resource_type import AwsError
from .facts import Launch

__all__ = ["check_volumes"]


def check_volumes(launch: Launch) -> None:
    """Refuse volumes that their type does not allow. Without a type, a volume has the one that the image gives it."""
    for mapping in launch.template.get("BlockDeviceMappings") or ():
        volume = mapping.get("Ebs") or {}
        if volume.get("VolumeType"):
            _check(volume)


def _check(volume: Mapping[str, Any]) -> None:
    name = str(volume["VolumeType"])
    volume_type = VOLUME_TYPES.get(name)
    if volume_type is None:
        raise _error("InvalidParameterValue", f"Value ({name}) for parameter volumeType is invalid.")
    if name in ("io1", "io2") and volume.get("Iops") is None:
        raise _error("MissingParameter", f"The parameter iops must be specified for {name} volumes.")
    misfit = volume_misfit(
        volume_type,
        gibibytes=volume.get("VolumeSize"),
        iops=volume.get("Iops"),
        throughput=volume.get("Throughput"),
    )
    if misfit is None:
        return
    if misfit.allowed is None:
        raise _error("InvalidParameterCombination", _not_settable(misfit.setting, name))
    raise _error("InvalidParameterValue", _out_of_limits(misfit, misfit.allowed, name))


def _not_settable(setting: str, volume_type: str) -> str:
    if setting == "throughput":
        # Quoted: runs-on/runs-on#426.
        return "throughput can only be specified for volumeType gp3."
    return f"The parameter {setting} is not supported for {volume_type} volumes."


def _out_of_limits(misfit: VolumeMisfit, allowed: tuple[float, float], volume_type: str) -> str:
    smallest, largest = allowed
    if misfit.setting == "size":
        # Quoted for a volume that is too large: fog/fog-aws#186.
        end = f"large for volume type {volume_type}; maximum is {largest:.10g}GiB"
        if misfit.value < smallest:
            end = f"small for volume type {volume_type}; minimum is {smallest:.10g}GiB"
        return f"Volume of {misfit.value:.10g}GiB is too {end}"
    if misfit.setting == "iops per GiB":
        # Quoted: rocicorp/mono#4410.
        return f"Iops to volume size ratio of {misfit.value:f} is too high; maximum is {largest:g}"
    if misfit.setting == "throughput per iops":
        # Quoted: runs-on/runs-on#260.
        return (
            f"Throughput (MiBps) to iops ratio of {misfit.value:f} is too high; maximum is {largest:f} MiBps per iops"
        )
    high = misfit.value > largest
    word, limit = ("high", f"maximum is {largest:g}") if high else ("low", f"minimum is {smallest:g}")
    return f"Volume {misfit.setting} of {misfit.value:g} is too {word} for volume type {volume_type}; {limit}"


def _error(code: str, message: str) -> AwsError:
    return AwsError(code, message, service="Ec2")
