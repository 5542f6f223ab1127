"""EKS Pod Identity associations: which IAM role the pods of a service account get."""

from __future__ import annotations

import secrets
from typing import Any

from ..eks_refusals import in_use, invalid_parameter, not_found
from ..iam_roles import role_by_arn, trusted_role
from .state import Cluster, EksState, now

__all__ = [
    "create_pod_identity_association",
    "delete_pod_identity_association",
    "describe_pod_identity_association",
    "list_pod_identity_associations",
    "update_pod_identity_association",
]


def create_pod_identity_association(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """CreatePodIdentityAssociation."""
    cluster = state.cluster(request["clusterName"])
    for other in cluster.pod_identity_associations.values():
        if (other["namespace"], other["serviceAccount"]) == (request["namespace"], request["serviceAccount"]):
            raise in_use(f"Association already exists: {other['associationId']}")
    _check_role(state, request["roleArn"])
    association_id = f"a-{secrets.token_hex(9)[:17]}"
    association = {
        "clusterName": cluster.name,
        "namespace": request["namespace"],
        "serviceAccount": request["serviceAccount"],
        "roleArn": request["roleArn"],
        "associationArn": state.arn(f"podidentityassociation/{cluster.name}/{association_id}"),
        "associationId": association_id,
        "tags": request.get("tags", {}),
        "createdAt": now(),
        "modifiedAt": now(),
        "disableSessionTags": request.get("disableSessionTags", False),
    } | {key: request[key] for key in ("targetRoleArn", "policy") if key in request}
    cluster.pod_identity_associations[association_id] = association
    return {"association": association}


def describe_pod_identity_association(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribePodIdentityAssociation."""
    return {"association": _association(state.cluster(request["clusterName"]), request["associationId"])}


def list_pod_identity_associations(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListPodIdentityAssociations."""
    shown = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")
    return {
        "associations": [
            {key: association[key] for key in shown if key in association}
            for association in state.cluster(request["clusterName"]).pod_identity_associations.values()
            if request.get("namespace", association["namespace"]) == association["namespace"]
            and request.get("serviceAccount", association["serviceAccount"]) == association["serviceAccount"]
        ]
    }


def update_pod_identity_association(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdatePodIdentityAssociation."""
    association = _association(state.cluster(request["clusterName"]), request["associationId"])
    if "roleArn" in request:
        _check_role(state, request["roleArn"])
    for key in ("roleArn", "targetRoleArn", "disableSessionTags", "policy"):
        if key in request:
            association[key] = request[key]
    association["modifiedAt"] = now()
    return {"association": association}


def delete_pod_identity_association(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DeletePodIdentityAssociation."""
    cluster = state.cluster(request["clusterName"])
    association = _association(cluster, request["associationId"])
    del cluster.pod_identity_associations[request["associationId"]]
    return {"association": association}


def _association(cluster: Cluster, association_id: str) -> dict[str, Any]:
    if association_id not in cluster.pod_identity_associations:
        raise not_found(f"Association not found: {association_id}")
    return cluster.pod_identity_associations[association_id]


def _check_role(state: EksState, role_arn: str) -> None:
    if role_by_arn(state.iam, role_arn) is None:
        raise invalid_parameter(f"Role provided in the request does not exist: {role_arn}")
    if not trusted_role(state.iam, role_arn, "pods.eks.amazonaws.com"):
        raise invalid_parameter(
            "Trust policy of role provided in the request does not allow the EKS Pod Identity service principal "
            "pods.eks.amazonaws.com"
        )
