"""An existing cluster and its network, imported from the cluster facts file."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Annotations, CfnOutput
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from efa_constructs import catalogue
from efa_constructs.catalogue import MINIMUM_WITH_EFA_ONLY, supports_efa_only
from efa_constructs.catalogue.vpc_cni import VPC_CNI_ADDON
from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import ClusterFacts, Subnet
from efa_constructs.lookups.facts_node_subnet import node_subnet
from efa_constructs.rules.clusters import CNI_WITHOUT_EFA_ONLY, ENTRIES_WITHOUT_API
from efa_constructs.rules.networks import TOO_FEW_ADDRESSES, TYPE_NOT_OFFERED

from .settings import Settings

__all__ = ["ExistingCluster"]


@dataclass(frozen=True)
class ExistingCluster:
    """The imported cluster, and the subnet that its EFA nodes go to."""

    cluster: eks.ICluster
    node_subnet: ec2.ISubnet
    kubernetes_version: str

    @staticmethod
    def from_facts(scope: Construct, facts: ClusterFacts, settings: Settings) -> ExistingCluster:
        """Import what the facts describe, if the nodes can run there.

        :raises InvalidConfigurationError: the cluster or its subnet cannot take the nodes.
        """
        subnet = node_subnet(facts, settings.availability_zone)
        _check_version(facts, settings)
        _check_access(facts)
        _check_keys_of_a_new_cluster(settings)
        _check_private(scope, subnet)
        _check_zone(scope, facts, subnet, settings.instance_type)
        _check_network(scope, facts, subnet, settings)
        vpc = ec2.Vpc.from_vpc_attributes(
            scope,
            "Vpc",
            vpc_id=facts.vpc.id,
            availability_zones=[subnet.availability_zone],
            private_subnet_ids=[subnet.id],
        )
        Annotations.of(vpc).acknowledge_warning(
            "@aws-cdk/aws-ec2:noSubnetRouteTableId", "nothing here reads a route table, and the facts name none"
        )
        cluster = eks.Cluster.from_cluster_attributes(
            scope,
            "Cluster",
            cluster_name=facts.cluster.name,
            cluster_endpoint=facts.cluster.endpoint,
            cluster_certificate_authority_data=facts.cluster.certificate_authority_data,
            cluster_security_group_id=facts.cluster.security_group_id,
            vpc=vpc,
        )
        CfnOutput(
            scope,
            "KubeconfigCommand",
            value=f"aws eks update-kubeconfig --region {facts.region} --name {facts.cluster.name}",
            description="Lets kubectl reach the cluster, for whoever has an access entry",
        )
        return ExistingCluster(cluster, vpc.private_subnets[0], facts.cluster.version)


def _check_version(facts: ClusterFacts, settings: Settings) -> None:
    if settings.kubernetes_version not in (None, facts.cluster.version):
        raise InvalidConfigurationError(
            f"'efa:kubernetesVersion' is {settings.kubernetes_version}, but cluster {facts.cluster.name} runs "
            f"{facts.cluster.version}: leave the key out"
        )


def _check_access(facts: ClusterFacts) -> None:
    """The role that applies the manifests is let in by an access entry."""
    if facts.cluster.authentication_mode == "CONFIG_MAP":
        raise InvalidConfigurationError(
            ENTRIES_WITHOUT_API.refusal(
                f"cluster {facts.cluster.name} has the authentication mode CONFIG_MAP, which knows no access entries, "
                "by which the manifests get in",
                f"run 'aws eks update-cluster-config --name {facts.cluster.name} --access-config "
                "authenticationMode=API_AND_CONFIG_MAP', and write the facts anew",
            )
        )


def _check_keys_of_a_new_cluster(settings: Settings) -> None:
    for key, value in (
        ("efa:networkZones", settings.network_zones),
        ("efa:adminRoleArn", settings.admin_role_arn),
        ("efa:secretsKeyArn", settings.secrets_key_arn),
        ("efa:publicAccessCidrs", settings.public_access_cidrs),
    ):
        if value:
            shown = value if isinstance(value, str) else ", ".join(value)
            raise InvalidConfigurationError(
                f"'{key}' is {shown}, but it is about a cluster that the app makes, and 'efa:clusterFacts' names an "
                "existing one: leave one of them out"
            )


def _check_private(scope: Construct, subnet: Subnet) -> None:
    if subnet.private is None:
        Annotations.of(scope).add_warning_v2(
            "efa-constructs:privacy-unknown",
            f"the cluster facts file does not say whether subnet {subnet.id} is private: make sure that its route "
            "table has no route to an internet gateway, or the nodes never reach the cluster",
        )


def _check_zone(scope: Construct, facts: ClusterFacts, subnet: Subnet, instance_type: str) -> None:
    zones = facts.instance_type_offerings.get(instance_type)
    if zones is None:
        Annotations.of(scope).add_warning_v2(
            "efa-constructs:offering-unknown",
            f"the cluster facts file does not say which zones offer {instance_type}: look it up, or the nodes may "
            f"never start in {subnet.availability_zone}",
        )
    elif subnet.availability_zone not in zones:
        raise InvalidConfigurationError(
            TYPE_NOT_OFFERED.refusal(
                f"subnet {subnet.id} is in {subnet.availability_zone}, which does not offer {instance_type}: it is "
                f"offered in {', '.join(zones) or 'no zone of the Region'}",
                "set 'efa:availabilityZone' to one of these",
            )
        )


def _check_network(scope: Construct, facts: ClusterFacts, subnet: Subnet, settings: Settings) -> None:
    interfaces = catalogue.network_interfaces(settings.instance_type, settings.interface_layout)
    addresses = catalogue.ipv4_addresses_used(interfaces) * settings.max_size
    if addresses > subnet.available_ip_address_count:
        raise InvalidConfigurationError(
            TOO_FEW_ADDRESSES.refusal(
                f"'efa:maxSize' {settings.max_size} nodes need {addresses} addresses for their interfaces alone, but "
                f"subnet {subnet.id} has {subnet.available_ip_address_count} free",
                "use a larger subnet or fewer nodes",
            )
        )
    version = facts.addons.get(VPC_CNI_ADDON)
    has_efa_only = any(interface.interface_type == "efa-only" for interface in interfaces)
    if version is None and has_efa_only:
        Annotations.of(scope).add_warning_v2(
            "efa-constructs:vpc-cni-unknown",
            "the cluster facts file names no vpc-cni add-on: make sure that the cluster's VPC CNI is "
            f"{MINIMUM_WITH_EFA_ONLY} or newer, or efa-only interfaces confuse it",
        )
    if version and has_efa_only and not supports_efa_only(version):
        raise InvalidConfigurationError(
            CNI_WITHOUT_EFA_ONLY.refusal(
                f"the cluster's vpc-cni add-on is {version}, but efa-only interfaces need {MINIMUM_WITH_EFA_ONLY} or "
                "newer",
                "update the add-on, or set 'efa:interfaceLayout' to 'classic'",
            )
        )
