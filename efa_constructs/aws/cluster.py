"""An EKS cluster for EFA node groups."""

from __future__ import annotations

import re

from aws_cdk import RemovalPolicy, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..errors import InvalidArgumentError

__all__ = ["EfaCluster"]

# Add-ons that become ACTIVE without a node. CoreDNS does not: EKS installs it by itself, and it waits for the nodes.
_ADDONS = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")


class EfaCluster(Construct):
    """An EKS cluster whose nodes come from node groups of their own, with encrypted secrets and all control plane logs.

    Principals get in by access entries only. The administrators' role is one that principals of the account may assume
    if their own policies allow it; ``cluster.grant_access()`` lets others in.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        kubernetes_version: str,
        private_endpoint: bool = False,
        cluster_name: str | None = None,
    ) -> None:
        """
        :param vpc: The network; the control plane uses its private subnets.
        :param kubernetes_version: Minor version, such as ``"1.36"``.
        :param private_endpoint: Whether the API server answers inside the VPC only, not from the internet.
            Default: both; nodes use the private way.
        :param cluster_name: Default: a generated name.
        :raises InvalidArgumentError: the version is not of the form 1.36.
        """
        super().__init__(scope, id)
        if not Token.is_unresolved(kubernetes_version) and not re.fullmatch(r"\d+\.\d+", kubernetes_version):
            raise InvalidArgumentError(
                f"'kubernetes_version' must be a minor version such as '1.36', got {kubernetes_version!r}"
            )
        self.admin_role = iam.Role(
            self,
            "AdminRole",
            assumed_by=iam.AccountRootPrincipal(),
            description="Administrators of the EKS cluster assume this role",
        )
        # Deleting the key waits for its pending window, so that a deletion by mistake can be taken back.
        self.secrets_key = kms.Key(self, "SecretsKey", enable_key_rotation=True, removal_policy=RemovalPolicy.DESTROY)
        self.cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name=cluster_name,
            version=eks.KubernetesVersion.of(kubernetes_version),
            vpc=vpc,
            vpc_subnets=[ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)],
            endpoint_access=eks.EndpointAccess.PRIVATE if private_endpoint else eks.EndpointAccess.PUBLIC_AND_PRIVATE,
            # The default is Auto Mode, whose nodes take no launch template.
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            bootstrap_cluster_creator_admin_permissions=False,
            masters_role=self.admin_role,
            output_config_command=False,
            cluster_logging=list(eks.ClusterLoggingTypes),
            secrets_encryption_key=self.secrets_key,
        )
        for name in _ADDONS:
            eks.CfnAddon(
                self,
                _construct_id(name),
                cluster_name=self.cluster.cluster_name,
                addon_name=name,
                # EKS installs its own, unmanaged ones with every cluster: the add-on takes over from them.
                resolve_conflicts="OVERWRITE",
            )


def _construct_id(addon_name: str) -> str:
    return "".join(word.capitalize() for word in addon_name.split("-")) + "Addon"
