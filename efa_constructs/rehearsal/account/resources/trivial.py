"""Resource types that make nothing."""

from __future__ import annotations

from ..cloudformation.physical_names import physical_name
from ..resource_type import Resource, ResourceRequest, ResourceType

__all__ = ["RESOURCE_TYPES", "CdkMetadata", "WaitConditionHandle"]


class _Nothing(ResourceType):
    """A resource that is only a name."""

    def create(self, request: ResourceRequest) -> Resource:
        """Give it a name."""
        return Resource(physical_id=physical_name(request))

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Keep the name."""
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """There is nothing to delete."""


class CdkMetadata(_Nothing):
    """What CDK tells about the constructs of a stack."""

    type_name = "AWS::CDK::Metadata"


class WaitConditionHandle(_Nothing):
    """Often the only resource of a stack that is otherwise empty."""

    type_name = "AWS::CloudFormation::WaitConditionHandle"


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (CdkMetadata, WaitConditionHandle)
