"""What EKS takes where a request does not say."""

from __future__ import annotations

from typing import Final

from .vpc_cni import VPC_CNI_ADDON

__all__ = ["BOOTSTRAPPED_ADDONS", "DEFAULT_INSTANCE_TYPE"]

# Amazon EKS API Reference, "CreateCluster", bootstrapSelfManagedAddons
BOOTSTRAPPED_ADDONS: Final = (VPC_CNI_ADDON, "kube-proxy", "coredns")
"""What a cluster has from the beginning, unless it asks for none of it."""

# Amazon EKS API Reference, "CreateNodegroup", instanceTypes
DEFAULT_INSTANCE_TYPE: Final = "t3.medium"
"""Of a node group where neither the group nor its launch template names one."""
