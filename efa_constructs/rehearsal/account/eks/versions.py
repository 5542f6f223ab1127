"""The Kubernetes and add-on versions that the emulated EKS offers.

A snapshot for rehearsals, not the current list: see ``catalogue/kubernetes_versions.py``, and ``aws eks
describe-addon-versions``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ....catalogue.kubernetes_versions import EKS_DEFAULT_VERSION, EKS_VERSIONS, MOST_VERSIONS_BEHIND, minor_number
from ..eks_refusals import invalid_parameter
from .state import EksState

__all__ = [
    "ADDONS",
    "check_node_update",
    "check_node_version",
    "check_upgrade",
    "check_version",
    "describe_addon_versions",
    "describe_cluster_versions",
]

# The version that an add-on gets when a request names none; "{}" is the Kubernetes version.
ADDONS = {
    "vpc-cni": "v1.20.4-eksbuild.1",
    "coredns": "v1.12.4-eksbuild.1",
    "kube-proxy": "v{}.1-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.9-eksbuild.3",
    "eks-node-monitoring-agent": "v1.4.1-eksbuild.1",
    "metrics-server": "v0.8.0-eksbuild.2",
    "aws-ebs-csi-driver": "v1.51.0-eksbuild.1",
    "aws-efs-csi-driver": "v2.1.13-eksbuild.1",
    "aws-fsx-csi-driver": "v1.6.0-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v2.1.0-eksbuild.1",
    "snapshot-controller": "v8.3.0-eksbuild.1",
    "amazon-cloudwatch-observability": "v4.5.0-eksbuild.1",
}


def check_version(version: str) -> str:
    """Return ``version`` if EKS offers it."""
    if version not in EKS_VERSIONS:
        raise invalid_parameter(f"unsupported Kubernetes version {version}")
    return version


def check_upgrade(current: str, version: str) -> str:
    """Return ``version`` if a cluster at ``current`` can move to it: one minor version up."""
    check_version(version)
    step = minor_number(version) - minor_number(current)
    if step == 0:
        raise invalid_parameter(f"Cluster is already at the desired configuration with version {version}")
    if step != 1:
        raise invalid_parameter(f"Unsupported Kubernetes minor version update from {current} to {version}")
    return version


def check_node_version(version: str, cluster: str) -> None:
    """Refuse a version of a new node group that is not the cluster's.

    It is "the only accepted specified value" (API reference, "CreateNodegroup").
    """
    if version != cluster:
        raise invalid_parameter(
            f"Requested Nodegroup version {version} is invalid. Allowed version is {cluster}, the cluster's own"
        )


def check_node_update(version: str, cluster: str) -> None:
    """Refuse to move nodes to a version that is newer than the cluster's, or too old for it."""
    check_version(version)
    if not 0 <= minor_number(cluster) - minor_number(version) <= MOST_VERSIONS_BEHIND:
        raise invalid_parameter(
            f"Requested Nodegroup version {version} is invalid. Nodes may be up to {MOST_VERSIONS_BEHIND} minor "
            f"versions older than the cluster, {cluster}, and not newer"
        )


def describe_cluster_versions(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeClusterVersions."""
    wanted = request.get("clusterVersions") or EKS_VERSIONS
    return {
        "clusterVersions": [
            _cluster_version(version)
            for version in EKS_VERSIONS
            if version in wanted and (not request.get("defaultOnly") or version == EKS_DEFAULT_VERSION)
        ]
    }


def _cluster_version(version: str) -> dict[str, Any]:
    support = EKS_VERSIONS[version]
    description = {
        "clusterVersion": version,
        "clusterType": "eks",
        "defaultPlatformVersion": "eks.1",
        "defaultVersion": version == EKS_DEFAULT_VERSION,
        "status": support.status.lower().replace("_", "-"),
        "versionStatus": support.status,
    }
    if support.ends:
        standard, extended = (datetime.fromisoformat(end).replace(tzinfo=UTC) for end in support.ends)
        description |= {"endOfStandardSupportDate": standard, "endOfExtendedSupportDate": extended}
    return description


def describe_addon_versions(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeAddonVersions: one version of each add-on for each Kubernetes version."""
    versions = (request["kubernetesVersion"],) if request.get("kubernetesVersion") else tuple(EKS_VERSIONS)
    names = [request["addonName"]] if request.get("addonName") else list(ADDONS)
    return {
        "addons": [
            {
                "addonName": name,
                "owner": "aws",
                "publisher": "eks",
                "addonVersions": _addon_versions(ADDONS[name], versions),
            }
            for name in names
            if name in ADDONS
        ]
    }


def _addon_versions(pattern: str, versions: tuple[str, ...]) -> list[dict[str, Any]]:
    compatible: dict[str, list[dict[str, Any]]] = {}
    for version in versions:
        entry = {"clusterVersion": version, "platformVersions": ["*"], "defaultVersion": True}
        compatible.setdefault(pattern.format(version), []).append(entry)
    return [{"addonVersion": name, "compatibilities": entries} for name, entries in compatible.items()]
