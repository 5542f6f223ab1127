"""An EKS cluster for EFA node groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import RemovalPolicy, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue.identifiers import KUBERNETES_VERSION
from ..catalogue.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from ..errors import InvalidArgumentError
from ..rules.clusters import ILL_FORMED_VERSION, RANGES_WITHOUT_ENDPOINT
from .argument_kinds import KINDS
from .lost_properties import IntactProperties

__all__ = ["EfaCluster"]

# Add-ons that become ACTIVE without a node. CoreDNS does not: EKS installs it by itself, and it waits for the nodes.
# The monitoring agent is what finds the GPU faults for which node repair replaces a node.
_ADDONS = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "eks-node-monitoring-agent")


class EfaCluster(Construct):
    """An EKS cluster whose nodes come from node groups of their own, with encrypted secrets and all control plane logs.

    Principals get in by access entries only: the administrators' role has one, and ``cluster.grant_access()`` lets
    others in.
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        kubernetes_version: str,
        admin_role: iam.IRole | None = None,
        private_endpoint: bool = False,
        public_access_cidrs: Sequence[str] = (),
        secrets_key: kms.IKey | None = None,
        cluster_name: str | None = None,
    ) -> None:
        """
        :param vpc: The network; the control plane uses its private subnets.
        :param kubernetes_version: Minor version, such as ``"1.36"``.
        :param admin_role: The role of the cluster's administrators. Default: a new one, which whoever in the account
            has ``sts:AssumeRole`` for it, or for every role, may assume.
        :param private_endpoint: Whether the API server answers inside the VPC only, not from the internet.
            Default: both; nodes use the private way.
        :param public_access_cidrs: Where the API server may be reached from over the internet. Default: anywhere;
            requests need credentials in any case.
        :param secrets_key: Symmetric KMS key, of the cluster's Region, that encrypts what the API server stores. It can
            be neither changed nor taken away later, and the cluster is lost with it. Default: a new one, which KMS
            rotates every year.
        :param cluster_name: Default: a generated name.
        :raises InvalidArgumentError: the version is not of the form 1.36, or ranges are given for an endpoint that is
            private.
        """
        super().__init__(scope, id)
        if not Token.is_unresolved(kubernetes_version) and not KUBERNETES_VERSION.fullmatch(kubernetes_version):
            raise InvalidArgumentError(
                ILL_FORMED_VERSION.refusal(
                    where="'kubernetes_version'", newest=DEFAULT_KUBERNETES_VERSION, version=kubernetes_version
                )
            )
        if private_endpoint and public_access_cidrs:
            raise InvalidArgumentError(
                RANGES_WITHOUT_ENDPOINT.refusal(
                    where="'public_access_cidrs' beside 'private_endpoint'", cidrs=", ".join(public_access_cidrs)
                )
            )
        self.admin_role: iam.IRole = admin_role or iam.Role(
            self,
            "AdminRole",
            assumed_by=iam.AccountRootPrincipal(),
            description="Administrators of the EKS cluster assume this role",
        )
        # Deleting the key waits for its pending window, so that a deletion by mistake can be taken back.
        self.secrets_key: kms.IKey = secrets_key or kms.Key(
            self, "SecretsKey", enable_key_rotation=True, removal_policy=RemovalPolicy.DESTROY
        )
        self.cluster: eks.Cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name=cluster_name,
            version=eks.KubernetesVersion.of(kubernetes_version),
            vpc=vpc,
            vpc_subnets=[ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)],
            endpoint_access=_endpoint_access(private_endpoint, public_access_cidrs),
            # The default is Auto Mode, whose nodes take no launch template.
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            bootstrap_cluster_creator_admin_permissions=False,
            masters_role=self.admin_role,
            output_config_command=False,
            cluster_logging=list(eks.ClusterLoggingTypes),
            secrets_encryption_key=self.secrets_key,
        )
        resource = cast(eks.CfnCluster, self.cluster.node.default_child)
        self.node.add_validation(IntactProperties(resource))
        cluster_name = self.cluster.cluster_name
        for name in _ADDONS:
            eks.CfnAddon(
                self,
                _construct_id(name),
                cluster_name=cluster_name,
                addon_name=name,
                # EKS installs its own, unmanaged ones with every cluster: the add-on takes over from them.
                resolve_conflicts="OVERWRITE",
            )


def _endpoint_access(private: bool, cidrs: Sequence[str]) -> eks.EndpointAccess:
    if private:
        return eks.EndpointAccess.PRIVATE
    both = eks.EndpointAccess.PUBLIC_AND_PRIVATE
    return both.only_from(*cidrs) if cidrs else both


def _construct_id(addon_name: str) -> str:
    return "".join(word.capitalize() for word in addon_name.split("-")) + "Addon"
