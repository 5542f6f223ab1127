"""A CloudFormation over a shelf of things: resource types of the tests' own, whose every call is on record."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from efa_constructs.rehearsal.account.cloudformation.api import ACTIONS
from efa_constructs.rehearsal.account.cloudformation.engine import Engine
from efa_constructs.rehearsal.account.cloudformation.stacks import CloudFormationState, Stack
from efa_constructs.rehearsal.account.cloudformation.surroundings import account_surroundings
from efa_constructs.rehearsal.account.resource_type import AwsError, Resource, ResourceRequest, ResourceType

# AWS's own queue has what deployments turn on: a property that needs a new resource (FifoQueue, QueueName), properties
# that do not, attributes, and tags.
QUEUE = "AWS::SQS::Queue"
# And a cluster is known by the name that its template gives it.
CLUSTER = "AWS::EKS::Cluster"
REGION = "us-east-1"


@dataclass
class Shelf:
    """What exists, and what was done."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    # Logical id -> verb that is refused.
    refuse: dict[str, str] = field(default_factory=dict)
    # Logical id -> the properties before its last update.
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def check(self, verb: str, request: ResourceRequest) -> None:
        self.calls.append(f"{verb} {request.logical_id}")
        if self.refuse.get(request.logical_id) == verb:
            raise AwsError("InvalidParameterValue", f"no {verb} today", service="Sqs", status=400)


class Thing(ResourceType):
    """A thing on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def create(self, request: ResourceRequest) -> Resource:
        self.shelf.check("create", request)
        name = request.properties.get("Name") or f"{request.logical_id}-{next(self.shelf.numbers)}"
        self.shelf.things[name] = dict(request.properties)
        return self.describe(name)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        self.shelf.check("update", request)
        self.shelf.before[request.logical_id] = dict(request.old_properties)
        self.shelf.things[current.physical_id] = dict(request.properties)
        return self.describe(current.physical_id)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        self.shelf.check("delete", request)
        if current.physical_id not in self.shelf.things:
            raise AwsError("QueueDoesNotExist.NotFound", "it is gone", service="Sqs", status=404)
        del self.shelf.things[current.physical_id]

    def describe(self, name: str) -> Resource:
        delay = self.shelf.things[name].get("DelaySeconds", 0)
        return Resource(physical_id=name, attributes={"Arn": f"arn:{name}", "QueueName": f"delay-{delay}"})


class CloudFormation:
    """The account's CloudFormation with only queues and clusters, on a shelf."""

    def __init__(self, account: str = "123456789012", patience: float = 20.0) -> None:
        self.shelf = Shelf()
        self.state = CloudFormationState(account, REGION)
        self.engine = Engine(
            self.state,
            lambda name: Thing(self.shelf) if name in (QUEUE, CLUSTER) else None,
            account_surroundings,
            patience,
        )

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return ACTIONS[action](self.engine, parameters)

    def create(self, name: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **more: Any) -> Stack:
        self.call("create_stack", StackName=name, TemplateBody=body(resources, outputs), **more)
        return self.state.stack(name)

    def update(self, name: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **more: Any) -> Stack:
        self.call("update_stack", StackName=name, TemplateBody=body(resources, outputs), **more)
        return self.state.stack(name)

    def change_set(self, name: str, resources: dict[str, Any], **more: Any) -> dict[str, Any]:
        self.call("create_change_set", StackName=name, ChangeSetName="c", TemplateBody=body(resources, None), **more)
        return self.call("describe_change_set", StackName=name, ChangeSetName="c", IncludePropertyValues=True)


def body(resources: dict[str, Any], outputs: dict[str, Any] | None) -> str:
    return json.dumps({"Resources": resources, "Outputs": outputs or {}})


def queue(*, depends_on: str | None = None, policy: str | None = None, **properties: Any) -> dict[str, Any]:
    definition: dict[str, Any] = {"Type": QUEUE, "Properties": properties}
    if depends_on:
        definition["DependsOn"] = depends_on
    if policy:
        definition |= {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    return definition


def statuses(stack: Stack) -> list[str]:
    return [f"{event.logical_id} {event.status}" for event in stack.events]
