"""Tags by which it is seen whose an AWS resource is, and what it is for."""

from __future__ import annotations

__all__ = ["CLUSTER_TAG", "EFA_TRAFFIC", "NODE_GROUP_TAG", "STACK_TAG", "TRAFFIC_TAG"]

# EKS puts these on every instance of a managed node group, as DescribeInstances shows them.
CLUSTER_TAG = "eks:cluster-name"
NODE_GROUP_TAG = "eks:nodegroup-name"
# CloudFormation puts it on what it makes.
STACK_TAG = "aws:cloudformation:stack-id"
# Security groups that are there for EFA traffic have it, with this value.
TRAFFIC_TAG = "efa-constructs:traffic"
EFA_TRAFFIC = "efa"
