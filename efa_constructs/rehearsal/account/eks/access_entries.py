"""Access entries: which IAM principals may reach the Kubernetes API, and with which access policies."""

from __future__ import annotations

import re
from typing import Any

from ..eks_refusals import in_use, invalid_parameter, invalid_request, not_found
from ..iam_roles import role_by_arn
from ..on_trust import take_on_trust
from .state import AccessEntry, Cluster, EksState, identifier, now

__all__ = [
    "associate_access_policy",
    "create_access_entry",
    "create_admin_entry",
    "delete_access_entry",
    "describe_access_entry",
    "disassociate_access_policy",
    "drop_node_entry",
    "ensure_node_entry",
    "list_access_entries",
    "list_access_policies",
    "list_associated_access_policies",
    "update_access_entry",
]

# A snapshot for rehearsals, as are the add-ons: "Review access policy permissions", EKS User Guide.
_POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEKSSecretReaderPolicy",
)
_ANY_POLICY_ARN = re.compile(r"arn:aws[\w-]*:eks::aws:cluster-access-policy/\w+")
_POLICY_ARN = "arn:aws:eks::aws:cluster-access-policy/"
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role)/.+)")
# The user name and group of each type for nodes: "Create access entries", EKS User Guide.
_NODE_TYPES = {
    "EC2_LINUX": ("system:node:{{EC2PrivateDNSName}}", "system:nodes"),
    "EC2_WINDOWS": ("system:node:{{EC2PrivateDNSName}}", "system:nodes"),
    "EC2": ("system:node:{{EC2PrivateDNSName}}", ""),
    "FARGATE_LINUX": ("system:node:{{SessionName}}", "system:nodes"),
    "HYBRID_LINUX": ("system:node:{{SessionName}}", "system:nodes"),
    "HYPERPOD_LINUX": ("system:node:{{SessionName}}", "system:nodes"),
}
# Nodes of EKS Auto Mode get their permissions by a policy.
_TYPES_WITH_POLICIES = ("STANDARD", "EC2")


def create_access_entry(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """CreateAccessEntry."""
    cluster = _cluster(state, request)
    principal, kind = request["principalArn"], request.get("type", "STANDARD")
    if kind != "STANDARD" and kind not in _NODE_TYPES:
        raise invalid_parameter(f"The specified type {kind} is invalid, use STANDARD, {', '.join(_NODE_TYPES)}")
    if not _principal_exists(state, principal):
        raise invalid_parameter("The specified principalArn is invalid: invalid principal.")
    if principal in cluster.access_entries:
        raise in_use("The specified access entry resource is already in use on this cluster.")
    if kind != "STANDARD" and (request.get("kubernetesGroups") or request.get("username")):
        raise invalid_parameter("The type field must be STANDARD to specify a username or kubernetesGroups.")
    for group in request.get("kubernetesGroups") or []:
        if group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
            reserved = group.partition(":")[0] + ":"
            raise invalid_parameter(f"The kubernetes group name {group} is invalid, it cannot start with {reserved}")
    entry = AccessEntry(description=_describe(state, cluster, request | {"type": kind}))
    cluster.access_entries[principal] = entry
    return {"accessEntry": entry.description}


def create_admin_entry(state: EksState, cluster: Cluster) -> None:
    """Let whoever created the cluster administer it, as EKS does unless told otherwise."""
    if cluster.description["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        return
    principal = f"arn:aws:iam::{state.account}:root"
    entry = AccessEntry(description=_describe(state, cluster, {"principalArn": principal, "type": "STANDARD"}))
    policy = f"{_POLICY_ARN}AmazonEKSClusterAdminPolicy"
    entry.policies[policy] = _policy(policy, {"type": "cluster", "namespaces": []})
    cluster.access_entries[principal] = entry


def ensure_node_entry(state: EksState, cluster: Cluster, role_arn: str, *, windows: bool) -> None:
    """Let the nodes of a managed node group join, as EKS does when it creates one."""
    if cluster.description["accessConfig"]["authenticationMode"] == "CONFIG_MAP" or role_arn in cluster.access_entries:
        return
    kind = "EC2_WINDOWS" if windows else "EC2_LINUX"
    description = _describe(state, cluster, {"principalArn": role_arn, "type": kind})
    cluster.access_entries[role_arn] = AccessEntry(description=description, of_node_groups=True)


def drop_node_entry(cluster: Cluster, role_arn: str) -> None:
    """Take the entry back once no managed node group has the role, as EKS does when it deletes one."""
    entry = cluster.access_entries.get(role_arn)
    used = any(group["nodeRole"] == role_arn for group in cluster.node_groups.values())
    if entry is not None and entry.of_node_groups and not used:
        del cluster.access_entries[role_arn]


def describe_access_entry(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeAccessEntry."""
    return {"accessEntry": _entry(state, request).description}


def list_access_entries(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListAccessEntries."""
    policy = request.get("associatedPolicyArn")
    entries = _cluster(state, request).access_entries.items()
    return {"accessEntries": [arn for arn, entry in entries if policy is None or policy in entry.policies]}


def update_access_entry(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateAccessEntry."""
    description = _entry(state, request).description
    if description["type"] != "STANDARD":
        raise invalid_request(f"Access entries of type {description['type']} cannot be updated")
    for key in ("kubernetesGroups", "username"):
        if key in request:
            description[key] = request[key]
    description["modifiedAt"] = now()
    return {"accessEntry": description}


def delete_access_entry(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteAccessEntry."""
    _entry(state, request)
    del _cluster(state, request).access_entries[request["principalArn"]]
    return {}


def associate_access_policy(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """AssociateAccessPolicy."""
    entry, policy = _entry(state, request), request["policyArn"]
    if not _ANY_POLICY_ARN.fullmatch(policy):
        raise not_found(f"The specified policyArn could not be found: {policy}")
    name = policy.rpartition("/")[2]
    if name not in _POLICIES:
        take_on_trust(f"whether EKS has the access policy '{name}'")
    if entry.description["type"] not in _TYPES_WITH_POLICIES:
        raise invalid_request(
            f"Access policies cannot be associated with an access entry of type {entry.description['type']}"
        )
    scope = request["accessScope"]
    if scope.get("type") == "namespace" and not scope.get("namespaces"):
        raise invalid_parameter("Namespaces must be specified for an access scope of type namespace")
    entry.policies[policy] = _policy(policy, {"namespaces": []} | scope)
    return _associated(request, entry, "associatedAccessPolicy", entry.policies[policy])


def disassociate_access_policy(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DisassociateAccessPolicy."""
    entry = _entry(state, request)
    if entry.policies.pop(request["policyArn"], None) is None:
        raise not_found(f"The specified policyArn is not associated: {request['policyArn']}")
    return {}


def list_associated_access_policies(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListAssociatedAccessPolicies."""
    entry = _entry(state, request)
    return _associated(request, entry, "associatedAccessPolicies", list(entry.policies.values()))


def list_access_policies(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListAccessPolicies."""
    return {"accessPolicies": [{"name": name, "arn": f"{_POLICY_ARN}{name}"} for name in _POLICIES]}


def _cluster(state: EksState, request: dict[str, Any]) -> Cluster:
    cluster = state.cluster(request["clusterName"])
    if cluster.description["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        raise invalid_request(
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this "
            "operation."
        )
    return cluster


def _entry(state: EksState, request: dict[str, Any]) -> AccessEntry:
    entry = _cluster(state, request).access_entries.get(request["principalArn"])
    if entry is None:
        raise not_found(
            "The specified principalArn could not be found. You can view your available access entries with "
            "'list-access-entries'."
        )
    return entry


def _principal_exists(state: EksState, principal: str) -> bool:
    if not _PRINCIPAL.fullmatch(principal):
        return False
    return ":role/" not in principal or role_by_arn(state.iam, principal) is not None


def _describe(state: EksState, cluster: Cluster, request: dict[str, Any]) -> dict[str, Any]:
    principal, kind = request["principalArn"], request["type"]
    _, _, _, _, account, resource = principal.split(":", 5)
    username, group = _NODE_TYPES.get(kind, (request.get("username", principal), ""))
    return {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": [group] if group else request.get("kubernetesGroups") or [],
        "accessEntryArn": state.arn(
            f"access-entry/{cluster.name}/{resource.split('/')[0]}/{account}/{resource.split('/')[-1]}/{identifier()}"
        ),
        "createdAt": now(),
        "modifiedAt": now(),
        "tags": request.get("tags", {}),
        "username": username,
        "type": kind,
    }


def _policy(policy_arn: str, scope: dict[str, Any]) -> dict[str, Any]:
    return {"policyArn": policy_arn, "accessScope": scope, "associatedAt": now(), "modifiedAt": now()}


def _associated(request: dict[str, Any], entry: AccessEntry, key: str, value: Any) -> dict[str, Any]:
    return {"clusterName": request["clusterName"], "principalArn": request["principalArn"], key: value}
