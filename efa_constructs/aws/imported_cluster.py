"""An existing EKS cluster to which an app applies manifests."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..argument_kinds import checks_kinds
from .argument_kinds import KINDS

__all__ = ["ImportedCluster"]


class ImportedCluster(Construct):
    """A cluster that exists already, with a function that runs kubectl, and an access entry for that function's role.

    ``from_cluster_attributes()`` alone gives a cluster to which nothing can be applied: it ignores
    ``kubectl_provider_options``, and nobody lets the role of a provider into the cluster. What is applied must wait for
    ``access_entry``. The cluster's authentication mode must allow access entries.

    Source: Amazon EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        vpc: ec2.IVpc,
        cluster_security_group_id: str,
        kubectl_layer: lambda_.ILayerVersion,
        kubectl_subnets: Sequence[ec2.ISubnet] = (),
    ) -> None:
        """
        :param cluster_name: Its name in EKS.
        :param vpc: The VPC of the cluster.
        :param cluster_security_group_id: The group that EKS made for the cluster.
        :param kubectl_layer: kubectl of a version at most one minor version from the cluster's, such as a
            ``KubectlV36Layer``.
        :param kubectl_subnets: Private subnets to run kubectl in, for a cluster whose endpoint is private. Default: not
            in the VPC.
        """
        super().__init__(scope, id)
        # The provider needs a cluster, and the cluster that manifests are made for the provider.
        bare = eks.Cluster.from_cluster_attributes(
            self, "Bare", cluster_name=cluster_name, vpc=vpc, cluster_security_group_id=cluster_security_group_id
        )
        self.kubectl_provider = eks.KubectlProvider(
            self,
            "KubectlProvider",
            cluster=bare,
            kubectl_layer=kubectl_layer,
            private_subnets=list(kubectl_subnets) or None,
            security_group=bare.cluster_security_group if kubectl_subnets else None,
        )
        assert self.kubectl_provider.role is not None, "CDK makes a role for its own provider"
        self.access_entry = eks.AccessEntry(
            self,
            "KubectlAccess",
            cluster=bare,
            principal=self.kubectl_provider.role.role_arn,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
                )
            ],
        )
        self.cluster = eks.Cluster.from_cluster_attributes(
            self,
            "Cluster",
            cluster_name=cluster_name,
            vpc=vpc,
            cluster_security_group_id=cluster_security_group_id,
            kubectl_provider=self.kubectl_provider,
        )
