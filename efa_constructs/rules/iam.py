"""Rules about IAM roles and policies."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "CLUSTER_ROLE_OF_OTHERS",
    "EVERYTHING_ALLOWED",
    "IAM_RULES",
    "NODES_CANNOT_JOIN",
    "NODES_CANNOT_NETWORK",
    "NODES_CANNOT_PULL",
    "NODE_ROLE_OF_OTHERS",
    "SERVICE_ALLOWED",
]

_NODE_ROLE = "https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html"
_LEAST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

NODES_CANNOT_JOIN = Rule(
    id="EFA-IAM-001",
    severity=Severity.ERROR,
    title="Nodes may ask EKS about their cluster",
    problem="the node role {role} has neither AmazonEKSWorkerNodePolicy nor a policy that allows eks:DescribeCluster",
    why="A node asks EKS for its cluster before it joins. Without that right it does not join, and the node group ends "
    "with NodeCreationFailure.",
    fix="attach AmazonEKSWorkerNodePolicy",
    source=_NODE_ROLE,
)
NODES_CANNOT_PULL = Rule(
    id="EFA-IAM-002",
    severity=Severity.ERROR,
    title="Nodes may pull images from Amazon ECR",
    problem="the node role {role} has neither AmazonEC2ContainerRegistryPullOnly nor a policy that lets it pull from "
    "Amazon ECR",
    why="The VPC CNI, kube-proxy and the EFA device plugin are images of Amazon ECR. Without them the node never "
    "becomes ready.",
    fix="attach AmazonEC2ContainerRegistryPullOnly",
    source=_NODE_ROLE,
)
NODE_ROLE_OF_OTHERS = Rule(
    id="EFA-IAM-003",
    severity=Severity.ERROR,
    title="EC2 may assume the role of nodes",
    problem="{role} is a node role, and {service} may not assume it",
    why="EKS refuses the node group.",
    fix="let {service} do sts:AssumeRole in AssumeRolePolicyDocument",
    source=_NODE_ROLE,
)
CLUSTER_ROLE_OF_OTHERS = Rule(
    id="EFA-IAM-004",
    severity=Severity.ERROR,
    title="EKS may assume the role of a cluster",
    problem="{role} is the role of a cluster, and {service} may not assume it",
    why="EKS refuses the cluster.",
    fix="let {service} do sts:AssumeRole in AssumeRolePolicyDocument",
    source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html",
)
EVERYTHING_ALLOWED = Rule(
    id="EFA-IAM-005",
    severity=Severity.WARNING,
    title="No policy allows everything",
    problem="{policy} lets {who} do everything in this account, on everything",
    why="Whoever gets at its credentials, a job or a node for example, has the account.",
    fix="name the actions that are needed, and the resources",
    source=_LEAST,
)
SERVICE_ALLOWED = Rule(
    id="EFA-IAM-006",
    severity=Severity.WARNING,
    title="No policy allows all of a service",
    problem="{policy} lets {who} do everything with {services}, on every resource",
    why="What nobody needs today somebody may misuse tomorrow.",
    fix="name the actions that are needed, and the resources",
    source=_LEAST,
)
NODES_CANNOT_NETWORK = Rule(
    id="EFA-IAM-007",
    severity=Severity.ERROR,
    title="The VPC CNI may give pods addresses",
    problem="the node role {role} has neither AmazonEKS_CNI_Policy nor a policy like it, and these templates give the "
    "VPC CNI no role of its own",
    why="The VPC CNI attaches interfaces and addresses by the node role unless it has one of its own. Without the "
    "right it does not start, no node becomes ready, and the node group ends with NodeCreationFailure.",
    fix="attach AmazonEKS_CNI_Policy to the node role, or give the add-on vpc-cni a role of its own (EKS Pod Identity)",
    source="https://docs.aws.amazon.com/eks/latest/userguide/cni-iam-role.html",
)
IAM_RULES = (
    NODES_CANNOT_JOIN,
    NODES_CANNOT_PULL,
    NODE_ROLE_OF_OTHERS,
    CLUSTER_ROLE_OF_OTHERS,
    EVERYTHING_ALLOWED,
    SERVICE_ALLOWED,
    NODES_CANNOT_NETWORK,
)
