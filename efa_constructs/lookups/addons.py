"""Reads which EKS add-ons a cluster has.

What was installed without EKS, such as a VPC CNI that is a plain DaemonSet, only Kubernetes knows.
"""

from __future__ import annotations

from ..errors import AwsRequestError
from .clients import AwsClients, aws_errors
from .questions import ask

__all__ = ["read_addon_version", "read_addon_versions"]


def read_addon_versions(clients: AwsClients, cluster_name: str) -> dict[str, str]:
    """Read the versions of a cluster's EKS add-ons, by the name of the add-on: ``{"vpc-cni": "v1.20.4-eksbuild.2"}``.

    :raises AwsRequestError: there is no such cluster, AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.eks.get_paginator("list_addons").paginate(clusterName=cluster_name)
        names = sorted(name for page in pages for name in page["addons"])
    versions = {name: ask(_read_version, clients, cluster_name, name) for name in names}
    return {name: version.value() for name, version in versions.items()}


def read_addon_version(clients: AwsClients, cluster_name: str, name: str) -> str | None:
    """Read the version of one EKS add-on, such as ``"vpc-cni"``. None: the cluster has no such add-on, or is not there.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    try:
        return _read_version(clients, cluster_name, name)
    except AwsRequestError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise


def _read_version(clients: AwsClients, cluster_name: str, name: str) -> str:
    with aws_errors():
        return clients.eks.describe_addon(clusterName=cluster_name, addonName=name)["addon"]["addonVersion"]
