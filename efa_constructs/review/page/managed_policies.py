"""What AWS's managed policies are for: AWS writes them, and may change them.

Sources: AWS Managed Policy Reference Guide; Amazon EKS User Guide, "Review access policy permissions".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["ACCESS_POLICIES", "MANAGED_POLICIES", "MANAGED_POLICY_GUIDE"]

MANAGED_POLICY_GUIDE: Final = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"
"""A page for each, by its name."""

MANAGED_POLICIES: Mapping[str, str] = MappingProxyType(
    {
        "AdministratorAccess": "everything in the account",
        "AWSLambdaBasicExecutionRole": "a function writes its own logs",
        "AWSLambdaVPCAccessExecutionRole": "a function writes its logs, and has network interfaces in a VPC",
        "AmazonEBSCSIDriverPolicy": "the EBS CSI driver makes, attaches and deletes volumes",
        "AmazonEC2ContainerRegistryPullOnly": "pull images from ECR",
        "AmazonEC2ContainerRegistryReadOnly": "pull images from ECR, and list them",
        "AmazonEKSClusterPolicy": "EKS manages network interfaces, load balancers and tags for the cluster",
        "AmazonEKSVPCResourceController": "EKS manages network interfaces and addresses of nodes",
        "AmazonEKSWorkerNodePolicy": "a node describes its cluster, its instance and its network, and joins",
        "AmazonEKSWorkerNodeMinimalPolicy": "a node joins an EKS cluster",
        "AmazonEKS_CNI_Policy": "the VPC CNI gives pods addresses: attaches network interfaces to the node",
        "AmazonElasticContainerRegistryPublicReadOnly": "pull public images from ECR",
        "AmazonFSxFullAccess": "everything with FSx file systems",
        "AmazonS3FullAccess": "everything with every S3 bucket of the account",
        "AmazonS3ReadOnlyAccess": "read every S3 bucket of the account",
        "AmazonSSMManagedInstanceCore": "Session Manager reaches the instance, without SSH and without an open port",
        "CloudWatchAgentServerPolicy": "the CloudWatch agent writes metrics and logs",
        "PowerUserAccess": "everything in the account but IAM and the organization",
        "ReadOnlyAccess": "read everything in the account",
    }
)
ACCESS_POLICIES: Mapping[str, str] = MappingProxyType(
    {
        "AmazonEKSAdminPolicy": "everything in namespaces, but quotas and the namespaces themselves",
        "AmazonEKSAdminViewPolicy": "read everything, secrets too",
        "AmazonEKSClusterAdminPolicy": "everything in the cluster",
        "AmazonEKSEditPolicy": "make and change most objects, read secrets",
        "AmazonEKSViewPolicy": "read most objects, no secrets",
    }
)
