"""The custom resources with which AWS CDK reaches into a cluster.

The account has no Kubernetes control plane. It makes the checks that need none, keeps what it accepted in the cluster's
``manifests`` for whoever has one, and never says that anything was applied.
"""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.models import lambda_backends

from ..eks import eks_state
from ..eks.state import AccessEntry, Cluster, Manifest
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType

__all__ = ["RESOURCE_TYPES", "HelmChart", "KubernetesManifest", "KubernetesObjectValue", "KubernetesPatch"]

# kubectl apply keeps what it applied in an annotation, and Kubernetes allows an object's annotations this many bytes.
_MOST_BYTES = 262_144


class _InCluster(ResourceType):
    """Something that CDK's kubectl handler does in a cluster."""

    def create(self, request: ResourceRequest) -> Resource:
        """Check what can be checked without Kubernetes, and keep it."""
        return self._accept(request, f"{request.stack_name}/{request.logical_id}")

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """The same again."""
        return self._accept(request, current.physical_id)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Forget it. CDK's handler succeeds without a cluster, too."""
        state = eks_state(request.account, request.region)
        cluster = state.clusters.get(request.properties["ClusterName"])
        if cluster is not None:
            cluster.manifests.pop(current.physical_id, None)

    def _accept(self, request: ResourceRequest, physical_id: str) -> Resource:
        cluster = eks_state(request.account, request.region).cluster(request.properties["ClusterName"])
        if cluster.description["status"] != "ACTIVE":
            raise AwsError("InvalidRequest", f"Cluster {cluster.name} is not ACTIVE", service="Eks")
        _check_access(request, cluster)
        self._check(request)
        cluster.manifests[physical_id] = Manifest(
            type_name=request.type_name,
            physical_id=physical_id,
            stack_name=request.stack_name,
            logical_id=request.logical_id,
            properties=dict(request.properties),
        )
        return Resource(physical_id=physical_id)

    def _check(self, request: ResourceRequest) -> None:
        raise NotImplementedError


class KubernetesManifest(_InCluster):
    """Objects that ``kubectl apply`` would make."""

    type_name = "Custom::AWSCDK-EKS-KubernetesResource"

    def _check(self, request: ResourceRequest) -> None:
        objects = _json(request, "Manifest")
        if not isinstance(objects, list) or not objects:
            raise _refused("error: no objects passed to apply")
        for item in objects:
            name = _check_object(item)
            size = len(json.dumps(item, separators=(",", ":")).encode())
            if size > _MOST_BYTES:
                raise _refused(
                    f'The {item["kind"]} "{name}" is invalid: metadata.annotations: Too long: may not be more than '
                    f"{_MOST_BYTES} bytes"
                )


class KubernetesPatch(_InCluster):
    """A patch that ``kubectl patch`` would make."""

    type_name = "Custom::AWSCDK-EKS-KubernetesPatch"

    def _check(self, request: ResourceRequest) -> None:
        for name in ("ApplyPatchJson", "RestorePatchJson"):
            _json(request, name)


class HelmChart(_InCluster):
    """A chart that ``helm upgrade --install`` would install."""

    type_name = "Custom::AWSCDK-EKS-HelmChart"

    def _check(self, request: ResourceRequest) -> None:
        if request.properties.get("Values"):
            _json(request, "Values")


class KubernetesObjectValue(_InCluster):
    """A value that ``kubectl get`` would read. Without Kubernetes there is none: it fails, and makes none up."""

    type_name = "Custom::AWSCDK-EKS-KubernetesObjectValue"

    def _check(self, request: ResourceRequest) -> None:
        properties = request.properties
        raise AwsError(
            "NotImplemented",
            f"the emulated account has no Kubernetes control plane, so it cannot read {properties.get('JsonPath')} of "
            f"{properties.get('ObjectType')} {properties.get('ObjectName')}",
        )


def _check_object(item: Any) -> str:
    if not isinstance(item, dict):
        raise _refused("error: unable to decode: an object of a manifest must be a JSON object")
    for field in ("apiVersion", "kind"):
        if not item.get(field):
            raise _refused(f"error: error validating data: {field} not set")
    metadata = item.get("metadata") or {}
    name = metadata.get("name") or metadata.get("generateName")
    if not name:
        raise _refused(f"error: resource name may not be empty: {item['kind']}")
    return str(name)


def _check_access(request: ResourceRequest, cluster: Cluster) -> None:
    """Whether the role that runs kubectl may reach the cluster: it needs an access entry with a policy or groups."""
    role = request.properties.get("RoleArn") or _handler_role(request)
    if role == cluster.creator:
        return
    entry = cluster.access_entries.get(role)
    if entry is None or not _may_do_something(entry):
        raise _refused(f"error: You must be logged in to the server (Unauthorized): {role} has no access entry")


def _may_do_something(entry: AccessEntry) -> bool:
    return bool(entry.policies or entry.description["kubernetesGroups"])


def _handler_role(request: ResourceRequest) -> str:
    """The role of the function that runs kubectl: CDK's provider framework calls it for the service token."""
    functions = lambda_backends[request.account][request.region]
    arn = request.properties["ServiceToken"]
    try:
        framework = functions.get_function(arn)
        handler = framework.environment_vars.get("USER_ON_EVENT_FUNCTION_ARN", arn)
        return str(functions.get_function(handler).role)
    except Exception:
        raise AwsError(
            "ResourceNotFoundException", f"Function not found: {arn}", service="Lambda", status=404
        ) from None


def _json(request: ResourceRequest, name: str) -> Any:
    try:
        return json.loads(request.properties[name])
    except (TypeError, ValueError) as error:
        raise _refused(f"{name} is not JSON: {error}") from None


def _refused(message: str) -> AwsError:
    # The handler passes kubectl's standard error on.
    return AwsError("KubectlFailed", message)


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (KubernetesManifest, KubernetesPatch, HelmChart, KubernetesObjectValue)
