"""How the AWS::EKS types talk to EKS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.utils import get_service_model

from .. import eks
from ..resource_type import AwsError, ResourceRequest
from .api_parameters import api_parameters, eks_name, tag_list

__all__ = ["call", "delete", "input_shape", "parameters", "set_tags"]


def call(request: ResourceRequest, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Do an operation in the resource's account and Region."""
    return eks.call(operation, arguments, request.account, request.region)


def delete(request: ResourceRequest, operation: str, arguments: dict[str, Any]) -> None:
    """Do a deleting operation. What is gone already is deleted."""
    try:
        call(request, operation, arguments)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise


def input_shape(operation: str) -> Any:
    """botocore's shape of an operation's parameters."""
    return get_service_model("eks").operation_model(operation).input_shape


def parameters(request: ResourceRequest, operation: str, *, without: tuple[str, ...]) -> dict[str, Any]:
    """The resource's properties as an operation's parameters, but those that CloudFormation writes differently."""
    properties = {key: value for key, value in request.properties.items() if key not in without}
    found: dict[str, Any] = api_parameters(input_shape(operation), properties, eks_name)
    return found


def set_tags(request: ResourceRequest, arn: str, current: Mapping[str, str]) -> None:
    """Give an EKS resource the tags of its template and stack, and no others but those of AWS."""
    wanted = tag_list(request)
    gone = [key for key in current if key not in wanted and not key.startswith("aws:")]
    if gone:
        call(request, "UntagResource", {"resourceArn": arn, "tagKeys": gone})
    call(request, "TagResource", {"resourceArn": arn, "tags": wanted})
