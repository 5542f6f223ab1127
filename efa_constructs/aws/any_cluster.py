"""Clusters of either of CDK's EKS libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import aws_eks
    from aws_cdk import aws_eks_v2 as eks

    # CDK's own cluster classes lack a member of their interfaces, as a type checker sees it: hence all four.
    AnyCluster = eks.ICluster | eks.Cluster | aws_eks.ICluster | aws_eks.Cluster

__all__ = ["is_of_first_library"]


def is_of_first_library(cluster: AnyCluster) -> bool:
    """Whether it is a cluster of ``aws_eks``, told by a member that clusters of ``aws_eks_v2`` do not have."""
    return hasattr(cluster, "cluster_handler_security_group")
