"""Kinds that several fields of the value classes share."""

from __future__ import annotations

from cdk8s import Duration, Size

from ..argument_kinds import Kind, instance_of, is_whole_number

__all__ = ["COUNT", "CPUS", "DURATION", "SIZE", "SWITCH", "name_of"]

# Kubernetes counts thousandths of a CPU, in int64.
_MOST_CPUS = 2**63 // 1000


def _is_number_of_cpus(value: object) -> bool:
    # No comparison with "not a number" holds, and infinity is too large.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST_CPUS


def name_of(what: str) -> Kind:
    """The name of something on the cluster."""
    return Kind(instance_of(str), f"the name of {what}")


COUNT = Kind(is_whole_number, "a whole number")
CPUS = Kind(_is_number_of_cpus, "a number of vCPUs, such as 4 or 0.5")
DURATION = Kind(instance_of(Duration), "a cdk8s.Duration, such as Duration.hours(1)")
SIZE = Kind(instance_of(Size), "a cdk8s.Size, such as Size.gibibytes(8)")
SWITCH = Kind(instance_of(bool), "True or False")
