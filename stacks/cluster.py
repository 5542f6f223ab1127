"""A network and an EKS cluster, where there is none yet."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from efa_constructs.aws import EfaCluster, EfaNetwork
from efa_constructs.catalogue.kubernetes_versions import DEFAULT_KUBERNETES_VERSION

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
        version = settings.kubernetes_version or DEFAULT_KUBERNETES_VERSION
        efa_cluster = EfaCluster(
            self,
            "Eks",
            vpc=network.vpc,
            kubernetes_version=version,
            admin_role=self._admin_role(settings),
            private_endpoint=settings.private_endpoint,
            public_access_cidrs=settings.public_access_cidrs,
        )
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

    # The VPC compares its zones with the stack's, which CDK would look up in AWS: synthesis shall not.
    @property
    def availability_zones(self) -> list[str]:
        """The zones of the network."""
        return self._zones
