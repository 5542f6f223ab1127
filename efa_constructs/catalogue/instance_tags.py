"""Tags that EKS puts on every instance of a managed node group, as DescribeInstances shows them."""

from __future__ import annotations

__all__ = ["CLUSTER_TAG", "NODE_GROUP_TAG"]

CLUSTER_TAG = "eks:cluster-name"
NODE_GROUP_TAG = "eks:nodegroup-name"
