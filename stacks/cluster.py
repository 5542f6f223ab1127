"""A network and an EKS cluster, where there is none yet."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from efa_constructs.aws import EfaCluster, EfaNetwork
from efa_constructs.catalogue.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from efa_constructs.rules.clusters import KEY_OF_ANOTHER_REGION

from .explained_findings import explain, managed_policy
from .kms_keys import key_of
from .placement import Placement, warn_of_zones
from .settings import Settings

__all__ = ["EfaClusterStack"]


class EfaClusterStack(cdk.Stack):
    """VPC, EKS cluster and its administrators' role."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, placement: Placement, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        self._zones = list(placement.network_zones)
        warn_of_zones(self, placement)
        network = EfaNetwork(
            self,
            "Network",
            availability_zones=placement.network_zones,
            nat_gateway_zone=placement.availability_zone,
        )
        explain(
            network,
            {
                "NIST.800.53.R5-CloudWatchLogGroupEncrypted": (
                    "CloudWatch Logs encrypts it with a key of its own; it names rejected connections, and no content"
                ),
                "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW": (
                    "the way out of the NAT gateway, which stands in a public subnet; nothing else does, and these "
                    "subnets give no public addresses"
                ),
                "NIST.800.53.R5-IAMNoInlinePolicy": "CDK's, of one role, which writes the flow log",
            },
        )
        version = settings.kubernetes_version or DEFAULT_KUBERNETES_VERSION
        efa_cluster = EfaCluster(
            self,
            "Eks",
            vpc=network.vpc,
            kubernetes_version=version,
            admin_role=self._admin_role(settings),
            private_endpoint=settings.private_endpoint,
            public_access_cidrs=settings.public_access_cidrs,
            secrets_key=self._secrets_key(settings),
        )
        explain(efa_cluster, {managed_policy("AmazonEKSClusterPolicy"): "EKS requires it of the cluster role"})
        # Weak references let the cluster's stack be deleted first, which would end in a cluster without access entries
        # and add-ons, and with nodes. An export in use stops CloudFormation before it begins.
        cdk.CrossStackReferences.of(efa_cluster.cluster).produce(cdk.ReferenceStrength.STRONG)
        self.cluster = efa_cluster.cluster
        self.kubernetes_version = version
        self.node_subnet = network.private_subnet(placement.availability_zone)
        cdk.CfnOutput(self, "ClusterName", value=self.cluster.cluster_name)
        cdk.CfnOutput(
            self,
            "KubeconfigCommand",
            value=f"aws eks update-kubeconfig --region {self.region} --name {self.cluster.cluster_name} "
            f"--role-arn {efa_cluster.admin_role.role_arn}",
            description="Lets kubectl reach the cluster, for whoever may assume the role",
        )

    def _admin_role(self, settings: Settings) -> iam.IRole | None:
        if settings.admin_role_arn is None:
            return None
        return iam.Role.from_role_arn(self, "AdminRole", settings.admin_role_arn, mutable=False)

    def _secrets_key(self, settings: Settings) -> kms.IKey | None:
        if settings.secrets_key_arn is None:
            return None
        return key_of(self, "SecretsKey", "efa:secretsKeyArn", settings.secrets_key_arn, KEY_OF_ANOTHER_REGION)

    # The VPC compares its zones with the stack's, which CDK would look up in AWS: synthesis shall not.
    @property
    def availability_zones(self) -> list[str]:
        """The zones of the network."""
        return self._zones
