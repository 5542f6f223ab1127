"""AWS::Lambda types that moto makes without their layers, or can make and not delete."""

from __future__ import annotations

import json
from dataclasses import replace

from moto.awslambda.models import LambdaBackend, LambdaFunction, LayerDataType, lambda_backends

from ..cloudformation.physical_names import physical_name
from ..on_trust import take_on_trust
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .moto_models import MotoResourceType

__all__ = ["RESOURCE_TYPES", "Function", "LayerVersion", "Permission"]


class Function(MotoResourceType):
    """A function with its layers, which moto drops when CloudFormation makes it."""

    type_name = "AWS::Lambda::Function"

    def __init__(self) -> None:
        # Abstract to a type checker alone: moto never deletes it by that method.
        super().__init__(LambdaFunction)  # type: ignore[type-abstract]

    def create(self, request: ResourceRequest) -> Resource:
        """CreateFunction."""
        _check_network(request)
        layers = _layers(request)
        made = super().create(request)
        _lambda(request).get_function(made.physical_id).layers = layers
        return made

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """UpdateFunctionConfiguration and UpdateFunctionCode."""
        _check_network(request)
        layers = _layers(request)
        # Those that it no longer has go, too. And moto knows none of another account.
        updated = super().update(replace(request, properties={**request.properties, "Layers": []}), current)
        _lambda(request).get_function(current.physical_id).layers = layers
        return updated


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


def _check_network(request: ResourceRequest) -> None:
    """Refuse a subnet or security group that is not there, in Lambda's words, which quote EC2's."""
    network = request.properties.get("VpcConfig")
    if not network:
        return
    # Few functions need EC2, which takes a second to load.
    from .ec2_references import check_references

    try:
        check_references(replace(request, properties=network))
    except AwsError as refusal:
        asked = "DescribeSubnets" if "Subnet" in refusal.code else "DescribeSecurityGroups"
        # In https://github.com/serverless/serverless/issues/2973 and many other reports.
        message = f"EC2 Error Code: {refusal.code}. EC2 Error Message: {refusal.message}"
        raise AwsError(
            "InvalidParameterValueException", f"Error occurred while {asked}. {message}", service="Lambda"
        ) from None


def _layers(request: ResourceRequest) -> list[LayerDataType]:
    layers: list[LayerDataType] = []
    for arn in request.properties.get("Layers") or ():
        version = _lambda(request).layers_versions_by_arn(arn)
        # arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION
        if version is None and arn.split(":")[4] == request.account:
            raise AwsError("InvalidParameterValueException", f"Layer version {arn} does not exist.", service="Lambda")
        if version is None:
            take_on_trust(f"the layer {arn} of another account, which is not here")
        layers.append({"Arn": arn, "CodeSize": version.code_size if version else 0})
    return layers


def _lambda(request: ResourceRequest) -> LambdaBackend:
    return lambda_backends[request.account][request.region]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (Function, LayerVersion, Permission)
