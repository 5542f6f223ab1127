"""The custom resources with which AWS CDK reaches into a cluster.

Where the cluster has a control plane, CDK's own handler does what they ask for. Where it has none, the account makes
the checks that need none, keeps what it accepted in the cluster's ``manifests`` for whoever has one, and never says
that anything was applied.
"""

from __future__ import annotations

import json
import time
from typing import Any, ClassVar, Literal

from ....manifest_size import MAXIMUM_ANNOTATIONS, applied_size
from ..cloudformation.errors import CloudFormationError
from ..eks import eks_state
from ..eks.state import AccessEntry, Cluster, Manifest
from ..kubectl_handler import (
    CustomResourceRequest,
    ProgramMissingError,
    handler_function,
    send,
)
from ..on_trust import take_on_trust
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType

__all__ = ["RESOURCE_TYPES", "HelmChart", "KubernetesManifest", "KubernetesObjectValue", "KubernetesPatch"]

# How often the handler is run while the API server is started again, and how long it waits in between.
_TRIES = 4
_PAUSE_SECONDS = 1.0

_Verb = Literal["Create", "Update", "Delete"]


class _InCluster(ResourceType):
    """Something that CDK's kubectl handler does in a cluster."""

    program: ClassVar[Literal["kubectl", "helm"]] = "kubectl"
    # Whether the handler fails when kubectl cannot undo it. For most types it only logs that.
    must_undo: ClassVar[bool] = False

    def create(self, request: ResourceRequest) -> Resource:
        """Let the handler make it; without a control plane check what can be checked, and keep it."""
        cluster = _accessible_cluster(request)
        if cluster.control_plane is None:
            return self._keep(request, cluster, f"{request.stack_name}/{request.logical_id}")
        return self._handle(request, cluster, "Create", None)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Let the handler change it; without a control plane the same again."""
        cluster = _accessible_cluster(request)
        if cluster.control_plane is None:
            return self._keep(request, cluster, current.physical_id)
        return self._handle(request, cluster, "Update", current.physical_id)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Let the handler delete it; without a control plane forget it. CDK's handler succeeds without a cluster."""
        state = eks_state(request.account, request.region)
        cluster = state.clusters.get(request.properties["ClusterName"])
        if cluster is None:
            return
        if cluster.control_plane is None:
            cluster.manifests.pop(current.physical_id, None)
            return
        try:
            _check_access(request, cluster)
        except AwsError:
            # kubectl is refused. What it should have deleted stays, as it does on AWS.
            if self.must_undo:
                raise
            return
        self._handle(request, cluster, "Delete", current.physical_id)

    def _keep(self, request: ResourceRequest, cluster: Cluster, physical_id: str) -> Resource:
        self._check(request)
        cluster.manifests[physical_id] = Manifest(
            type_name=request.type_name,
            physical_id=physical_id,
            stack_name=request.stack_name,
            logical_id=request.logical_id,
            properties=dict(request.properties),
        )
        return Resource(physical_id=physical_id)

    def _handle(self, request: ResourceRequest, cluster: Cluster, verb: _Verb, physical_id: str | None) -> Resource:
        control_plane = cluster.control_plane
        assert control_plane is not None
        # EKS has several API servers, so that nobody notices when one ends. Here there is one, and what was being done
        # then is done again. For a moment after its start it refuses what it will take.
        restarts, tries_left = control_plane.wait_until_ready(), _TRIES
        while True:
            try:
                return self._send(request, cluster, verb, physical_id)
            except (AwsError, CloudFormationError):
                tries_left -= 1
                if control_plane.wait_until_ready() == restarts or not tries_left:
                    raise
            time.sleep(_PAUSE_SECONDS)
            if verb == "Create":
                # What there is of it already would be in the way. CloudFormation deletes what failed half-way, too.
                self._send(request, cluster, "Delete", f"{request.stack_name}/{request.logical_id}")

    def _send(self, request: ResourceRequest, cluster: Cluster, verb: _Verb, physical_id: str | None) -> Resource:
        control_plane = cluster.control_plane
        assert control_plane is not None
        principal = _principal(request)
        asked = CustomResourceRequest(
            account=request.account,
            region=request.region,
            request_type=verb,
            resource_type=request.type_name,
            stack_id=request.stack_id,
            logical_id=request.logical_id,
            properties=request.properties,
            old_properties=request.old_properties,
            physical_id=physical_id,
        )
        response = send(
            asked,
            program=self.program,
            kubeconfig=control_plane.kubeconfig_for(principal, cluster.access_entries.get(principal)),
            folder=control_plane.folder,
            programs=control_plane.programs,
        )
        return Resource(physical_id=response.physical_id, attributes=response.data)

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
            if applied_size(item) > MAXIMUM_ANNOTATIONS:
                raise _refused(
                    f'The {item["kind"]} "{name}" is invalid: metadata.annotations: Too long: may not be more than '
                    f"{MAXIMUM_ANNOTATIONS} bytes"
                )


class KubernetesPatch(_InCluster):
    """A patch that ``kubectl patch`` would make."""

    type_name = "Custom::AWSCDK-EKS-KubernetesPatch"
    must_undo = True

    def _check(self, request: ResourceRequest) -> None:
        for name in ("ApplyPatchJson", "RestorePatchJson"):
            _json(request, name)


class HelmChart(_InCluster):
    """A chart that ``helm upgrade --install`` would install; the report names it where no helm runs here."""

    type_name = "Custom::AWSCDK-EKS-HelmChart"
    program = "helm"

    def _handle(self, request: ResourceRequest, cluster: Cluster, verb: _Verb, physical_id: str | None) -> Resource:
        try:
            return super()._handle(request, cluster, verb, physical_id)
        except ProgramMissingError as error:
            take_on_trust(
                f"the Helm chart {request.stack_name}/{request.logical_id}, which was not installed: {error.message}"
            )
            return Resource(physical_id=physical_id or f"{request.stack_name}/{request.logical_id}")

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


def _accessible_cluster(request: ResourceRequest) -> Cluster:
    cluster = eks_state(request.account, request.region).cluster(request.properties["ClusterName"])
    if cluster.description["status"] != "ACTIVE":
        raise AwsError("InvalidRequest", f"Cluster {cluster.name} is not ACTIVE", service="Eks")
    _check_access(request, cluster)
    return cluster


def _check_access(request: ResourceRequest, cluster: Cluster) -> None:
    """Whether the role that runs kubectl may reach the cluster: it needs an access entry with a policy or groups."""
    role = _principal(request)
    if role == cluster.creator:
        return
    entry = cluster.access_entries.get(role)
    if entry is None or not _may_do_something(entry):
        raise _refused(f"error: You must be logged in to the server (Unauthorized): {role} has no access entry")


def _may_do_something(entry: AccessEntry) -> bool:
    return bool(entry.policies or entry.description["kubernetesGroups"])


def _principal(request: ResourceRequest) -> str:
    """The role as which kubectl runs: that of its function, unless the function takes another (in ``aws_eks``)."""
    given = request.properties.get("RoleArn")
    return str(given or handler_function(request.properties["ServiceToken"], request.account, request.region).role)


def _json(request: ResourceRequest, name: str) -> Any:
    try:
        return json.loads(request.properties[name])
    except (TypeError, ValueError) as error:
        raise _refused(f"{name} is not JSON: {error}") from None


def _refused(message: str) -> AwsError:
    # The handler passes kubectl's standard error on.
    return AwsError("KubectlFailed", message)


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (KubernetesManifest, KubernetesPatch, HelmChart, KubernetesObjectValue)
