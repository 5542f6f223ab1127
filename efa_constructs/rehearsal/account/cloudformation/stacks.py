"""What the emulated CloudFormation remembers: stacks, their resources, events, outputs and change sets."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..resource_type import Resource
from .errors import CloudFormationError
from .parameters import ParameterValues
from .template import Template

__all__ = [
    "ChangeSet",
    "CloudFormationState",
    "Event",
    "Export",
    "Output",
    "Request",
    "Stack",
    "StackResource",
    "cloudformation_state",
    "now",
]

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a stack or to one of its resources."""

    id: str
    time: datetime.datetime
    logical_id: str
    physical_id: str
    type_name: str
    status: str
    reason: str | None = None
    properties: Mapping[str, Any] | None = None


@dataclass(kw_only=True)
class StackResource:
    """A resource of a stack, as last deployed."""

    logical_id: str
    type_name: str
    # As the template has it.
    definition: Mapping[str, Any]
    # Evaluated.
    properties: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    # None if it was never made.
    resource: Resource | None = None
    status: str = ""
    reason: str | None = None
    updated: datetime.datetime = field(default_factory=lambda: now())

    @property
    def physical_id(self) -> str:
        """What ``Ref`` gives, "" before it is known."""
        return self.resource.physical_id if self.resource else ""


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output of a stack."""

    name: str
    value: str
    description: str | None = None
    export: str | None = None


@dataclass(frozen=True, kw_only=True)
class Export:
    """An output that other stacks may import."""

    name: str
    value: str
    stack_id: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a stack is asked to become."""

    template: Template
    parameters: ParameterValues
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    role_arn: str | None = None
    notification_arns: list[str] = field(default_factory=list)
    disable_rollback: bool = False


@dataclass(kw_only=True)
class ChangeSet:
    """A change set."""

    id: str
    name: str
    type_name: str
    request: Request
    description: str | None
    created: datetime.datetime
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    # ResourceChange structures of the API, with the property values.
    changes: list[dict[str, Any]] = field(default_factory=list)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Stack:
    """A stack, deleted ones included."""

    id: str
    name: str
    # What was last asked for; None while a first change set waits for its execution.
    request: Request | None
    created: datetime.datetime
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    updated: datetime.datetime | None = None
    deleted: datetime.datetime | None = None
    termination_protection: bool = False
    parent_id: str | None = None
    root_id: str | None = None
    change_set_id: str | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    # Names of the exports of other stacks that it imports.
    imports: set[str] = field(default_factory=set)
    # Oldest first.
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    # How to take back a failed operation that was told not to roll back. It belongs to ``deployment``.
    pending_rollback: Any = None

    @property
    def exists(self) -> bool:
        """Whether the stack can still be found by its name."""
        return self.status != "DELETE_COMPLETE"

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Move the stack to a status, which is an event too."""
        self.status = status
        self.reason = reason
        self._add_event(self.name, self.id, STACK_TYPE, status, reason)

    def record(self, resource: StackResource, status: str, reason: str | None = None) -> None:
        """Note what happened to a resource."""
        resource.status = status
        resource.reason = reason
        resource.updated = now()
        self._add_event(
            resource.logical_id, resource.physical_id, resource.type_name, status, reason, resource.properties
        )

    def _add_event(
        self,
        logical_id: str,
        physical_id: str,
        type_name: str,
        status: str,
        reason: str | None,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        # Clients sort events by their time, which they read in milliseconds.
        earliest = self.events[-1].time + datetime.timedelta(milliseconds=1) if self.events else now()
        self.events.append(
            Event(
                id=str(uuid.uuid4()) if type_name == STACK_TYPE else f"{logical_id}-{status}-{uuid.uuid4()}",
                time=max(now(), earliest),
                logical_id=logical_id,
                physical_id=physical_id,
                type_name=type_name,
                status=status,
                reason=reason,
                properties=properties,
            )
        )


class CloudFormationState:
    """CloudFormation of one account in one Region."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        # By id, in order of creation, deleted ones included.
        self.stacks: dict[str, Stack] = {}
        # Held by whoever deploys: one deployment at a time. Reading needs no lock.
        self.lock = threading.RLock()

    def arn(self, resource: str) -> str:
        """The ARN of a CloudFormation resource, such as ``"stack/nodes/..."``."""
        return f"arn:{partition(self.region)}:cloudformation:{self.region}:{self.account}:{resource}"

    def find(self, name_or_id: str) -> Stack | None:
        """The stack with this name or id. A deleted one has only its id left."""
        if name_or_id in self.stacks:
            return self.stacks[name_or_id]
        return next((stack for stack in self.existing() if stack.name == name_or_id), None)

    def stack(self, name_or_id: str) -> Stack:
        """The stack with this name or id.

        :raises CloudFormationError: There is none.
        """
        stack = self.find(name_or_id)
        if stack is None:
            raise CloudFormationError("ValidationError", f"Stack with id {name_or_id} does not exist")
        return stack

    def existing(self) -> Iterator[Stack]:
        """Stacks that are not deleted."""
        return (stack for stack in list(self.stacks.values()) if stack.exists)

    def exports(self) -> dict[str, Export]:
        """Exports by name."""
        return {
            output.export: Export(name=output.export, value=output.value, stack_id=stack.id)
            for stack in self.existing()
            for output in stack.outputs.values()
            if output.export
        }

    def importers(self, export: str) -> list[Stack]:
        """Stacks that use an export."""
        return [stack for stack in self.existing() if export in stack.imports]

    def change_set(self, name_or_id: str, stack_name: str | None) -> tuple[Stack, ChangeSet]:
        """A change set and its stack.

        :raises CloudFormationError: There is none.
        """
        stacks = [self.stack(stack_name)] if stack_name else list(self.stacks.values())
        for stack in stacks:
            for change_set in stack.change_sets.values():
                if name_or_id in (change_set.id, change_set.name):
                    return stack, change_set
        raise CloudFormationError("ChangeSetNotFound", f"ChangeSet [{name_or_id}] does not exist", status=404)


_STATES: dict[tuple[str, str], CloudFormationState] = {}


def cloudformation_state(account: str, region: str) -> CloudFormationState:
    """CloudFormation of one account in one Region."""
    return _STATES.setdefault((account, region), CloudFormationState(account, region))


def partition(region: str) -> str:
    """The partition of a Region, such as ``"aws"``."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")


def now() -> datetime.datetime:
    """The time, in UTC."""
    return datetime.datetime.now(datetime.UTC)
