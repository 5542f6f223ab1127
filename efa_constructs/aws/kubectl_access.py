"""Lets an app apply manifests to an EKS cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..argument_kinds import checks_kinds
from .any_cluster import check_network_is_known
from .argument_kinds import KINDS

__all__ = ["KubectlAccess"]


class KubectlAccess(Construct):
    """A function that runs kubectl, and an access entry that lets its role into the cluster.

    For a cluster of ``aws_eks_v2`` that has no kubectl provider, above all an imported one:
    ``from_cluster_attributes()`` ignores ``kubectl_provider_options``, and nobody lets the role of a provider into such
    a cluster. Its authentication mode must allow access entries.

    The function may look the cluster up and write its log. CDK would let it pull from all of the account's ECR
    repositories as well, which only Helm charts from there need: whoever applies such a chart adds the managed policy
    ``AmazonEC2ContainerRegistryPullOnly`` to ``role``.

    Source: Amazon EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.ICluster | eks.Cluster,
        kubectl_layer: lambda_.ILayerVersion,
        kubectl_subnets: Sequence[ec2.ISubnet] = (),
    ) -> None:
        """
        :param cluster: The cluster. An imported one must know its VPC and its cluster security group.
        :param kubectl_layer: kubectl of a version at most one minor version from the cluster's, such as a
            ``KubectlV36Layer``.
        :param kubectl_subnets: Private subnets to run kubectl in, for a cluster whose endpoint is private. Default: not
            in the VPC.
        :raises InvalidArgumentError: the cluster was imported without VPC or security group.
        """
        check_network_is_known(cluster)
        super().__init__(scope, id)
        # CDK's own class lacks a member of its interface, as a type checker sees it.
        cluster = cast(eks.ICluster, cluster)
        self.role: iam.Role = _role(self, cluster, in_vpc=bool(kubectl_subnets))
        self.kubectl_provider: eks.KubectlProvider = eks.KubectlProvider(
            self,
            "Provider",
            cluster=cluster,
            kubectl_layer=kubectl_layer,
            private_subnets=list(kubectl_subnets) or None,
            security_groups=[cluster.cluster_security_group] if kubectl_subnets else None,
            # CDK's provider adds policies to what it is given.
            role=self.role.without_policy_updates(),
        )
        # Of one of these policies, and of no use without it.
        self.node.try_remove_child("HasEcrPublic")
        self.access_entry: eks.AccessEntry = eks.AccessEntry(
            self,
            "AccessEntry",
            cluster=cluster,
            principal=self.role.role_arn,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
                )
            ],
        )
        # A provider is given to a cluster only when it is imported.
        self.cluster: eks.ICluster = eks.Cluster.from_cluster_attributes(
            self,
            "Cluster",
            cluster_name=cluster.cluster_name,
            vpc=cluster.vpc,
            cluster_security_group_id=cluster.cluster_security_group_id,
            kubectl_provider=self.kubectl_provider,
        )


def _role(scope: Construct, cluster: eks.ICluster, *, in_vpc: bool) -> iam.Role:
    # The second lets Lambda attach the function to subnets, too.
    policy = "AWSLambdaVPCAccessExecutionRole" if in_vpc else "AWSLambdaBasicExecutionRole"
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{policy}")],
    )
    role.add_to_policy(iam.PolicyStatement(actions=["eks:DescribeCluster"], resources=[cluster.cluster_arn]))
    return role
