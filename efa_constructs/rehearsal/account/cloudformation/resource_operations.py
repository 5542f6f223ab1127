"""Makes, updates and deletes the resources of one stack, and tells its events about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..resource_type import AwsError, ResourceRequest, ResourceType
from .errors import CloudFormationError, ResourceFailure, aws_error, handler_error_code, reason
from .schemas import schema
from .stacks import CloudFormationState, Stack, StackResource
from .template import handled_type

__all__ = ["ResourceOperations", "conformed"]

_REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


class ResourceOperations:
    """The resources of one stack."""

    def __init__(
        self, state: CloudFormationState, stack: Stack, resource_type: Callable[[str], ResourceType | None]
    ) -> None:
        self._state = state
        self._stack = stack
        self._resource_type = resource_type

    def create(self, resource: StackResource, *, replacing: bool = False) -> None:
        """Make a resource; its properties are evaluated.

        :raises ResourceFailure: It was refused.
        """
        verb = "UPDATE" if replacing else "CREATE"
        self._stack.record(resource, f"{verb}_IN_PROGRESS", _REPLACING if replacing else None)
        try:
            resource.resource = self._type(resource).create(self._request(resource))
        except Exception as error:
            raise self.failed(resource, verb, error) from None
        self._stack.record(resource, f"{verb}_IN_PROGRESS", "Resource creation Initiated")
        self._stack.record(resource, f"{verb}_COMPLETE")

    def update(self, resource: StackResource, old: StackResource) -> None:
        """Change a resource in place.

        :raises ResourceFailure: It was refused.
        """
        assert old.resource is not None
        resource.resource = old.resource
        self._stack.record(resource, "UPDATE_IN_PROGRESS")
        try:
            request = replace(self._request(resource), old_properties=old.properties)
            resource.resource = self._type(resource).update(request, old.resource)
        except Exception as error:
            raise self.failed(resource, "UPDATE", error) from None
        self._stack.record(resource, "UPDATE_COMPLETE")

    def delete(self, resource: StackResource, *, retain: bool) -> bool:
        """Delete a resource, or leave it alone, which is deleting it for the stack.

        :returns: Whether the stack is rid of it.
        """
        if resource.resource is None:
            return True
        if retain:
            self._stack.record(resource, "DELETE_SKIPPED")
            return True
        self._stack.record(resource, "DELETE_IN_PROGRESS")
        try:
            self._type(resource).delete(self._request(resource), resource.resource)
        except Exception as error:
            # Somebody else deleted it: that is what was wanted.
            if not isinstance(error, CloudFormationError):
                error = aws_error(error, resource.type_name)
            if not (isinstance(error, AwsError) and handler_error_code(error) == "NotFound"):
                self._stack.record(resource, "DELETE_FAILED", reason(error, resource.type_name))
                return False
        self._stack.record(resource, "DELETE_COMPLETE")
        return True

    def failed(self, resource: StackResource, verb: str, error: Exception) -> ResourceFailure:
        """Note that a resource failed, and return what to raise about it."""
        why = error.reason if isinstance(error, ResourceFailure) else reason(error, resource.type_name)
        self._stack.record(resource, f"{verb}_FAILED", why)
        # A type that says it cannot update has left the resource alone.
        untouched = isinstance(error, AwsError) and error.code == "NotUpdatable"
        return ResourceFailure(resource.logical_id, why, untouched=untouched)

    def _type(self, resource: StackResource) -> ResourceType:
        resource_type = self._resource_type(handled_type(resource.definition))
        # The template was refused if a type is unknown.
        assert resource_type is not None, resource.type_name
        return resource_type

    def _request(self, resource: StackResource) -> ResourceRequest:
        return ResourceRequest(
            account=self._state.account,
            region=self._state.region,
            stack_name=self._stack.name,
            stack_id=self._stack.id,
            logical_id=resource.logical_id,
            type_name=resource.type_name,
            properties=resource.properties,
            tags=resource.tags,
        )


def conformed(logical_id: str, type_name: str, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Properties with their scalars in the types that the resource's schema has.

    :raises ResourceFailure: They break the schema.
    """
    known = schema(type_name)
    if known is None:
        return properties
    result, problems = known.conform(properties)
    if problems:
        message = ", ".join(problems)
        raise ResourceFailure(
            logical_id, f"Properties validation failed for resource {logical_id} with message: [{message}]"
        )
    return result
