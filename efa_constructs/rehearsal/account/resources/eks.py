"""The AWS::EKS types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cloudformation.physical_names import physical_name
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .api_parameters import api_parameters, eks_name, tag_list
from .eks_calls import call, delete, input_shape, parameters, set_tags
from .eks_node_group import NodeGroup

__all__ = [
    "RESOURCE_TYPES",
    "AccessEntry",
    "Addon",
    "Cluster",
    "PodIdentityAssociation",
    "cluster_attributes",
]


class Cluster(ResourceType):
    """A cluster."""

    type_name = "AWS::EKS::Cluster"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateCluster."""
        arguments = self._arguments(request)
        arguments.setdefault("name", physical_name(request))
        cluster = call(request, "CreateCluster", arguments)["cluster"]
        return Resource(physical_id=cluster["name"], attributes=cluster_attributes(cluster))

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """UpdateClusterConfig and UpdateClusterVersion, one kind of change a request as EKS wants it."""
        name = current.physical_id
        cluster = call(request, "DescribeCluster", {"name": name})["cluster"]
        wanted = self._arguments(request)
        if wanted.get("version", cluster["version"]) != cluster["version"]:
            call(request, "UpdateClusterVersion", {"name": name, "version": wanted["version"]})
        changes = {key: _difference(cluster.get(key), wanted[key]) for key in wanted if key not in _OWN_OPERATION}
        changes = {key: change for key, change in changes.items() if change not in (None, {})}
        for group in _updates(changes):
            call(request, "UpdateClusterConfig", {"name": name, **group})
        call(request, "UpdateClusterConfig", {"name": name, "logging": wanted.get("logging", {})})
        if "tags" in wanted:
            set_tags(request, cluster["arn"], cluster["tags"])
        cluster = call(request, "DescribeCluster", {"name": name})["cluster"]
        return Resource(physical_id=name, attributes=cluster_attributes(cluster))

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteCluster: not while node groups are attached."""
        delete(request, "DeleteCluster", {"name": current.physical_id})

    def _arguments(self, request: ResourceRequest) -> dict[str, Any]:
        """CreateCluster's parameters."""
        arguments = parameters(request, "CreateCluster", without=("Tags", "Logging", "Force"))
        return arguments | {"tags": tag_list(request)} | _logging(request.properties)


class AccessEntry(ResourceType):
    """An access entry with its access policies."""

    type_name = "AWS::EKS::AccessEntry"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateAccessEntry, and AssociateAccessPolicy for each policy."""
        arguments = parameters(request, "CreateAccessEntry", without=("Tags", "AccessPolicies"))
        entry = call(request, "CreateAccessEntry", arguments | {"tags": tag_list(request)})["accessEntry"]
        try:
            self._associate(request, request.properties.get("AccessPolicies") or ())
        except AwsError:
            # CloudFormation would delete what failed half-way; here nothing is left that it could name.
            delete(request, "DeleteAccessEntry", self._key(request))
            raise
        return Resource(
            physical_id=f"{entry['principalArn']}|{entry['clusterName']}",
            attributes={"AccessEntryArn": entry["accessEntryArn"]},
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change groups, user name, policies and tags."""
        key, properties = self._key(request), request.properties
        entry = call(request, "DescribeAccessEntry", key)["accessEntry"]
        if entry["type"] == "STANDARD":
            change = {"kubernetesGroups": properties.get("KubernetesGroups") or []}
            change |= {"username": properties["Username"]} if "Username" in properties else {}
            call(request, "UpdateAccessEntry", key | change)
        wanted = properties.get("AccessPolicies") or ()
        for policy in call(request, "ListAssociatedAccessPolicies", key)["associatedAccessPolicies"]:
            if policy["policyArn"] not in [other["PolicyArn"] for other in wanted]:
                call(request, "DisassociateAccessPolicy", key | {"policyArn": policy["policyArn"]})
        self._associate(request, wanted)
        set_tags(request, entry["accessEntryArn"], entry["tags"])
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteAccessEntry."""
        delete(request, "DeleteAccessEntry", self._key(request))

    def _associate(self, request: ResourceRequest, policies: Any) -> None:
        shape = input_shape("AssociateAccessPolicy")
        for policy in policies:
            call(request, "AssociateAccessPolicy", self._key(request) | api_parameters(shape, policy, eks_name))

    @staticmethod
    def _key(request: ResourceRequest) -> dict[str, Any]:
        return {
            "clusterName": request.properties["ClusterName"],
            "principalArn": request.properties["PrincipalArn"],
        }


class Addon(ResourceType):
    """An add-on."""

    type_name = "AWS::EKS::Addon"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateAddon."""
        arguments = parameters(request, "CreateAddon", without=("Tags", "PreserveOnDelete"))
        addon = call(request, "CreateAddon", arguments | {"tags": tag_list(request)})["addon"]
        return Resource(
            physical_id=f"{addon['clusterName']}|{addon['addonName']}", attributes={"Arn": addon["addonArn"]}
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """UpdateAddon."""
        arguments = parameters(request, "UpdateAddon", without=("Tags", "PreserveOnDelete", "NamespaceConfig"))
        call(request, "UpdateAddon", arguments)
        addon = call(request, "DescribeAddon", self._key(request))["addon"]
        set_tags(request, addon["addonArn"], addon["tags"])
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteAddon."""
        delete(request, "DeleteAddon", self._key(request))

    @staticmethod
    def _key(request: ResourceRequest) -> dict[str, Any]:
        return {"clusterName": request.properties["ClusterName"], "addonName": request.properties["AddonName"]}


class PodIdentityAssociation(ResourceType):
    """A Pod Identity association."""

    type_name = "AWS::EKS::PodIdentityAssociation"

    def create(self, request: ResourceRequest) -> Resource:
        """CreatePodIdentityAssociation."""
        arguments = parameters(request, "CreatePodIdentityAssociation", without=("Tags",))
        answer = call(request, "CreatePodIdentityAssociation", arguments | {"tags": tag_list(request)})
        association = answer["association"]
        return Resource(
            physical_id=association["associationArn"],
            attributes={
                "AssociationArn": association["associationArn"],
                "AssociationId": association["associationId"],
            },
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """UpdatePodIdentityAssociation."""
        arguments = parameters(request, "UpdatePodIdentityAssociation", without=("Tags", "Namespace", "ServiceAccount"))
        call(request, "UpdatePodIdentityAssociation", arguments | self._key(request, current))
        found = call(request, "DescribePodIdentityAssociation", self._key(request, current))["association"]
        set_tags(request, found["associationArn"], found["tags"])
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeletePodIdentityAssociation."""
        delete(request, "DeletePodIdentityAssociation", self._key(request, current))

    @staticmethod
    def _key(request: ResourceRequest, current: Resource) -> dict[str, Any]:
        return {
            "clusterName": request.properties["ClusterName"],
            "associationId": current.attributes["AssociationId"],
        }


def cluster_attributes(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """What Fn::GetAtt gives of a cluster."""
    keys = [config["provider"]["keyArn"] for config in cluster.get("encryptionConfig") or () if "provider" in config]
    return {
        "Arn": cluster["arn"],
        "Id": cluster["name"],
        "Endpoint": cluster["endpoint"],
        "CertificateAuthorityData": cluster["certificateAuthority"]["data"],
        "ClusterSecurityGroupId": cluster["resourcesVpcConfig"]["clusterSecurityGroupId"],
        "EncryptionConfigKeyArn": keys[0] if keys else "",
        "OpenIdConnectIssuerUrl": cluster["identity"]["oidc"]["issuer"],
        "KubernetesNetworkConfig.ServiceIpv6Cidr": cluster["kubernetesNetworkConfig"].get("serviceIpv6Cidr", ""),
    }


def _logging(properties: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation's list of enabled log types in the form of the API."""
    enabled = properties.get("Logging", {}).get("ClusterLogging", {}).get("EnabledTypes") or []
    if not enabled:
        return {}
    return {"logging": {"clusterLogging": [{"types": [entry["Type"] for entry in enabled], "enabled": True}]}}


# Kinds of change that have a request of their own, or are made at creation only and replace the cluster.
_OWN_OPERATION = ("name", "version", "tags", "logging", "roleArn", "bootstrapSelfManagedAddons", "outpostConfig")
# EKS wants the switches of Auto Mode in one request: "Enable EKS Auto Mode on an existing cluster", EKS User Guide.
_AUTO_MODE = ("computeConfig", "storageConfig", "kubernetesNetworkConfig")


def _updates(changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The requests that make these changes."""
    unknown = [key for key in changes if key not in input_shape("UpdateClusterConfig").members]
    if unknown:
        names = ", ".join(key[0].upper() + key[1:] for key in unknown)
        raise AwsError("InvalidRequest", f"the emulated account cannot change {names} of a cluster that exists")
    auto_mode = {key: changes[key] for key in _AUTO_MODE if key in changes}
    others = [{key: change} for key, change in changes.items() if key not in _AUTO_MODE]
    return [*others, auto_mode] if auto_mode else others


def _difference(current: Any, wanted: Any) -> Any:
    if isinstance(wanted, Mapping) and isinstance(current, Mapping):
        return {key: value for key, value in wanted.items() if current.get(key) != value}
    return wanted if wanted != current else None


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (
    Cluster,
    NodeGroup,
    AccessEntry,
    Addon,
    PodIdentityAssociation,
)
