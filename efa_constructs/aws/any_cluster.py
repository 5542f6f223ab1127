"""Clusters of either of CDK's EKS libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from aws_cdk import aws_eks
    from aws_cdk import aws_eks_v2 as eks

    # CDK's own cluster classes lack a member of their interfaces, as a type checker sees it: hence all four.
    AnyCluster = eks.ICluster | eks.Cluster | aws_eks.ICluster | aws_eks.Cluster

__all__ = ["check_network_is_known", "is_of_first_library"]


def check_network_is_known(cluster: AnyCluster) -> None:
    """Refuse an imported cluster without VPC or security group; CDK says so only with its own stack trace.

    :raises InvalidArgumentError: it was imported without one of them.
    """
    for attribute in ("vpc", "cluster_security_group_id"):
        try:
            getattr(cluster, attribute)
        except RuntimeError:
            raise InvalidArgumentError(
                f"'cluster' {cluster.cluster_name} was imported without '{attribute}', which is needed here: pass it "
                "to from_cluster_attributes()"
            ) from None


def is_of_first_library(cluster: AnyCluster) -> bool:
    """Whether it is a cluster of ``aws_eks``, told by a member that clusters of ``aws_eks_v2`` do not have."""
    return hasattr(cluster, "cluster_handler_security_group")
