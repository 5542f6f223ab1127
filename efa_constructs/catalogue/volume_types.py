"""What a volume of each EBS type can be.

Sources: "Amazon EBS volume types" of the Amazon EBS User Guide, and "LaunchTemplateEbsBlockDeviceRequest" of the Amazon
EC2 API Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["VOLUME_TYPES", "VolumeMisfit", "VolumeType", "volume_misfit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeType:
    """Limits of a volume type. A pair is the smallest and the largest value; None: it cannot be set."""

    name: str
    gibibytes: tuple[int, int]
    iops: tuple[int, int] | None = None
    maximum_iops_per_gibibyte: int | None = None
    # MiB/s.
    throughput: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMisfit:
    """A setting that its volume type does not allow."""

    # "size" in GiB, "iops", "throughput" in MiB/s, or a ratio: "iops per GiB", "throughput per iops".
    setting: str
    value: float
    # None: the type does not have the setting.
    allowed: tuple[float, float] | None

    @property
    def value_in_words(self) -> str:
        """With its unit."""
        return f"{self.value:.10g}{_UNITS.get(self.setting, '')}"

    @property
    def allowed_in_words(self) -> str:
        """What the type allows: ``1 to 65536``."""
        if self.allowed is None:
            return "none that could be set"
        smallest, largest = self.allowed
        return f"at most {largest:g}" if smallest == 0 else f"{smallest:g} to {largest:.10g}"


_UNITS = {"size": " GiB", "throughput": " MiB/s"}


# Of gp3: MiB/s for each IOPS.
_MAXIMUM_THROUGHPUT_PER_IOPS = 0.25

VOLUME_TYPES: Mapping[str, VolumeType] = MappingProxyType(
    {
        found.name: found
        for found in (
            VolumeType(
                name="gp3",
                gibibytes=(1, 65_536),
                iops=(3_000, 80_000),
                maximum_iops_per_gibibyte=500,
                throughput=(125, 2_000),
            ),
            VolumeType(name="gp2", gibibytes=(1, 16_384)),
            VolumeType(name="io1", gibibytes=(4, 16_384), iops=(100, 64_000), maximum_iops_per_gibibyte=50),
            VolumeType(name="io2", gibibytes=(4, 65_536), iops=(100, 256_000), maximum_iops_per_gibibyte=1_000),
            VolumeType(name="st1", gibibytes=(125, 16_384)),
            VolumeType(name="sc1", gibibytes=(125, 16_384)),
            VolumeType(name="standard", gibibytes=(1, 1_024)),
        )
    }
)


def volume_misfit(
    volume_type: VolumeType, *, gibibytes: float | None, iops: float | None, throughput: float | None
) -> VolumeMisfit | None:
    """Return the first setting that the type does not allow, or None. A setting of None is not judged."""
    settings = (
        ("size", gibibytes, volume_type.gibibytes),
        ("iops", iops, volume_type.iops),
        ("throughput", throughput, volume_type.throughput),
    )
    for setting, value, allowed in settings:
        if value is not None and (allowed is None or not allowed[0] <= value <= allowed[1]):
            return VolumeMisfit(setting=setting, value=value, allowed=allowed)
    return _iops_ratio_misfit(volume_type, gibibytes, iops) or _throughput_ratio_misfit(volume_type, iops, throughput)


def _iops_ratio_misfit(volume_type: VolumeType, gibibytes: float | None, iops: float | None) -> VolumeMisfit | None:
    most = volume_type.maximum_iops_per_gibibyte
    # Every volume of a type may have the least IOPS of the type, however small it is.
    if not gibibytes or most is None or volume_type.iops is None or (iops or 0) <= volume_type.iops[0]:
        return None
    ratio = (iops or 0) / gibibytes
    return VolumeMisfit(setting="iops per GiB", value=ratio, allowed=(0, most)) if ratio > most else None


def _throughput_ratio_misfit(
    volume_type: VolumeType, iops: float | None, throughput: float | None
) -> VolumeMisfit | None:
    if throughput is None or volume_type.iops is None:
        return None
    ratio, most = throughput / (iops or volume_type.iops[0]), _MAXIMUM_THROUGHPUT_PER_IOPS
    return VolumeMisfit(setting="throughput per iops", value=ratio, allowed=(0, most)) if ratio > most else None
