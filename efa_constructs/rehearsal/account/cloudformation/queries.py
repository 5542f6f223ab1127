"""The actions of the CloudFormation API that only read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .actions import template_body
from .capabilities import needed_capabilities
from .dependencies import check_references
from .engine import Engine
from .errors import CloudFormationError
from .stacks import ChangeSet, Event, Request, Stack, StackResource
from .template import Template, parse_template

__all__ = [
    "describe_change_set",
    "describe_events",
    "describe_stack_events",
    "describe_stack_resource",
    "describe_stack_resources",
    "describe_stacks",
    "get_template",
    "get_template_summary",
    "list_change_sets",
    "list_exports",
    "list_hook_results",
    "list_imports",
    "list_stack_resources",
    "list_stacks",
    "validate_template",
]

Parameters = Mapping[str, Any]
Answer = dict[str, Any]

_PAGE = 100


def describe_stacks(engine: Engine, parameters: Parameters) -> Answer:
    """DescribeStacks."""
    if parameters.get("StackName"):
        return {"Stacks": [_stack(engine.state.stack(parameters["StackName"]))]}
    return _page("Stacks", [_stack(stack) for stack in _newest_first(engine.state.existing())], parameters)


def list_stacks(engine: Engine, parameters: Parameters) -> Answer:
    """ListStacks, deleted ones included."""
    wanted = parameters.get("StackStatusFilter")
    stacks = [stack for stack in _newest_first(engine.state.stacks.values()) if not wanted or stack.status in wanted]
    keys = ("StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus",
            "StackStatusReason", "ParentId", "RootId", "DriftInformation")  # fmt: skip
    summaries = []
    for stack in stacks:
        shown = _stack(stack)
        summaries.append(
            {key: shown[key] for key in keys if key in shown} | {"TemplateDescription": shown.get("Description")}
        )
    return _page("StackSummaries", summaries, parameters)


def describe_stack_events(engine: Engine, parameters: Parameters) -> Answer:
    """DescribeStackEvents, newest first."""
    stack = engine.state.stack(parameters["StackName"])
    return _page("StackEvents", [_event(stack, event) for event in reversed(list(stack.events))], parameters)


def describe_events(engine: Engine, parameters: Parameters) -> Answer:
    """DescribeEvents: what happened to a stack. A change set has no events: its reason tells what is wrong with it."""
    if parameters.get("ChangeSetName"):
        return {"OperationEvents": []}
    stack = engine.state.stack(parameters["StackName"])
    failed_only = (parameters.get("Filters") or {}).get("FailedEvents", False)
    events = [
        {**_event(stack, event), "EventType": "STACK_EVENT"}
        for event in reversed(list(stack.events))
        if not failed_only or event.status.endswith("_FAILED")
    ]
    return _page("OperationEvents", events, parameters)


def describe_stack_resource(engine: Engine, parameters: Parameters) -> Answer:
    """DescribeStackResource."""
    stack = engine.state.stack(parameters["StackName"])
    return {"StackResourceDetail": _resource_detail(stack, _resource(stack, parameters["LogicalResourceId"]))}


def describe_stack_resources(engine: Engine, parameters: Parameters) -> Answer:
    """DescribeStackResources, of a stack or of the stack that has a physical resource."""
    physical_id = parameters.get("PhysicalResourceId")
    if physical_id:
        stack = next(
            (
                stack
                for stack in engine.state.existing()
                if any(resource.physical_id == physical_id for resource in list(stack.resources.values()))
            ),
            None,
        )
        if stack is None:
            raise CloudFormationError("ValidationError", f"Stack for {physical_id} does not exist")
    else:
        stack = engine.state.stack(parameters["StackName"])
    logical_id = parameters.get("LogicalResourceId")
    resources = [_resource(stack, logical_id)] if logical_id else list(stack.resources.values())
    return {
        "StackResources": [
            {"StackName": stack.name, "StackId": stack.id, "Timestamp": resource.updated, **_summary(resource)}
            for resource in resources
        ]
    }


def list_stack_resources(engine: Engine, parameters: Parameters) -> Answer:
    """ListStackResources."""
    stack = engine.state.stack(parameters["StackName"])
    summaries = [
        {**_summary(resource), "LastUpdatedTimestamp": resource.updated} for resource in list(stack.resources.values())
    ]
    return _page("StackResourceSummaries", summaries, parameters)


def get_template(engine: Engine, parameters: Parameters) -> Answer:
    """GetTemplate. There is nothing that would process a template, so both stages are the same."""
    if parameters.get("ChangeSetName"):
        _, change_set = engine.state.change_set(parameters["ChangeSetName"], parameters.get("StackName"))
        body = change_set.request.template.body
    else:
        stack = engine.state.stack(parameters["StackName"])
        # A stack whose first change set was not executed yet has none; the CDK CLI asks all the same.
        body = stack.request.template.body if stack.request else ""
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


def get_template_summary(engine: Engine, parameters: Parameters) -> Answer:
    """GetTemplateSummary."""
    template = _template(engine, parameters)
    capability, types = needed_capabilities(template)
    summary: Answer = {
        "Parameters": _declared_parameters(template),
        "Description": template.description,
        "ResourceTypes": template.resource_types,
        "Version": str(template.document.get("AWSTemplateFormatVersion", "2010-09-09")),
        "ResourceIdentifierSummaries": [],
    }
    if "Metadata" in template.document:
        summary["Metadata"] = json.dumps(template.document["Metadata"])
    if capability:
        summary["Capabilities"] = [capability]
        summary["CapabilitiesReason"] = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return summary


def validate_template(engine: Engine, parameters: Parameters) -> Answer:
    """ValidateTemplate."""
    template = _template(engine, parameters)
    check_references(template)
    capability, types = needed_capabilities(template)
    answer: Answer = {"Parameters": _declared_parameters(template), "Description": template.description}
    if capability:
        answer["Capabilities"] = [capability]
        answer["CapabilitiesReason"] = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return answer


def describe_change_set(engine: Engine, parameters: Parameters) -> Answer:
    """DescribeChangeSet."""
    stack, change_set = engine.state.change_set(parameters["ChangeSetName"], parameters.get("StackName"))
    values = parameters.get("IncludePropertyValues", False)
    answer = _page("Changes", [_change(change, values) for change in change_set.changes], parameters)
    return {
        **answer,
        **_change_set_summary(stack, change_set),
        "Parameters": _parameters(change_set.request),
        "NotificationARNs": change_set.request.notification_arns,
        "Capabilities": change_set.request.capabilities,
        "Tags": _tags(change_set.request),
        **change_set.settings,
    }


def list_change_sets(engine: Engine, parameters: Parameters) -> Answer:
    """ListChangeSets."""
    stack = engine.state.stack(parameters["StackName"])
    return {"Summaries": [_change_set_summary(stack, change_set) for change_set in stack.change_sets.values()]}


def list_exports(engine: Engine, parameters: Parameters) -> Answer:
    """ListExports."""
    exports = engine.state.exports().values()
    shown = [{"ExportingStackId": export.stack_id, "Name": export.name, "Value": export.value} for export in exports]
    return _page("Exports", shown, parameters)


def list_hook_results(engine: Engine, parameters: Parameters) -> Answer:
    """ListHookResults: the account has no hooks. The CDK CLI asks when a change set failed."""
    return {"HookResults": []}


def list_imports(engine: Engine, parameters: Parameters) -> Answer:
    """ListImports."""
    name = parameters["ExportName"]
    importers = [stack.name for stack in engine.state.importers(name)]
    if not importers:
        raise CloudFormationError("ValidationError", f"Export '{name}' is not imported by any stack.")
    return _page("Imports", importers, parameters)


def _template(engine: Engine, parameters: Parameters) -> Template:
    if not parameters.get("StackName"):
        return parse_template(template_body(engine, parameters, None))
    stack = engine.state.stack(parameters["StackName"])
    if stack.request is None:
        raise CloudFormationError("ValidationError", f"Stack with id {parameters['StackName']} does not exist")
    return stack.request.template


def _stack(stack: Stack) -> Answer:
    shown: Answer = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "DisableRollback": False,
        "EnableTerminationProtection": stack.termination_protection,
        "RollbackConfiguration": {},
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "NotificationARNs": [],
        "Tags": [],
        "Outputs": [
            {
                "OutputKey": output.name,
                "OutputValue": output.value,
                **_given(Description=output.description, ExportName=output.export),
            }
            for output in stack.outputs.values()
        ],
        **_given(
            ChangeSetId=stack.change_set_id,
            LastUpdatedTime=stack.updated,
            DeletionTime=stack.deleted,
            StackStatusReason=stack.reason,
            ParentId=stack.parent_id,
            RootId=stack.root_id,
        ),
    }
    if stack.request is not None:
        shown |= {
            "DisableRollback": stack.request.disable_rollback,
            "NotificationARNs": stack.request.notification_arns,
            "Capabilities": stack.request.capabilities,
            "Parameters": _parameters(stack.request),
            "Tags": _tags(stack.request),
            **_given(Description=stack.request.template.description, RoleARN=stack.request.role_arn),
        }
    return shown


def _event(stack: Stack, event: Event) -> Answer:
    return {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type_name,
        "Timestamp": event.time,
        "ResourceStatus": event.status,
        **_given(
            ResourceStatusReason=event.reason,
            ResourceProperties=None if event.properties is None else json.dumps(event.properties),
        ),
    }


def _resource(stack: Stack, logical_id: str) -> StackResource:
    if logical_id not in stack.resources:
        raise CloudFormationError("ValidationError", f"Resource {logical_id} does not exist for stack {stack.name}")
    return stack.resources[logical_id]


def _summary(resource: StackResource) -> Answer:
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type_name,
        "ResourceStatus": resource.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        **_given(ResourceStatusReason=resource.reason),
    }


def _resource_detail(stack: Stack, resource: StackResource) -> Answer:
    metadata = resource.definition.get("Metadata")
    return {
        **_summary(resource),
        "StackName": stack.name,
        "StackId": stack.id,
        "LastUpdatedTimestamp": resource.updated,
        **_given(Metadata=None if metadata is None else json.dumps(metadata)),
    }


def _change(change: Mapping[str, Any], values: bool) -> Answer:
    """A change; what the properties hold is shown only on demand."""
    shown = dict(change)
    if not values:
        shown.pop("BeforeContext", None)
        shown.pop("AfterContext", None)
        hidden = ("BeforeValue", "AfterValue", "Path", "AttributeChangeType")
        shown["Details"] = [
            {**detail, "Target": {key: value for key, value in detail["Target"].items() if key not in hidden}}
            for detail in change["Details"]
        ]
    return {"Type": "Resource", "ResourceChange": shown}


def _change_set_summary(stack: Stack, change_set: ChangeSet) -> Answer:
    return {
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": change_set.created,
        "Status": change_set.status,
        "ExecutionStatus": change_set.execution_status,
        **_given(StatusReason=change_set.reason, Description=change_set.description),
    }


def _parameters(request: Request) -> list[Answer]:
    shown = []
    for name, value in request.parameters.given.items():
        declared = request.template.parameters[name]
        hidden = str(declared.get("NoEcho", False)).lower() == "true"
        parameter = {"ParameterKey": name, "ParameterValue": "****" if hidden else value}
        if str(declared.get("Type", "")).startswith("AWS::SSM::Parameter::"):
            resolved = request.parameters.resolved[name]
            parameter["ResolvedValue"] = ",".join(resolved) if isinstance(resolved, list) else str(resolved)
        shown.append(parameter)
    return shown


def _declared_parameters(template: Template) -> list[Answer]:
    return [
        {
            "ParameterKey": name,
            "ParameterType": declared.get("Type", "String"),
            "NoEcho": str(declared.get("NoEcho", False)).lower() == "true",
            **_given(
                DefaultValue=str(declared["Default"]) if "Default" in declared else None,
                Description=declared.get("Description"),
            ),
        }
        for name, declared in template.parameters.items()
    ]


def _tags(request: Request) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in request.tags.items()]


def _given(**values: Any) -> Answer:
    return {key: value for key, value in values.items() if value is not None}


def _newest_first(stacks: Iterable[Stack]) -> list[Stack]:
    return list(reversed(list(stacks)))


def _page(key: str, items: list[Any], parameters: Parameters) -> Answer:
    token = parameters.get("NextToken") or "0"
    if not token.isdigit():
        raise CloudFormationError("ValidationError", f"Invalid NextToken: {token}")
    start = int(token)
    answer: Answer = {key: items[start : start + _PAGE]}
    if start + _PAGE < len(items):
        answer["NextToken"] = str(start + _PAGE)
    return answer
