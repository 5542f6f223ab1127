"""What a CloudFormation resource type is to the emulated account: three verbs and the errors they raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

__all__ = ["AwsError", "Resource", "ResourceRequest", "ResourceType"]


class AwsError(Exception):
    """An answer with which an AWS service refuses a request, in the service's own words."""

    def __init__(self, code: str, message: str, *, service: str = "", status: int = 400) -> None:
        """
        :param code: The service's error code, such as ``"InvalidParameterException"``.
        :param message: The service's message.
        :param service: The service as CloudFormation names it, such as ``"Eks"``. Default: not named.
        :param status: HTTP status. Default: 400
        """
        super().__init__(message)
        self.code = code
        self.message = message
        self.service = service
        self.status = status


@dataclass(frozen=True, kw_only=True)
class ResourceRequest:
    """One resource of a template, its intrinsic functions resolved."""

    account: str
    region: str
    stack_name: str
    stack_id: str
    logical_id: str
    type_name: str
    properties: Mapping[str, Any]
    # In an update: the properties with which the resource was last made or updated.
    old_properties: Mapping[str, Any] = field(default_factory=dict)
    # Tags of the stack, which CloudFormation adds to what it makes.
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What a template can refer to once a resource exists."""

    # What ``Ref`` gives.
    physical_id: str
    # What ``Fn::GetAtt`` gives, by attribute name ("Arn", "Endpoint.Address").
    attributes: Mapping[str, Any] = field(default_factory=dict)


class ResourceType:
    """Creates, updates in place and deletes the resources of one CloudFormation type.

    Replacement is not its business: the deployment creates the new resource, and deletes the old one afterwards.
    Every method raises :class:`AwsError` when the service would refuse. An update that raises one with the code
    "NotUpdatable" has left the resource as it was; after any other, the deployment updates it to what it was before.
    """

    type_name: ClassVar[str]

    def create(self, request: ResourceRequest) -> Resource:
        """Make the resource."""
        raise NotImplementedError

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change a resource in place: only properties that CloudFormation can update without replacement differ."""
        raise NotImplementedError

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Remove the resource. ``request`` holds the properties with which it was last made or updated."""
        raise NotImplementedError
