"""Versions of Kubernetes that EKS offers, and the one that a new cluster gets.

Source: "Amazon EKS Kubernetes release calendar" of the Amazon EKS User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["DEFAULT_KUBERNETES_VERSION", "KUBERNETES_SUPPORT", "LAST_VERSION_WITH_AL2", "KubernetesSupport"]

# The newest that aws_eks_v2 names; explicit, so that a deployed cluster is not upgraded by a newer CDK.
DEFAULT_KUBERNETES_VERSION = "1.36"
# "AMI Type AL2_x86_64 is only supported for kubernetes versions 1.32 or earlier": EKS.
LAST_VERSION_WITH_AL2 = "1.32"


class KubernetesSupport(NamedTuple):
    """How EKS supports a version, and until when: dates of the form 2027-03-27. None: not in that documentation."""

    # Else in extended support, which costs more.
    standard: bool
    ends_standard: str | None
    ends_extended: str | None


# Newest first, a snapshot: the versions that aws-cdk-lib 2.275 names and EKS had not retired by then.
KUBERNETES_SUPPORT: Mapping[str, KubernetesSupport] = MappingProxyType(
    {
        "1.36": KubernetesSupport(True, None, None),
        "1.35": KubernetesSupport(True, "2027-03-27", "2028-03-27"),
        "1.34": KubernetesSupport(True, "2026-12-02", "2027-12-02"),
        "1.33": KubernetesSupport(False, "2026-07-29", "2027-07-29"),
        "1.32": KubernetesSupport(False, "2026-03-23", "2027-03-23"),
        "1.31": KubernetesSupport(False, "2025-11-26", "2026-11-26"),
        "1.30": KubernetesSupport(False, "2025-07-23", "2026-07-23"),
    }
)
