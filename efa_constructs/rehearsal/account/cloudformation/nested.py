"""AWS::CloudFormation::Stack: a stack that is a resource of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..resource_type import Resource, ResourceRequest, ResourceType
from .errors import TemplateError
from .physical_names import physical_name
from .stacks import STACK_TYPE, Request, Stack
from .template_source import template_at

if TYPE_CHECKING:
    from .engine import Engine

__all__ = ["NestedStack"]


class NestedStack(ResourceType):
    """A nested stack, deployed while its parent is."""

    type_name = STACK_TYPE

    def __init__(self, engine: Engine) -> None:
        """
        :param engine: Deploys the nested stack.
        """
        self._engine = engine

    def create(self, request: ResourceRequest) -> Resource:
        """Create the nested stack."""
        parent = self._engine.state.stack(request.stack_id)
        child = self._engine.new_stack(physical_name(request), parent=parent)
        # Checked before anyone can see it.
        wanted = self._request(child, request, parent)
        self._engine.state.stacks[child.id] = child
        child.status = "CREATE_IN_PROGRESS"
        self._engine.deploy(child, wanted, nested=True)
        if child.status != "CREATE_COMPLETE":
            cause = next(event.reason for event in child.events if event.status.endswith("_FAILED"))
            raise TemplateError(f"Embedded stack {child.id} was not successfully created: {cause}")
        return _resource(child)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Update the nested stack."""
        child = self._engine.state.stack(current.physical_id)
        parent = self._engine.state.stack(request.stack_id)
        started = len(child.events)
        self._engine.deploy(child, self._request(child, request, parent), nested=True)
        if child.status != "UPDATE_COMPLETE":
            cause = next(event.reason for event in child.events[started:] if event.status.endswith("_FAILED"))
            raise TemplateError(f"Embedded stack {child.id} was not successfully updated: {cause}")
        return _resource(child)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete the nested stack."""
        child = self._engine.state.stack(current.physical_id)
        if not child.exists:
            return
        self._engine.delete(child, nested=True)
        if child.exists:
            raise TemplateError(f"Embedded stack {child.id} was not successfully deleted: {child.reason}")

    def _request(self, child: Stack, request: ResourceRequest, parent: Stack) -> Request:
        parameters: Mapping[str, Any] = request.properties.get("Parameters", {})
        return self._engine.request(
            child,
            template_at(request.properties["TemplateURL"], request.account),
            parameters={name: _parameter(value) for name, value in parameters.items()},
            tags={**request.tags, **{tag["Key"]: tag["Value"] for tag in request.properties.get("Tags", [])}},
            capabilities=parent.request.capabilities if parent.request else [],
            disable_rollback=parent.request.disable_rollback if parent.request else False,
        )


def _parameter(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _resource(child: Stack) -> Resource:
    outputs = {f"Outputs.{name}": output.value for name, output in child.outputs.items()}
    return Resource(physical_id=child.id, attributes=outputs)
