"""Which versions of Kubernetes EKS has, and which of them a new cluster gets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "DEFAULT_KUBERNETES_VERSION",
    "EKS_DEFAULT_VERSION",
    "EKS_VERSIONS",
    "LAST_VERSION_WITH_AL2",
    "MOST_VERSIONS_BEHIND",
    "VersionSupport",
    "minor_number",
]


class VersionSupport(NamedTuple):
    """How EKS supports a minor version."""

    # "STANDARD_SUPPORT" or "EXTENDED_SUPPORT".
    status: str
    # Dates on which standard and extended support end, "2027-03-27". None: not in that documentation.
    ends: tuple[str, str] | None


# Newest first, for rehearsals: 'efa preflight' asks EKS. The versions that aws-cdk-lib 2.275 names and EKS had not
# retired by then: EKS User Guide, "Amazon EKS Kubernetes release calendar".
EKS_VERSIONS: Mapping[str, VersionSupport] = MappingProxyType(
    {
        "1.36": VersionSupport("STANDARD_SUPPORT", None),
        "1.35": VersionSupport("STANDARD_SUPPORT", ("2027-03-27", "2028-03-27")),
        "1.34": VersionSupport("STANDARD_SUPPORT", ("2026-12-02", "2027-12-02")),
        "1.33": VersionSupport("EXTENDED_SUPPORT", ("2026-07-29", "2027-07-29")),
        "1.32": VersionSupport("EXTENDED_SUPPORT", ("2026-03-23", "2027-03-23")),
        "1.31": VersionSupport("EXTENDED_SUPPORT", ("2025-11-26", "2026-11-26")),
        "1.30": VersionSupport("EXTENDED_SUPPORT", ("2025-07-23", "2026-07-23")),
    }
)
# Of a cluster for which none is named, at that time.
EKS_DEFAULT_VERSION = "1.34"
# Minor versions by which nodes may be older than their cluster: EKS User Guide, "Update existing cluster to new
# Kubernetes version".
MOST_VERSIONS_BEHIND = 3

# Of the app: the newest that aws_eks_v2 names; explicit, so that a deployed cluster is not upgraded by a newer CDK.
DEFAULT_KUBERNETES_VERSION = "1.36"
# "AMI Type AL2_x86_64 is only supported for kubernetes versions 1.32 or earlier": EKS.
LAST_VERSION_WITH_AL2 = "1.32"


def minor_number(version: str) -> int:
    """``36`` of ``"1.36"``: EKS has had no other major version. 0: it is no version."""
    digits = version.partition(".")[2]
    return int(digits) if digits.isdecimal() else 0
