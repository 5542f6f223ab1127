"""Which quota of EC2 limits the vCPUs of an instance type.

Source: Amazon EC2 Instance Types guide, "Amazon EC2 instance type quotas", whose tables link every quota by its code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["VcpuQuota", "vcpu_quota"]


class VcpuQuota(NamedTuple):
    """A quota of the service ``ec2``, counted in vCPUs of the running instances of some families in a Region."""

    # As Service Quotas names it.
    name: str
    code: str


_STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"
# By the letters with which the name of a type begins.
_ON_DEMAND: Mapping[str, VcpuQuota] = {
    "dl": VcpuQuota("Running On-Demand DL instances", "L-6E869C2A"),
    "f": VcpuQuota("Running On-Demand F instances", "L-74FC7D96"),
    "g": VcpuQuota("Running On-Demand G and VT instances", "L-DB2E81BA"),
    "hpc": VcpuQuota("Running On-Demand HPC instances", "L-F7808C92"),
    "inf": VcpuQuota("Running On-Demand Inf instances", "L-1945791B"),
    "p": VcpuQuota("Running On-Demand P instances", "L-417A185B"),
    "standard": VcpuQuota(f"Running On-Demand {_STANDARD} instances", "L-1216C47A"),
    "trn": VcpuQuota("Running On-Demand Trn instances", "L-2C3B7624"),
    "u": VcpuQuota("Running On-Demand High Memory instances", "L-43DA4232"),
    "x": VcpuQuota("Running On-Demand X instances", "L-7295265B"),
}
_SPOT: Mapping[str, VcpuQuota] = {
    "dl": VcpuQuota("All DL Spot Instance Requests", "L-85EED4F7"),
    "f": VcpuQuota("All F Spot Instance Requests", "L-88CF9481"),
    "g": VcpuQuota("All G and VT Spot Instance Requests", "L-3819A6DF"),
    "inf": VcpuQuota("All Inf Spot Instance Requests", "L-B5D1601B"),
    "p": VcpuQuota("All P4, P3 and P2 Spot Instance Requests", "L-7212CCBC"),
    "p5": VcpuQuota("All P5 Spot Instance Requests", "L-C4BD4855"),
    "standard": VcpuQuota(f"All {_STANDARD} Spot Instance Requests", "L-34B43A08"),
    "trn": VcpuQuota("All Trn Spot Instance Requests", "L-6B0D517C"),
    "x": VcpuQuota("All X Spot Instance Requests", "L-E3A00192"),
}
# Families that share the quota of another one.
_GROUPS: Mapping[str, str] = {
    **dict.fromkeys(("gr", "vt"), "g"),
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), "standard"),
}
_LETTERS_AND_GENERATION = re.compile(r"([a-z]+)(\d*)")


def vcpu_quota(instance_type: str, *, spot: bool = False) -> VcpuQuota | None:
    """Return the quota against which the vCPUs of a type count.

    Instances of a Capacity Block have a quota of their own, of instances.

    :param instance_type: The name of any type, with EFA or without: they share quotas.
    :param spot: Whether they are Spot Instances. Default: On-Demand.
    :returns: None: AWS documents none, as for P6 as Spot.
    """
    match = _LETTERS_AND_GENERATION.match(instance_type)
    if match is None:
        return None
    letters, generation = match.groups()
    group = _GROUPS.get(letters, letters)
    if spot and group == "p" and generation not in ("2", "3", "4"):
        group += generation
    return (_SPOT if spot else _ON_DEMAND).get(group)
