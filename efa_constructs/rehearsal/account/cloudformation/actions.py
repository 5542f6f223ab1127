"""The actions of the CloudFormation API that change something."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .change_sets import NO_CHANGES, anything_changes, planned_changes
from .engine import Engine
from .errors import CloudFormationError
from .stacks import ChangeSet, Request, Stack, now
from .template_source import template_at

__all__ = [
    "create_change_set",
    "create_stack",
    "delete_change_set",
    "delete_stack",
    "execute_change_set",
    "rollback_stack",
    "template_body",
    "update_stack",
    "update_termination_protection",
]

Parameters = Mapping[str, Any]

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


def create_stack(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """CreateStack."""
    name = _checked_name(parameters["StackName"])
    if engine.state.find(name) is not None:
        raise CloudFormationError("AlreadyExistsException", f"Stack [{name}] already exists")
    stack = engine.new_stack(name)
    stack.termination_protection = parameters.get("EnableTerminationProtection", False)
    request = _request(engine, stack, parameters)
    engine.state.stacks[stack.id] = stack
    engine.deploy(stack, request)
    return {"StackId": stack.id}


def update_stack(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """UpdateStack."""
    stack = engine.state.stack(parameters["StackName"])
    engine.check_updatable(stack)
    request = _request(engine, stack, parameters)
    evaluator = engine.evaluator(stack, request)
    changes = planned_changes(stack, request, evaluator)
    if not anything_changes(stack, request, evaluator, changes):
        raise CloudFormationError("ValidationError", "No updates are to be performed.")
    engine.deploy(stack, request)
    return {"StackId": stack.id}


def delete_stack(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """DeleteStack. Deleting a stack that does not exist succeeds."""
    stack = engine.state.find(parameters["StackName"])
    if stack is None or not stack.exists:
        return {}
    if stack.termination_protection:
        raise CloudFormationError(
            "ValidationError", f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    engine.delete(stack, frozenset(parameters.get("RetainResources", [])))
    return {}


def rollback_stack(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """RollbackStack."""
    stack = engine.state.stack(parameters["StackName"])
    engine.roll_back(stack)
    return {"StackId": stack.id}


def update_termination_protection(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """UpdateTerminationProtection."""
    stack = engine.state.stack(parameters["StackName"])
    stack.termination_protection = parameters["EnableTerminationProtection"]
    return {"StackId": stack.id}


def create_change_set(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """CreateChangeSet. It is complete, or has failed, when this returns."""
    kind = parameters.get("ChangeSetType", "UPDATE")
    # ImportExistingResources, which ``cdk bootstrap`` sets, only matters where a named resource exists already: it will
    # be refused as such.
    if kind == "IMPORT":
        raise CloudFormationError("ValidationError", "the emulated account does not import resources into stacks")
    name = _checked_name(parameters["StackName"].rsplit(":stack/", 1)[-1].split("/")[0])
    stack = engine.state.find(parameters["StackName"])
    if kind == "CREATE":
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise CloudFormationError(
                "AlreadyExistsException",
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{parameters['ChangeSetName']}].",
            )
        stack = stack or engine.new_stack(name)
    elif stack is None:
        raise CloudFormationError("ValidationError", f"Stack [{name}] does not exist")
    else:
        engine.check_updatable(stack)
    if parameters["ChangeSetName"] in stack.change_sets:
        raise CloudFormationError(
            "AlreadyExistsException",
            f"ChangeSet {parameters['ChangeSetName']} cannot be created due to a mismatch with existing attribute "
            "Template",
        )
    change_set = _change_set(engine, stack, parameters, kind)
    if stack.id not in engine.state.stacks:
        engine.state.stacks[stack.id] = stack
        stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
    stack.change_sets[change_set.name] = change_set
    return {"Id": change_set.id, "StackId": stack.id}


def execute_change_set(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """ExecuteChangeSet."""
    stack, change_set = engine.state.change_set(parameters["ChangeSetName"], parameters.get("StackName"))
    if change_set.execution_status != "AVAILABLE":
        raise CloudFormationError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]",
        )
    if stack.status != "REVIEW_IN_PROGRESS":
        engine.check_updatable(stack)
    request = change_set.request
    if "DisableRollback" in parameters:
        request = replace(request, disable_rollback=parameters["DisableRollback"])
    # Whatever else was planned, was planned for a stack that is another one from now on.
    stack.change_sets.clear()
    stack.change_set_id = change_set.id
    engine.deploy(stack, request)
    return {}


def delete_change_set(engine: Engine, parameters: Parameters) -> dict[str, Any]:
    """DeleteChangeSet. Deleting one that does not exist succeeds, if its stack does."""
    name, stack_name = parameters["ChangeSetName"], parameters.get("StackName")
    try:
        stack, change_set = engine.state.change_set(name, stack_name)
    except CloudFormationError as error:
        if error.code == "ChangeSetNotFound":
            return {}
        raise
    del stack.change_sets[change_set.name]
    return {}


def template_body(engine: Engine, parameters: Parameters, stack: Stack | None) -> str:
    """The template that a request names."""
    if parameters.get("TemplateBody"):
        return str(parameters["TemplateBody"])
    if parameters.get("TemplateURL"):
        return template_at(parameters["TemplateURL"], engine.state.account)
    if parameters.get("UsePreviousTemplate") and stack is not None and stack.request is not None:
        return stack.request.template.body
    raise CloudFormationError("ValidationError", "Either Template URL or Template Body must be specified.")


def _request(engine: Engine, stack: Stack, parameters: Parameters) -> Request:
    given = parameters.get("Parameters", [])
    tags = parameters.get("Tags")
    if tags is None and stack.request is not None:
        kept_tags: Mapping[str, str] = stack.request.tags
    else:
        kept_tags = {tag["Key"]: tag["Value"] for tag in tags or []}
    config = parameters.get("DeploymentConfig", {})
    no_rollback = parameters.get("OnFailure") == "DO_NOTHING" or config.get("DisableRollback", False)
    return engine.request(
        stack,
        template_body(engine, parameters, stack),
        parameters={
            item["ParameterKey"]: item.get("ParameterValue", "") for item in given if not item.get("UsePreviousValue")
        },
        previous=frozenset(item["ParameterKey"] for item in given if item.get("UsePreviousValue")),
        tags=kept_tags,
        capabilities=parameters.get("Capabilities"),
        role_arn=parameters.get("RoleARN"),
        notification_arns=parameters.get("NotificationARNs"),
        disable_rollback=bool(parameters.get("DisableRollback", no_rollback)),
    )


def _change_set(engine: Engine, stack: Stack, parameters: Parameters, kind: str) -> ChangeSet:
    request = _request(engine, stack, parameters)
    name = parameters["ChangeSetName"]
    change_set = ChangeSet(
        id=engine.state.arn(f"changeSet/{name}/{uuid.uuid4()}"),
        name=name,
        type_name=kind,
        request=request,
        description=parameters.get("Description"),
        created=now(),
        settings={key: parameters[key] for key in ("IncludeNestedStacks", "OnStackFailure") if key in parameters},
    )
    evaluator = engine.evaluator(stack, request)
    try:
        change_set.changes = planned_changes(stack, request, evaluator)
        nothing = not anything_changes(stack, request, evaluator, change_set.changes)
        change_set.reason = NO_CHANGES if nothing else None
    except CloudFormationError as error:
        change_set.reason = error.message
    if change_set.reason:
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
    return change_set


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CloudFormationError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
        )
    return name
