"""Reads what EKS says about one cluster: how to reach it, who gets in, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import AwsRequestError
from .clients import AwsClients, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_eks.type_defs import ClusterTypeDef

__all__ = ["EksCluster", "read_cluster", "read_cluster_names"]

_MOST_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class EksCluster:
    """An EKS cluster, as DescribeCluster shows it. None: it does not show it, as while the cluster is made."""

    name: str
    arn: str
    account: str
    # EKS's word, such as "ACTIVE" or "CREATING".
    status: str
    version: str
    endpoint: str | None
    certificate_authority_data: str | None
    oidc_issuer: str | None
    # "API", "API_AND_CONFIG_MAP" or "CONFIG_MAP".
    authentication_mode: str
    vpc_id: str | None
    # Where EKS put the network interfaces of the control plane.
    subnet_ids: tuple[str, ...]
    # The group that EKS itself made.
    security_group_id: str | None
    # Further groups of the control plane's network interfaces.
    other_security_group_ids: tuple[str, ...]
    private_endpoint: bool
    public_endpoint: bool
    # IPv4 and IPv6 ranges that may use the public endpoint.
    public_access_cidrs: tuple[str, ...]
    # "STANDARD" or "EXTENDED": what happens when the version leaves standard support.
    support_type: str | None
    # Whether EKS Auto Mode runs nodes.
    auto_mode: bool


def read_cluster(clients: AwsClients, name: str) -> EksCluster:
    """Read one EKS cluster.

    :raises AwsRequestError: there is no such cluster (the error names those that there are), AWS could not be asked, or
        refused to answer.
    """
    try:
        with aws_errors():
            cluster = clients.eks.describe_cluster(name=name)["cluster"]
    except AwsRequestError as error:
        if error.code == "ResourceNotFoundException":
            raise AwsRequestError(
                f"there is no EKS cluster '{name}' in {clients.region} of this account: {_others(clients, name)}",
                code=error.code,
            ) from error
        raise
    return _cluster(cluster)


def read_cluster_names(clients: AwsClients) -> tuple[str, ...]:
    """Read the names of all EKS clusters of the account and Region, sorted.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.eks.get_paginator("list_clusters").paginate()
        return tuple(sorted(name for page in pages for name in page["clusters"]))


def _others(clients: AwsClients, name: str) -> str:
    from ..catalogue.nearest import nearest

    try:
        names = read_cluster_names(clients)
    except AwsRequestError as error:
        return f"which ones there are is not known ({error})"
    if not names:
        return "there is none at all, name another Region or profile"
    meant = nearest(name, names)
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    return f"did you mean {', '.join(meant)}? There are {shown}" if meant else f"there are {shown}"


def _cluster(cluster: ClusterTypeDef) -> EksCluster:
    network = cluster.get("resourcesVpcConfig", {})
    return EksCluster(
        name=cluster["name"],
        arn=cluster["arn"],
        # arn:aws:eks:us-east-1:123456789012:cluster/training
        account=cluster["arn"].split(":")[4],
        status=cluster["status"],
        version=cluster["version"],
        endpoint=cluster.get("endpoint"),
        certificate_authority_data=cluster.get("certificateAuthority", {}).get("data"),
        oidc_issuer=cluster.get("identity", {}).get("oidc", {}).get("issuer"),
        # Clusters of before access entries were there do not say.
        authentication_mode=cluster.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP"),
        vpc_id=network.get("vpcId") or None,
        subnet_ids=tuple(sorted(network.get("subnetIds", []))),
        security_group_id=network.get("clusterSecurityGroupId") or None,
        other_security_group_ids=tuple(sorted(network.get("securityGroupIds", []))),
        private_endpoint=network.get("endpointPrivateAccess", False),
        public_endpoint=network.get("endpointPublicAccess", False),
        public_access_cidrs=tuple(sorted(network.get("publicAccessCidrs", []))),
        support_type=cluster.get("upgradePolicy", {}).get("supportType"),
        auto_mode=cluster.get("computeConfig", {}).get("enabled", False),
    )
