"""AWS::Lambda types that moto makes without their layers, or makes and cannot delete."""

from __future__ import annotations

import json

from moto.awslambda.exceptions import UnknownLayerVersionException
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends

from ..cloudformation.physical_names import physical_name
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .moto_models import MotoResourceType

__all__ = ["RESOURCE_TYPES", "Function", "LayerVersion", "Permission"]


class Function(ResourceType):
    """A function, with the layers that its template names."""

    type_name = "AWS::Lambda::Function"

    def __init__(self) -> None:
        self._moto = MotoResourceType(LambdaFunction)  # type: ignore[type-abstract]

    def create(self, request: ResourceRequest) -> Resource:
        """CreateFunction."""
        return self._with_layers(request, self._moto.create(request))

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """UpdateFunctionCode and UpdateFunctionConfiguration."""
        return self._with_layers(request, self._moto.update(request, current))

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteFunction."""
        self._moto.delete(request, current)

    @staticmethod
    def _with_layers(request: ResourceRequest, resource: Resource) -> Resource:
        function = _lambda(request).get_function(resource.physical_id)
        layers = {"Layers": list(request.properties.get("Layers") or ())}
        try:
            function.update_configuration(layers)
        except UnknownLayerVersionException as error:
            raise AwsError("InvalidParameterValueException", str(error.message), service="Lambda") from None
        return resource


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


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (Function, LayerVersion, Permission)
