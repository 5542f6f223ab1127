"""EKS add-ons. They are ACTIVE at once: nothing waits here for the pods of those that a control plane runs."""

from __future__ import annotations

import json
import re
from typing import Any

from ..eks_refusals import in_use, invalid_parameter, not_found
from ..on_trust import take_on_trust
from .kube_system import runs_on_cluster
from .pod_identity import create_pod_identity_association, delete_pod_identity_association
from .state import Cluster, EksState, identifier, now
from .versions import ADDONS

__all__ = [
    "create_addon",
    "delete_addon",
    "describe_addon",
    "describe_new_addon",
    "list_addons",
    "update_addon",
]

# Those of the Marketplace are named "seller_product".
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_COPIED = ("serviceAccountRoleArn", "configurationValues", "tags")
_NAMESPACES = {"amazon-cloudwatch-observability": "amazon-cloudwatch"}


def create_addon(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """CreateAddon."""
    cluster, name = state.cluster(request["clusterName"]), request["addonName"]
    if not _NAME.fullmatch(name):
        raise invalid_parameter(f"Addon {name} specified is not supported")
    if name in cluster.addons:
        raise in_use("Addon already exists.")
    _check_configuration(request)
    if name not in ADDONS:
        take_on_trust(f"whether EKS has the add-on '{name}' for Kubernetes {cluster.description['version']}")
    default = ADDONS.get(name, "v1.0.0-eksbuild.1").format(cluster.description["version"])
    version = request.get("addonVersion") or default
    addon = describe_new_addon(state, cluster, name, version) | {key: request[key] for key in _COPIED if key in request}
    cluster.addons[name] = addon
    _install(cluster, addon)
    _associate(state, cluster, addon, request)
    return {"addon": addon}


def describe_new_addon(state: EksState, cluster: Cluster, name: str, version: str) -> dict[str, Any]:
    """What DescribeAddon shows of an add-on just installed."""
    return {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": version,
        "health": {"issues": []},
        "addonArn": state.arn(f"addon/{cluster.name}/{name}/{identifier()}"),
        "createdAt": now(),
        "modifiedAt": now(),
        "tags": {},
        "owner": "aws",
        "publisher": "eks",
        "podIdentityAssociations": [],
    }


def describe_addon(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeAddon."""
    return {"addon": _addon(state.cluster(request["clusterName"]), request["addonName"])}


def list_addons(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListAddons."""
    return {"addons": sorted(state.cluster(request["clusterName"]).addons)}


def update_addon(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateAddon."""
    cluster = state.cluster(request["clusterName"])
    addon = _addon(cluster, request["addonName"])
    _check_configuration(request)
    for key in ("addonVersion", "serviceAccountRoleArn", "configurationValues"):
        if key in request:
            addon[key] = request[key]
    if "podIdentityAssociations" in request:
        _disassociate(state, cluster, addon)
        _associate(state, cluster, addon, request)
    _install(cluster, addon)
    addon["modifiedAt"] = now()
    params = {"AddonVersion": request["addonVersion"]} if "addonVersion" in request else {}
    return {"update": cluster.record_update("AddonUpdate", params)}


def delete_addon(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteAddon."""
    cluster = state.cluster(request["clusterName"])
    addon = _addon(cluster, request["addonName"])
    _disassociate(state, cluster, addon)
    del cluster.addons[request["addonName"]]
    if cluster.control_plane is not None and not request.get("preserve"):
        cluster.control_plane.remove_addon(request["addonName"])
    return {"addon": addon | {"status": "DELETING"}}


def _install(cluster: Cluster, addon: dict[str, Any]) -> None:
    if cluster.control_plane is None or (cluster.existed and addon["addonName"] == "coredns"):
        return
    if runs_on_cluster(addon["addonName"]):
        cluster.control_plane.install_addon(
            addon["addonName"], addon["addonVersion"], addon.get("configurationValues") or None
        )
    else:
        take_on_trust(f"what the add-on '{addon['addonName']}' runs on the cluster: no pod of it was started")


def _addon(cluster: Cluster, name: str) -> dict[str, Any]:
    if name not in cluster.addons:
        raise not_found(f"No addon: {name} found in cluster: {cluster.name}")
    return cluster.addons[name]


def _check_configuration(request: dict[str, Any]) -> None:
    values = request.get("configurationValues")
    # EKS takes JSON or YAML; CDK and CloudFormation users send JSON, and only what looks like JSON is checked.
    if values and values.lstrip().startswith("{"):
        try:
            json.loads(values)
        except ValueError:
            raise invalid_parameter("ConfigurationValue provided in request is not supported: not valid JSON") from None


def _associate(state: EksState, cluster: Cluster, addon: dict[str, Any], request: dict[str, Any]) -> None:
    for wanted in request.get("podIdentityAssociations") or []:
        answer = create_pod_identity_association(
            state,
            wanted | {"clusterName": cluster.name, "namespace": _NAMESPACES.get(addon["addonName"], "kube-system")},
        )
        association = answer["association"]
        cluster.pod_identity_associations[association["associationId"]]["ownerArn"] = addon["addonArn"]
        addon["podIdentityAssociations"].append(association["associationArn"])


def _disassociate(state: EksState, cluster: Cluster, addon: dict[str, Any]) -> None:
    for association in list(cluster.pod_identity_associations.values()):
        if association.get("ownerArn") == addon["addonArn"]:
            delete_pod_identity_association(
                state, {"clusterName": cluster.name, "associationId": association["associationId"]}
            )
    addon["podIdentityAssociations"] = []
