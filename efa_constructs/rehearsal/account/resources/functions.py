"""AWS::Lambda types that moto can make and not delete."""

from __future__ import annotations

import json

from moto.awslambda.models import LambdaBackend, lambda_backends

from ..cloudformation.physical_names import physical_name
from ..resource_type import Resource, ResourceRequest, ResourceType

__all__ = ["RESOURCE_TYPES", "LayerVersion", "Permission"]


class LayerVersion(ResourceType):
    """A version of a layer. Nothing of it changes in place."""

    type_name = "AWS::Lambda::LayerVersion"

    def create(self, request: ResourceRequest) -> Resource:
        """PublishLayerVersion."""
        optional = ("Description", "CompatibleRuntimes", "LicenseInfo")
        properties = request.properties
        layer = _lambda(request).publish_layer_version(
            {
                "LayerName": properties.get("LayerName") or physical_name(request),
                "Content": dict(properties["Content"]),
                **{name: properties[name] for name in optional if name in properties},
            }
        )
        return Resource(physical_id=layer.arn, attributes={"LayerVersionArn": layer.arn})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Nothing."""
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteLayerVersion."""
        # arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION
        name, version = current.physical_id.split(":")[-2:]
        _lambda(request).delete_layer_version(name, version)


class Permission(ResourceType):
    """A statement in a function's policy. Nothing of it changes in place."""

    type_name = "AWS::Lambda::Permission"

    def create(self, request: ResourceRequest) -> Resource:
        """AddPermission."""
        properties = dict(request.properties)
        statement_id = physical_name(request)
        function = _lambda(request).get_function(properties.pop("FunctionName"))
        function.policy.add_statement(json.dumps({**properties, "StatementId": statement_id}))
        return Resource(physical_id=statement_id, attributes={"Id": statement_id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Nothing."""
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """RemovePermission."""
        _lambda(request).remove_permission(request.properties["FunctionName"], current.physical_id)


def _lambda(request: ResourceRequest) -> LambdaBackend:
    return lambda_backends[request.account][request.region]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (LayerVersion, Permission)
