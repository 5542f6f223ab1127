"""Checks of templates against the schemas of the CloudFormation registry, and of what they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue.identifiers import IAM_ROLE_ARN, SECURITY_GROUP_ID, SUBNET_ID, VPC_ID
from ...catalogue.nearest import nearest
from ...catalogue.resource_schemas import resource_schemas
from ...catalogue.template_quotas import MAXIMUM_RESOURCES, MAXIMUM_TEMPLATE_BYTES
from ...rules import templates as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..conformity import Conformity, Misfit
from ..reading.loops import LANGUAGE_EXTENSIONS, LOOP
from ..resource import Resource
from ..shapes import as_list, as_mapping
from ..stack_template import NESTED_STACK, StackTemplate

__all__ = ["TEMPLATE_CHECKS"]

# What ids look like: the name of the format in schemas, the form, and an example.
_FORMS = {
    "AWS::EC2::SecurityGroup.Id": (SECURITY_GROUP_ID, "sg-0123456789abcdef0"),
    "AWS::EC2::Subnet.Id": (SUBNET_ID, "subnet-0123456789abcdef0"),
    "AWS::EC2::VPC.Id": (VPC_ID, "vpc-0123456789abcdef0"),
    "AWS::EC2::Image.Id": (re.compile(r"ami-[0-9a-f]{8,17}|resolve:ssm:.+"), "ami-0123456789abcdef0"),
    "AWS::IAM::Role.Arn": (IAM_ROLE_ARN, "arn:aws:iam::123456789012:role/nodes"),
    "ipv4-network": (re.compile(r"(\d{1,3}\.){3}\d{1,3}/\d{1,2}"), "10.0.0.0/16"),
}
_FORMATS = {name: form for name, (form, _) in _FORMS.items()}
_LIMITS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "pattern": "must match {}",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "uniqueItems": "must have no item twice",
    "requiredXor": "must have exactly one of {}",
}
# What has a rule of its own says it better.
_SAID_ELSEWHERE = {("AWS::EKS::Nodegroup", "Subnets", "minItems")}


def _conformity(blueprint: Blueprint) -> Iterator[Fault]:
    for resource in blueprint.templates.resources:
        schema = resource_schemas().get(resource.type)
        if schema is None or _has_own_transform(resource.stack):
            continue
        read_only = {path.removeprefix("/properties/") for path in schema["readOnlyProperties"]}
        for name in resource.properties:
            if name in read_only:
                yield fault(rules.READ_ONLY, resource, name, type=resource.type)
        conformity = Conformity(document=schema, formats=_FORMATS)
        conformity.check({name: value for name, value in resource.properties.items() if name not in read_only})
        for misfit in conformity.misfits:
            found = _fault(resource, misfit)
            if found is not None:
                yield found


def _fault(resource: Resource, misfit: Misfit) -> Fault | None:
    path = misfit.path.removeprefix("#").removeprefix("/").replace("/", ".")
    if (resource.type, path, misfit.keyword) in _SAID_ELSEWHERE:
        return None
    if misfit.keyword == "additionalProperties":
        # Fn::ForEach and its like are worked out by CloudFormation.
        if str(misfit.value).startswith("Fn::"):
            return None
        where, meant = _beneath(path, misfit.value), _meant(misfit.value, misfit.wanted)
        return fault(rules.UNKNOWN_PROPERTY, resource, where, type=resource.type, meant=meant)
    if misfit.keyword == "required":
        return fault(rules.MISSING_PROPERTY, resource, path, where=_beneath(path, misfit.wanted))
    return _fault_of_value(resource, path, misfit)


def _fault_of_value(resource: Resource, path: str, misfit: Misfit) -> Fault:
    if misfit.keyword == "type":
        return fault(rules.WRONG_TYPE, resource, path, problem=misfit.words)
    if misfit.keyword in ("enum", "const"):
        allowed = misfit.wanted if isinstance(misfit.wanted, list) else [misfit.wanted]
        return fault(
            rules.UNKNOWN_VALUE,
            resource,
            path,
            value=misfit.value,
            allowed=", ".join(map(str, allowed)),
            meant=_meant(misfit.value, [str(each) for each in allowed]),
        )
    if misfit.keyword == "format":
        return fault(rules.ILL_FORMED_ID, resource, path, value=misfit.value, example=_FORMS[misfit.wanted][1])
    wanted = ", ".join(misfit.wanted) if isinstance(misfit.wanted, tuple) else misfit.wanted
    return fault(rules.OUT_OF_LIMITS, resource, path, limit=_LIMITS[misfit.keyword].format(wanted), value=misfit.value)


def _beneath(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _meant(name: object, names: Any) -> str:
    found = nearest(str(name), [str(each) for each in names or ()], most=1)
    return f"; did you mean {found[0]}?" if found else ""


def _has_own_transform(stack: StackTemplate) -> bool:
    """Whether a macro of somebody's own may change whatever it likes."""
    return any(not str(name).startswith("AWS::") for name in _transforms(stack))


def _transforms(stack: StackTemplate) -> list[Any]:
    return as_list(stack.document.get("Transform"))


def _references(blueprint: Blueprint) -> Iterator[Fault]:
    for resource in blueprint.templates.resources:
        if not _has_own_transform(resource.stack):
            for path, function, argument in _functions(resource.definition.get("Properties"), ""):
                found = _about(resource, path, function, argument)
                if found is not None and _is_sure(resource.stack, found):
                    yield found
            yield from (found for found in _about_attributes(resource) if _is_sure(resource.stack, found))


def _is_sure(stack: StackTemplate, found: Fault) -> bool:
    """Whether what the template does not list is not there."""
    return found.rule is rules.NO_SUCH_ATTRIBUTE or not _makes_more(stack)


def _about_attributes(resource: Resource) -> Iterator[Fault]:
    """What stands beside the properties of a resource."""
    for name in as_list(resource.definition.get("DependsOn")):
        yield from _missing(resource, "DependsOn", name, "resource", resource.stack.document.get("Resources"))
    yield from _about_condition(resource, "Condition", resource.definition.get("Condition"))


def _about_condition(resource: Resource, where: str, name: Any) -> Iterator[Fault]:
    conditions = as_mapping(resource.stack.document.get("Conditions"))
    # A loop makes more of them than the template lists.
    if not any(str(each).startswith("Fn::") for each in conditions):
        yield from _missing(resource, where, name, "condition", conditions)


def _missing(resource: Resource, where: str, name: Any, kind: str, names: Any) -> Iterator[Fault]:
    if isinstance(name, str) and name not in as_mapping(names):
        meant = _meant(name, as_mapping(names))
        yield fault(rules.NO_SUCH_REFERENCE, resource, where, name=name, kind=kind, meant=meant)


def _makes_more(stack: StackTemplate) -> bool:
    """Whether CloudFormation makes resources that the template does not list: by a transform, a loop or a module."""
    if any(name != LANGUAGE_EXTENSIONS for name in _transforms(stack)):
        return True
    resources = as_mapping(stack.document.get("Resources"))
    modules = (str(as_mapping(each).get("Type")).endswith("::MODULE") for each in resources.values())
    return any(str(name).startswith("Fn::") for name in resources) or any(modules)


_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")


def _functions(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Each reference in a value: where, "Ref", "Fn::GetAtt" or "Fn::If", and to what."""
    function, argument = next(iter(value.items())) if isinstance(value, Mapping) and len(value) == 1 else (None, None)
    if function in ("Ref", "Fn::GetAtt"):
        yield path, function, argument
        return
    if function == "Fn::Sub":
        yield from _variables(argument, path)
    elif function == "Fn::If":
        yield from ((path, "Fn::If", name) for name in as_list(argument)[:1])
    for place, part in _parts(value, path):
        yield from _functions(part, place)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What an object or a list has in it, with where. In a loop, a Ref may be of its variable: it is left out."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not str(name).startswith(LOOP):
                yield path if str(name).startswith("Fn::") else _beneath(path, name), item
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield f"{path}.{index}".removeprefix("."), item


def _variables(argument: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    for match in _VARIABLE.finditer(text if isinstance(text, str) else ""):
        name = match[1].strip()
        if isinstance(own, Mapping) and name in own:
            continue
        yield (path, "Fn::GetAtt", name) if "." in name else (path, "Ref", name)


def _about(resource: Resource, path: str, function: str, argument: Any) -> Fault | None:
    document = resource.stack.document
    resources, parameters = (as_mapping(document.get(name)) for name in ("Resources", "Parameters"))
    if function == "Ref":
        if not isinstance(argument, str) or argument.startswith("AWS::"):
            return None
        if argument in resources or argument in parameters:
            return None
        meant = _meant(argument, [*resources, *parameters])
        kind = "resource or parameter"
        return fault(rules.NO_SUCH_REFERENCE, resource, path, name=argument, kind=kind, meant=meant)
    if function == "Fn::If":
        return next(_about_condition(resource, path, argument), None)
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        return None
    logical_id, attribute = parts
    if logical_id not in resources:
        meant = _meant(logical_id, resources)
        return fault(rules.NO_SUCH_REFERENCE, resource, path, name=logical_id, kind="resource", meant=meant)
    return _about_attribute(resource, path, logical_id, attribute, as_mapping(resources[logical_id]).get("Type"))


def _about_attribute(resource: Resource, path: str, logical_id: str, attribute: str, kind: Any) -> Fault | None:
    schema = resource_schemas().get(kind) if isinstance(kind, str) and kind != NESTED_STACK else None
    if schema is None or _has_attribute(schema, attribute):
        return None
    names = {each.removeprefix("/properties/").replace("/", ".") for each in schema["readOnlyProperties"]}
    return fault(
        rules.NO_SUCH_ATTRIBUTE,
        resource,
        path,
        logical_id=logical_id,
        attribute=attribute,
        type=kind,
        meant=_meant(attribute, sorted(names | set(schema["properties"]))),
    )


def _has_attribute(schema: Mapping[str, Any], attribute: str) -> bool:
    """Read-only properties, and what the resource was made with."""
    path = attribute.split(".")
    known = [each.removeprefix("/properties/").split("/") for each in schema["readOnlyProperties"]]
    return path[0] in schema["properties"] or any(
        path[: len(each)] == each or each[: len(path)] == path for each in known
    )


def _quotas(blueprint: Blueprint) -> Iterator[Fault]:
    for stack in blueprint.templates.stacks:
        own = [resource for resource in blueprint.templates.resources if resource.stack is stack]
        if not own:
            continue
        if stack.size is not None and stack.size > MAXIMUM_TEMPLATE_BYTES:
            largest = max(own, key=lambda resource: len(str(resource.definition)))
            yield fault(
                rules.TEMPLATE_TOO_LARGE,
                largest,
                stack=stack.name,
                size=f"{stack.size:,}",
                most=f"{MAXIMUM_TEMPLATE_BYTES:,}",
                largest=largest.logical_id,
            )
        count = sum(not str(name).startswith("Fn::") for name in as_mapping(stack.document.get("Resources")))
        # Those of a macro may be more or fewer.
        if count > MAXIMUM_RESOURCES and not _has_own_transform(stack):
            yield fault(rules.TOO_MANY_RESOURCES, own[-1], stack=stack.name, count=count, most=MAXIMUM_RESOURCES)


TEMPLATE_CHECKS = (
    *checks_of(
        _conformity,
        rules.UNKNOWN_PROPERTY,
        rules.WRONG_TYPE,
        rules.UNKNOWN_VALUE,
        rules.MISSING_PROPERTY,
        rules.OUT_OF_LIMITS,
        rules.ILL_FORMED_ID,
        rules.READ_ONLY,
    ),
    *checks_of(_quotas, rules.TEMPLATE_TOO_LARGE, rules.TOO_MANY_RESOURCES),
    *checks_of(_references, rules.NO_SUCH_ATTRIBUTE, rules.NO_SUCH_REFERENCE),
)
