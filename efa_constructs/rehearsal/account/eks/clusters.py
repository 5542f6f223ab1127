"""EKS clusters: create, describe, update, delete."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from ....catalogue.eks_defaults import BOOTSTRAPPED_ADDONS
from ....catalogue.kubernetes_versions import EKS_DEFAULT_VERSION
from ..eks_refusals import in_use, invalid_parameter, invalid_request
from ..iam_roles import trusted_role
from .access_entries import create_admin_entry
from .control_plane_network import attach_control_plane, detach_control_plane
from .control_planes import control_planes
from .state import Cluster, EksState, now
from .versions import ADDONS, check_upgrade, check_version

__all__ = [
    "create_cluster",
    "delete_cluster",
    "describe_cluster",
    "describe_update",
    "list_clusters",
    "list_updates",
    "start_control_plane",
    "update_cluster_config",
    "update_cluster_version",
]

_LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
_MODES = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]
_COPIED = (
    "clientRequestToken",
    "encryptionConfig",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "computeConfig",
    "storageConfig",
    "deletionProtection",
    "controlPlaneScalingConfig",
)


def create_cluster(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """CreateCluster. The cluster is ACTIVE at once."""
    name = request["name"]
    if name in state.clusters:
        raise in_use(f"Cluster already exists with name: {name}")
    version = check_version(request.get("version", EKS_DEFAULT_VERSION))
    if not trusted_role(state.iam, request["roleArn"], "eks.amazonaws.com"):
        raise invalid_parameter(
            f"Role with arn: {request['roleArn']}, could not be assumed because it does not exist or the trusted "
            "entity is not correct"
        )
    network = attach_control_plane(state, name, request["resourcesVpcConfig"])
    description = describe_new_cluster(state, request | {"version": version, "resourcesVpcConfig": network})
    cluster = Cluster(description=description)
    start_control_plane(state, cluster, bootstrap=request.get("bootstrapSelfManagedAddons", True))
    state.clusters[name] = cluster
    if request.get("accessConfig", {}).get("bootstrapClusterCreatorAdminPermissions", True):
        create_admin_entry(state, cluster)
    return {"cluster": description}


def describe_new_cluster(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """What DescribeCluster shows of a cluster just made."""
    identity = secrets.token_hex(16).upper()
    zone = secrets.token_hex(2)
    return {
        "name": request["name"],
        "arn": state.arn(f"cluster/{request['name']}"),
        "createdAt": now(),
        "version": request["version"],
        "endpoint": f"https://{identity}.{zone}.{state.region}.eks.amazonaws.com",
        "roleArn": request["roleArn"],
        "resourcesVpcConfig": request["resourcesVpcConfig"],
        "kubernetesNetworkConfig": _kubernetes_network(request.get("kubernetesNetworkConfig", {})),
        "logging": _logging(request.get("logging", {})),
        "identity": {"oidc": {"issuer": f"https://oidc.eks.{state.region}.amazonaws.com/id/{identity}"}},
        "status": "ACTIVE",
        "certificateAuthority": {"data": _certificate_authority()},
        "platformVersion": "eks.1",
        "tags": request.get("tags", {}),
        "health": {"issues": []},
        "accessConfig": {
            "bootstrapClusterCreatorAdminPermissions": True,
            # "the default is CONFIG_MAP" for clusters made with the API: CreateAccessConfigRequest.
            "authenticationMode": "CONFIG_MAP",
        }
        | request.get("accessConfig", {}),
        "upgradePolicy": {"supportType": "EXTENDED"} | request.get("upgradePolicy", {}),
    } | {key: request[key] for key in _COPIED if key in request}


def start_control_plane(state: EksState, cluster: Cluster, *, bootstrap: bool = True) -> None:
    """Give a cluster its control plane, where clusters have one, and say in its description where it answers.

    :param bootstrap: Whether it runs from the beginning what EKS installs with a cluster. Default: it does.
    """
    provider = control_planes()
    if provider is not None:
        cluster.control_plane = plane = provider.start(state, cluster)
        cluster.description["endpoint"] = plane.url
        authority = base64.b64encode(plane.certificate_authority.encode()).decode()
        cluster.description["certificateAuthority"] = {"data": authority}
        for addon in BOOTSTRAPPED_ADDONS if bootstrap else ():
            # That of a cluster of before runs on its other nodes.
            if not (cluster.existed and addon == "coredns"):
                plane.install_addon(addon, ADDONS[addon].format(cluster.description["version"]))


def describe_cluster(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeCluster."""
    return {"cluster": state.cluster(request["name"]).description}


def list_clusters(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListClusters."""
    return {"clusters": sorted(state.clusters)}


def delete_cluster(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteCluster: not while node groups are attached."""
    cluster = state.cluster(request["name"])
    if cluster.node_groups:
        raise in_use("Cluster has nodegroups attached")
    if cluster.description.get("deletionProtection"):
        raise invalid_request("Deletion protection is enabled for the cluster")
    detach_control_plane(state, cluster.description["resourcesVpcConfig"], cluster.name)
    if cluster.control_plane is not None:
        cluster.control_plane.stop()
    del state.clusters[cluster.name]
    return {"cluster": cluster.description | {"status": "DELETING"}}


def update_cluster_config(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateClusterConfig: one kind of change a request, as EKS wants it."""
    cluster = state.cluster(request["name"])
    changes = {key: value for key, value in request.items() if key not in ("name", "clientRequestToken")}
    if len(changes) != 1 and not (changes and set(changes) <= _AUTO_MODE):
        raise invalid_parameter("Only one type of update can be allowed.")
    for key, value in changes.items():
        _change(cluster.description, key, value)
    return {"update": cluster.record_update(_UPDATE_KINDS.get(next(iter(changes)), "ConfigUpdate"), {})}


def _change(description: dict[str, Any], key: str, value: Any) -> None:
    if key == "accessConfig":
        _check_authentication_mode(description["accessConfig"]["authenticationMode"], value["authenticationMode"])
    if key == "logging":
        description[key] = _logging(value)
    elif isinstance(value, dict):
        description[key] = description.get(key, {}) | value
    else:
        description[key] = value


# The switches of Auto Mode are one kind of change.
_AUTO_MODE = {"computeConfig", "storageConfig", "kubernetesNetworkConfig"}
_UPDATE_KINDS = {
    "resourcesVpcConfig": "EndpointAccessUpdate",
    "logging": "LoggingUpdate",
    "accessConfig": "AccessConfigUpdate",
    "upgradePolicy": "UpgradePolicyUpdate",
    "zonalShiftConfig": "ZonalShiftConfigUpdate",
    "computeConfig": "AutoModeUpdate",
    "storageConfig": "AutoModeUpdate",
    "kubernetesNetworkConfig": "AutoModeUpdate",
    "remoteNetworkConfig": "RemoteNetworkConfigUpdate",
    "deletionProtection": "DeletionProtectionUpdate",
}


def update_cluster_version(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateClusterVersion."""
    cluster = state.cluster(request["name"])
    version = check_upgrade(cluster.description["version"], request["version"])
    cluster.description["version"] = version
    return {"update": cluster.record_update("VersionUpdate", {"Version": version})}


def describe_update(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeUpdate."""
    cluster = state.cluster(request["name"])
    if request["updateId"] not in cluster.updates:
        raise invalid_parameter(f"No update found for ID: {request['updateId']}")
    return {"update": cluster.updates[request["updateId"]]}


def list_updates(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListUpdates."""
    return {"updateIds": list(state.cluster(request["name"]).updates)}


def _check_authentication_mode(current: str, wanted: str) -> None:
    # The mode only ever moves towards API: "Change authentication mode to use access entries", EKS User Guide.
    if _MODES.index(wanted) < _MODES.index(current):
        raise invalid_parameter(
            f"Unsupported authentication mode update from {current} to {wanted}",
        )


def _logging(wanted: dict[str, Any]) -> dict[str, Any]:
    groups = wanted.get("clusterLogging") or []
    enabled = [kind for group in groups if group.get("enabled") for kind in group.get("types", [])]
    disabled = [kind for kind in _LOG_TYPES if kind not in enabled]
    shown = [{"types": types, "enabled": on} for types, on in ((enabled, True), (disabled, False)) if types]
    return {"clusterLogging": shown}


def _kubernetes_network(wanted: dict[str, Any]) -> dict[str, Any]:
    family = wanted.get("ipFamily", "ipv4")
    service = {"serviceIpv6Cidr": "fd00:ec2::/108"} if family == "ipv6" else {"serviceIpv4Cidr": "10.100.0.0/16"}
    return service | {"ipFamily": family, "elasticLoadBalancing": {"enabled": False}} | wanted


def _certificate_authority() -> str:
    """Base64 in the shape of a certificate. No API server answers at the endpoint, so nothing checks against it."""
    body = base64.encodebytes(secrets.token_bytes(512)).decode()
    return base64.b64encode(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n".encode()).decode()
