"""Which releases of EKS's AMIs are too old for an instance type."""

from __future__ import annotations

import re
from typing import NamedTuple

from .ami_types import AmiType
from .instance_types import InstanceType

__all__ = ["MissingDriver", "missing_driver"]

# "1.36.1-20260917": the version of Kubernetes, and the day of the release.
_RELEASE = re.compile(r"\d+(\.\d+)+-(?P<day>\d{8})")


class MissingDriver(NamedTuple):
    """A driver that a release has not, and an instance type needs."""

    driver: str
    # The first release that has it, as people call it.
    oldest: str


# By family: AL2023's AMIs for NVIDIA have two drivers since, and choose at the first boot.
# https://github.com/awslabs/amazon-eks-ami/issues/2768
_NVIDIA_DRIVERS = {"g7": MissingDriver("the NVIDIA driver 595", "v20260917")}


def missing_driver(instance_type: InstanceType, ami_type: AmiType, release: str) -> MissingDriver | None:
    """Return what a release of an AMI type lacks for an instance type. None: nothing, as far as is known.

    :param release: As EKS's API has it: ``"1.36.1-20260917"``.
    """
    match = _RELEASE.fullmatch(release)
    driver = _NVIDIA_DRIVERS.get(instance_type.family)
    if match is None or driver is None or (ami_type.operating_system, ami_type.accelerator) != ("AL2023", "nvidia"):
        return None
    return driver if match["day"] < driver.oldest.removeprefix("v") else None
