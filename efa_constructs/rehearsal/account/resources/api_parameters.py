"""CloudFormation properties as the parameters of an API operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....catalogue.tags import STACK_TAG
from ..resource_type import AwsError, ResourceRequest

__all__ = ["api_parameters", "eks_name", "same_name", "system_tags", "tag_list"]


def same_name(name: str) -> str:
    """EC2's parameters are named like the properties."""
    return name


def eks_name(name: str) -> str:
    """EKS's parameters start with a lower-case letter."""
    return name[0].lower() + name[1:]


def api_parameters(shape: Any, value: Any, rename: Callable[[str], str], where: str = "") -> Any:
    """Turn a property into what an API's shape wants: CloudFormation passes numbers and booleans as strings, too.

    :param shape: botocore's shape of the parameter.
    :raises AwsError: a property that the API does not have, or one of another type.
    """
    if shape.type_name == "structure":
        _expect(value, Mapping, "JSONObject", where)
        return {
            rename(name): api_parameters(_member(shape, rename(name), name, where), member, rename, f"{where}/{name}")
            for name, member in value.items()
        }
    if shape.type_name == "list":
        _expect(value, list, "JSONArray", where)
        return [api_parameters(shape.member, item, rename, f"{where}/{index}") for index, item in enumerate(value)]
    if shape.type_name == "map":
        _expect(value, Mapping, "JSONObject", where)
        return {str(key): api_parameters(shape.value, item, rename, f"{where}/{key}") for key, item in value.items()}
    return _scalar(shape.type_name, value, where)


def tag_list(request: ResourceRequest) -> dict[str, str]:
    """The tags of a resource: the stack's, and its own, which CloudFormation takes as a list or as a mapping."""
    own = request.properties.get("Tags") or []
    pairs = own.items() if isinstance(own, Mapping) else [(tag["Key"], tag["Value"]) for tag in own]
    return {**request.tags, **{str(key): str(value) for key, value in pairs}}


def system_tags(request: ResourceRequest) -> dict[str, str]:
    """The tags that CloudFormation itself gives to a resource."""
    return {
        "aws:cloudformation:stack-name": request.stack_name,
        STACK_TAG: request.stack_id,
        "aws:cloudformation:logical-id": request.logical_id,
    }


def _member(shape: Any, name: str, given: str, where: str) -> Any:
    if name not in shape.members:
        raise AwsError("ValidationError", f"#{where}: extraneous key [{given}] is not permitted")
    return shape.members[name]


def _expect(value: Any, kind: Any, name: str, where: str) -> None:
    if not isinstance(value, kind):
        raise AwsError("ValidationError", f"#{where}: expected type: {name}, found: {type(value).__name__}")


def _scalar(kind: str, value: Any, where: str) -> Any:
    try:
        if kind in ("integer", "long"):
            return int(value)
        if kind in ("float", "double"):
            return float(value)
        if kind == "boolean":
            return {"true": True, "false": False}[str(value).lower()]
    except (KeyError, TypeError, ValueError):
        raise AwsError("ValidationError", f"#{where}: expected type: {kind.capitalize()}, found: {value!r}") from None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
