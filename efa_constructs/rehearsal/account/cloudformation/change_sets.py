"""What a deployment would change, as a change set shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..resource_type import Resource
from .dependencies import attributes_used, creation_order, references
from .deployment import evaluate_outputs, unchanged
from .errors import CloudFormationError, ResourceFailure
from .functions import KNOWN_AFTER_APPLY, Evaluator
from .resource_operations import conformed
from .schemas import schema
from .stacks import Request, Stack, StackResource

__all__ = ["NO_CHANGES", "anything_changes", "planned_changes"]

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."

# Attributes of a definition, beside its properties, whose change is a change of the stack.
_ATTRIBUTES = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy")


def planned_changes(stack: Stack, request: Request, evaluator: Evaluator) -> list[dict[str, Any]]:
    """The changes to resources, as ResourceChange structures of the API, in the order of the deployment.

    :param evaluator: Of the new template. Afterwards it knows the resources that stay as they are.
    """
    changes = []
    modified: set[str] = set()
    for logical_id in creation_order(request.template.resources):
        if not evaluator.exists(logical_id):
            continue
        definition = request.template.resources[logical_id]
        new = StackResource(
            logical_id=logical_id, type_name=definition["Type"], definition=definition, tags=request.tags
        )
        new.properties = _evaluated(logical_id, new.type_name, evaluator)
        old = stack.resources.get(logical_id)
        if old is None or old.resource is None:
            changes.append(_addition(new))
            continue
        change = _modification(old, new, modified)
        if change is not None:
            changes.append(change)
        if change is None or change["Replacement"] == "False":
            evaluator.resources[logical_id] = _stable(old.resource) if change is not None else old.resource
        if change is not None:
            modified.add(logical_id)
    present = {name for name in request.template.resources if evaluator.exists(name)}
    changes += [_removal(old) for name, old in stack.resources.items() if name not in present and old.resource]
    return changes


def anything_changes(stack: Stack, request: Request, evaluator: Evaluator, changes: list[dict[str, Any]]) -> bool:
    """Whether a deployment would have anything to do: for resources, outputs or tags."""
    if changes or stack.request is None or dict(stack.request.tags) != dict(request.tags):
        return True
    return evaluate_outputs(evaluator) != stack.outputs


def _evaluated(logical_id: str, type_name: str, evaluator: Evaluator) -> Mapping[str, Any]:
    properties = evaluator.properties(logical_id)
    try:
        return conformed(logical_id, type_name, properties)
    except ResourceFailure as failure:
        if KNOWN_AFTER_APPLY in json.dumps(properties):
            # A value that is not known yet cannot keep to an enumeration or a pattern.
            return properties
        raise CloudFormationError("ValidationError", failure.reason) from None


def _stable(resource: Resource) -> Resource:
    """The resource with those attributes that an update in place cannot change: they hold its id."""
    kept = {
        name: value
        for name, value in resource.attributes.items()
        if isinstance(value, str) and resource.physical_id in value
    }
    return Resource(physical_id=resource.physical_id, attributes=_Unknown(kept))


class _Unknown(dict[str, Any]):
    """Attributes of which those that are missing will be known after the deployment."""

    def __missing__(self, name: str) -> str:
        return KNOWN_AFTER_APPLY


def _addition(new: StackResource) -> dict[str, Any]:
    return {
        "Action": "Add",
        "LogicalResourceId": new.logical_id,
        "ResourceType": new.type_name,
        "Scope": [],
        "Details": [],
        "AfterContext": _context(new),
    }


def _removal(old: StackResource) -> dict[str, Any]:
    retained = old.definition.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")
    return {
        "PolicyAction": "Retain" if retained else "Delete",
        "Action": "Remove",
        "LogicalResourceId": old.logical_id,
        "PhysicalResourceId": old.physical_id,
        "ResourceType": old.type_name,
        "Scope": [],
        "Details": [],
        "BeforeContext": _context(old),
    }


def _modification(old: StackResource, new: StackResource, modified: set[str]) -> dict[str, Any] | None:
    attributes = [name for name in _ATTRIBUTES if old.definition.get(name) != new.definition.get(name)]
    same = unchanged(old, new)
    if same and not attributes:
        return None
    details = [] if same else _property_details(old, new, modified)
    if not same and not details:
        attributes.insert(0, "Tags")
    details += [
        {"Target": {"Attribute": name, "RequiresRecreation": "Never"}, "Evaluation": "Static",
         "ChangeSource": "DirectModification"}
        for name in attributes
    ]  # fmt: skip
    replacement = _replacement(details)
    change = {
        "Action": "Modify",
        "LogicalResourceId": new.logical_id,
        "PhysicalResourceId": old.physical_id,
        "ResourceType": new.type_name,
        "Replacement": replacement,
        "Scope": sorted({detail["Target"]["Attribute"] for detail in details}),
        "Details": details,
        "BeforeContext": _context(old),
        "AfterContext": _context(new),
    }
    if replacement != "False":
        retained = new.definition.get("UpdateReplacePolicy") == "Retain"
        change["PolicyAction"] = "ReplaceAndRetain" if retained else "ReplaceAndDelete"
    return change


def _replacement(details: list[dict[str, Any]]) -> str:
    needs = {detail["Target"]["RequiresRecreation"] for detail in details}
    return "True" if "Always" in needs else "Conditional" if "Conditionally" in needs else "False"


def _property_details(old: StackResource, new: StackResource, modified: set[str]) -> list[dict[str, Any]]:
    known = schema(new.type_name)
    replacing = known.needs_replacement(old.properties, new.properties) if known else []
    conditional = {path[0] for path in known.conditional_create_only} if known else set()
    details = []
    for name in sorted(set(old.properties) | set(new.properties)):
        before, after = old.properties.get(name), new.properties.get(name)
        if before == after:
            continue
        dynamic = KNOWN_AFTER_APPLY in json.dumps(after, default=str)
        recreation = "Never"
        if name in replacing:
            recreation = "Conditionally" if dynamic else "Always"
        elif name in conditional:
            recreation = "Conditionally"
        target = {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": recreation,
            "Path": f"/Properties/{name}",
        }
        if before is not None:
            target["BeforeValue"] = _text(before)
        if after is not None:
            target["AfterValue"] = _text(after)
        target["AttributeChangeType"] = "Add" if before is None else "Remove" if after is None else "Modify"
        details.append(
            {
                "Target": target,
                "Evaluation": "Dynamic" if dynamic else "Static",
                **_cause((new.definition.get("Properties") or {}).get(name), dynamic, modified),
            }
        )
    return details


def _cause(expression: Any, dynamic: bool, modified: set[str]) -> dict[str, str]:
    if not dynamic:
        return {"ChangeSource": "DirectModification"}
    for logical_id, attribute in sorted(attributes_used([expression])):
        if logical_id in modified:
            return {"ChangeSource": "ResourceAttribute", "CausingEntity": f"{logical_id}.{attribute}"}
    for logical_id in sorted(references([expression]) & modified):
        return {"ChangeSource": "ResourceReference", "CausingEntity": logical_id}
    return {"ChangeSource": "DirectModification"}


def _context(resource: StackResource) -> str:
    context = {"Properties": resource.properties}
    context.update({name: resource.definition[name] for name in _ATTRIBUTES if name in resource.definition})
    return json.dumps(context)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
