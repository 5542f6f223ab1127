"""Resource types that moto knows how to make: an adapter to its CloudFormation models."""

from __future__ import annotations

import copy
import functools
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.core.utils import get_service_model

from ..cloudformation.physical_names import physical_name
from ..cloudformation.schemas import Schema, schema
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType

__all__ = ["MotoResourceType", "moto_resource_type"]

# Services whose name in a type is not that of moto's package.
_PACKAGES = {"elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2", "lambda": "awslambda"}


class _Attributes(Mapping[str, Any]):
    """What a model gives for Fn::GetAtt, asked when needed: an update may have changed it."""

    def __init__(self, model: Any, names: list[str]) -> None:
        self._model = model
        self._names = names

    def __getitem__(self, name: str) -> Any:
        try:
            return self._model.get_cfn_attribute(name)
        except (AttributeError, NotImplementedError):
            raise KeyError(name) from None
        except Exception as error:
            # moto's way of saying that there is no such attribute; its class is expensive to import.
            if type(error).__name__ == "UnformattedGetAttTemplateException":
                raise KeyError(name) from None
            raise

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._names if self._has(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _has(self, name: str) -> bool:
        try:
            self[name]
        except KeyError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class _MotoResource(Resource):
    model: Any


class MotoResourceType(ResourceType):
    """A type that moto makes."""

    def __init__(self, model: type[CloudFormationModel]) -> None:
        """
        :param model: moto's class for the type.
        """
        self._model = model
        self._name = model.cloudformation_type()

    def create(self, request: ResourceRequest) -> Resource:
        """Make the resource with moto's model."""
        name = self._resource_name(request)
        model = self._model.create_from_cloudformation_json(
            name,
            self._template(request, name),
            request.account,
            request.region,
            LogicalId=request.logical_id,
            StackId=request.stack_id,
            ResourceType=request.type_name,
        )
        return self._resource(model)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change the resource, if moto's model can."""
        assert isinstance(current, _MotoResource)
        if hasattr(self._model.update_from_cloudformation_json, "__isabstractmethod__"):
            raise AwsError(
                "NotUpdatable",
                f"the emulated account cannot update a resource of type {self._name} in place",
                status=501,
            )
        name = self._resource_name(request, current)
        model = self._model.update_from_cloudformation_json(
            original_resource=current.model,
            new_resource_name=name,
            cloudformation_json=self._template(request, name),
            account_id=request.account,
            region_name=request.region,
        )
        return self._resource(model or current.model)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete the resource."""
        assert isinstance(current, _MotoResource)
        if hasattr(current.model, "delete"):
            current.model.delete(request.account, request.region)
        elif not hasattr(self._model.delete_from_cloudformation_json, "__isabstractmethod__"):
            template = self._template(request, current.physical_id)
            self._model.delete_from_cloudformation_json(current.physical_id, template, request.account, request.region)
        else:
            raise AwsError(
                "NotStabilized", f"the emulated account cannot delete a resource of type {self._name}", status=501
            )

    def _resource(self, model: Any) -> _MotoResource:
        known = schema(self._name)
        names = [".".join(path) for path in known.read_only] if known else []
        return _MotoResource(
            physical_id=str(model.physical_resource_id), attributes=_Attributes(model, names), model=model
        )

    def _resource_name(self, request: ResourceRequest, current: Resource | None = None) -> str:
        own = request.properties.get(self._model.cloudformation_name_type())
        return own or (current.physical_id if current else physical_name(request))

    def _template(self, request: ResourceRequest, name: str) -> dict[str, Any]:
        # A copy: some models change what they are given.
        properties = copy.deepcopy(dict(request.properties))
        known = schema(self._name)
        name_property = self._model.cloudformation_name_type()
        if known is not None and known.has_attribute(name_property):
            # Some models look for the name only here.
            properties.setdefault(name_property, name)
        if known is not None and known.tag_property:
            tags = _merged_tags(known, properties.get(known.tag_property), request)
            if tags:
                properties[known.tag_property] = tags
        return {"Type": request.type_name, "Properties": properties}


def _merged_tags(known: Schema, own: Any, request: ResourceRequest) -> Any:
    stack = request.tags
    if known.tags_are_a_map():
        merged = {**stack, **(own or {})}
        # moto hands them to the service as they are.
        return _as_list(merged) if _api_lists_tags(request.type_name) else merged
    named = {tag["Key"] for tag in own or []}
    return [*_as_list({key: value for key, value in stack.items() if key not in named}), *(own or [])]


def _as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@functools.cache
def _api_lists_tags(type_name: str) -> bool:
    """Whether the API of a type's service takes tags as a list, whatever CloudFormation's schema has."""
    service = get_service_model(type_name.split("::")[1].lower())
    inputs = (service.operation_model(name).input_shape for name in service.operation_names)
    return any(shape.members["Tags"].type_name == "list" for shape in inputs if shape and "Tags" in shape.members)


@functools.cache
def moto_resource_type(name: str) -> MotoResourceType | None:
    """moto's resource type with this name, or None if it has none."""
    parts = name.split("::")
    if len(parts) != 3 or parts[0] != "AWS":
        return None
    service = parts[1].lower()
    module = f"moto.{_PACKAGES.get(service, service)}"
    # Only the service that is asked for: all of moto takes seconds to load.
    if importlib.util.find_spec(module) is None:
        return None
    importlib.import_module(f"{module}.models")
    for model in CloudFormationModel.__subclasses__():
        if model.cloudformation_type() == name:
            return MotoResourceType(model)
    return None
