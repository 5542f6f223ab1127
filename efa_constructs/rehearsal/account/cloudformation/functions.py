"""Evaluates a template's intrinsic functions, conditions and dynamic references."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..resource_type import Resource
from .errors import TemplateError
from .template import Template

__all__ = ["KNOWN_AFTER_APPLY", "NO_VALUE", "Evaluator", "Surroundings", "as_text"]

# What CloudFormation shows in a change set for a value that only the deployment will know.
KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"

# AWS::NoValue: the property that has it is left out.
NO_VALUE = object()

_PLACEHOLDER = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^}]*)\}\}")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a template can ask about beyond itself."""

    # AWS::Region and so on, by full name.
    pseudo_parameters: Mapping[str, Any]
    # Names of the Availability Zones of a Region.
    zones: Callable[[str], list[str]]
    # The value of an export.
    import_value: Callable[[str], str]
    # The value of another stack's output: stack name, output name, Region.
    stack_output: Callable[[str, str, str], str]
    # The value of a Systems Manager parameter: its name, possibly with ":version".
    ssm_parameter: Callable[[str], str]


@dataclass
class Evaluator:
    """Evaluates parts of one template, with the resources that exist so far.

    A resource that is not in ``resources`` is one that only the deployment will make: what refers to it evaluates to
    :data:`KNOWN_AFTER_APPLY`.
    """

    template: Template
    parameters: Mapping[str, Any]
    surroundings: Surroundings
    resources: dict[str, Resource] = field(default_factory=dict)
    _conditions: dict[str, bool | None] = field(default_factory=dict)

    def condition(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        if name not in self.template.conditions:
            raise TemplateError(f"Template error: unresolved condition dependency {name}")
        if name not in self._conditions:
            self._conditions[name] = None
            self._conditions[name] = bool(self.evaluate(self.template.conditions[name]))
        holds = self._conditions[name]
        if holds is None:
            raise TemplateError(f"Template error: circular dependency between conditions: [{name}]")
        return holds

    def exists(self, logical_id: str) -> bool:
        """Whether the condition of a resource, if it has one, holds."""
        condition = self.template.resources[logical_id].get("Condition")
        return condition is None or self.condition(condition)

    def properties(self, logical_id: str) -> dict[str, Any]:
        """The properties of a resource."""
        value: dict[str, Any] = self.evaluate(self.template.resources[logical_id].get("Properties") or {})
        return value

    def evaluate(self, value: Any) -> Any:
        """A piece of the template with its functions evaluated."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                [(name, argument)] = value.items()
                if name in _FUNCTIONS:
                    return _FUNCTIONS[name](self, argument)
                if name.startswith("Fn::"):
                    raise TemplateError(f"Template error: unsupported intrinsic function {name}")
            items = ((key, self.evaluate(item)) for key, item in value.items())
            return {key: item for key, item in items if item is not NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.evaluate, value) if item is not NO_VALUE]
        if isinstance(value, str) and "{{resolve:" in value:
            return _DYNAMIC_REFERENCE.sub(self._dynamic_reference, value)
        return value

    def reference(self, name: str) -> Any:
        """What ``Ref`` gives."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.surroundings.pseudo_parameters:
            return self.surroundings.pseudo_parameters[name]
        if name in self.parameters:
            return self.parameters[name]
        if name not in self.template.resources:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{name}] in the template")
        self._check_exists(name)
        return self.resources[name].physical_id if name in self.resources else KNOWN_AFTER_APPLY

    def attribute(self, name: str, attribute: str) -> Any:
        """What ``Fn::GetAtt`` gives."""
        if name not in self.template.resources:
            raise TemplateError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
        self._check_exists(name)
        if name not in self.resources:
            return KNOWN_AFTER_APPLY
        try:
            return self.resources[name].attributes[attribute]
        except KeyError:
            type_name = self.template.resources[name]["Type"]
            raise TemplateError(
                f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt "
                f"(the emulated account has no such attribute of {type_name})"
            ) from None

    def _check_exists(self, name: str) -> None:
        if not self.exists(name):
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the "
                "template"
            )

    def _dynamic_reference(self, match: re.Match[str]) -> str:
        if match[1] != "ssm":
            raise TemplateError(f"the emulated account does not resolve {match[0]}: only 'ssm' parameters are here")
        return self.surroundings.ssm_parameter(match[2])


def as_text(value: Any) -> str:
    """A scalar as CloudFormation writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TemplateError(f"Template error: expected text, not {json.dumps(value, default=str)}")


def _is_unknown(value: Any) -> bool:
    return KNOWN_AFTER_APPLY in (value if isinstance(value, list | str) else ())


def _get_att(evaluator: Evaluator, argument: Any) -> Any:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return evaluator.attribute(name, evaluator.evaluate(attribute))


def _sub(evaluator: Evaluator, argument: Any) -> str:
    text, variables = argument if isinstance(argument, list) else (argument, {})
    variables = {name: evaluator.evaluate(value) for name, value in variables.items()}

    def replace(match: re.Match[str]) -> str:
        literal, name = match[1], match[2].strip()
        if literal:
            return f"${{{name}}}"
        if name in variables:
            return as_text(variables[name])
        return as_text(
            evaluator.attribute(*name.split(".", 1)) if "." in name and "::" not in name else evaluator.reference(name)
        )

    replaced = _PLACEHOLDER.sub(replace, text)
    return str(evaluator.evaluate(replaced))


def _join(evaluator: Evaluator, argument: Any) -> str:
    delimiter, values = argument
    values = evaluator.evaluate(values)
    if _is_unknown(values) and not isinstance(values, list):
        return KNOWN_AFTER_APPLY
    joined = as_text(delimiter).join(as_text(value) for value in values)
    # A dynamic reference may come together only here.
    return str(evaluator.evaluate(joined))


def _select(evaluator: Evaluator, argument: Any) -> Any:
    index, values = (evaluator.evaluate(part) for part in argument)
    if values == KNOWN_AFTER_APPLY or values == [KNOWN_AFTER_APPLY]:
        return KNOWN_AFTER_APPLY
    if not 0 <= int(index) < len(values):
        raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return values[int(index)]


def _split(evaluator: Evaluator, argument: Any) -> list[str]:
    delimiter, text = (evaluator.evaluate(part) for part in argument)
    return [KNOWN_AFTER_APPLY] if text == KNOWN_AFTER_APPLY else as_text(text).split(delimiter)


def _base64(evaluator: Evaluator, argument: Any) -> str:
    text = as_text(evaluator.evaluate(argument))
    return KNOWN_AFTER_APPLY if _is_unknown(text) else base64.b64encode(text.encode()).decode()


def _find_in_map(evaluator: Evaluator, argument: Any) -> Any:
    name, first, second, *options = (evaluator.evaluate(part) for part in argument)
    try:
        return evaluator.template.mappings[name][as_text(first)][as_text(second)]
    except KeyError:
        if options and "DefaultValue" in options[0]:
            return options[0]["DefaultValue"]
        raise TemplateError(
            f"Template error: Unable to get mapping for {name}::{as_text(first)}::{as_text(second)}"
        ) from None


def _get_azs(evaluator: Evaluator, argument: Any) -> list[str]:
    region = evaluator.evaluate(argument) or evaluator.surroundings.pseudo_parameters["AWS::Region"]
    return evaluator.surroundings.zones(region)


def _cidr(evaluator: Evaluator, argument: Any) -> Any:
    block, count, *bits = (evaluator.evaluate(part) for part in argument)
    if _is_unknown(block):
        return KNOWN_AFTER_APPLY
    network = ipaddress.ip_network(block)
    subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits[0] if bits else 8))
    return [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]


def _if(evaluator: Evaluator, argument: Any) -> Any:
    name, when_true, when_false = argument
    return evaluator.evaluate(when_true if evaluator.condition(name) else when_false)


def _equals(evaluator: Evaluator, argument: Any) -> bool:
    left, right = (evaluator.evaluate(part) for part in argument)
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return bool(left == right)
    return as_text(left) == as_text(right)


def _import_value(evaluator: Evaluator, argument: Any) -> str:
    return evaluator.surroundings.import_value(as_text(evaluator.evaluate(argument)))


def _get_stack_output(evaluator: Evaluator, argument: Any) -> str:
    wanted = evaluator.evaluate(argument)
    region = wanted.get("Region") or evaluator.surroundings.pseudo_parameters["AWS::Region"]
    return evaluator.surroundings.stack_output(wanted["StackName"], wanted["OutputName"], region)


def _to_json_string(evaluator: Evaluator, argument: Any) -> str:
    return json.dumps(evaluator.evaluate(argument), separators=(",", ":"))


_FUNCTIONS: Mapping[str, Callable[[Evaluator, Any], Any]] = {
    "Ref": lambda evaluator, name: evaluator.reference(name),
    "Condition": lambda evaluator, name: (
        evaluator.condition(name) if isinstance(name, str) else {"Condition": evaluator.evaluate(name)}
    ),
    "Fn::And": lambda evaluator, parts: all(evaluator.evaluate(part) for part in parts),
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Contains": lambda evaluator, parts: evaluator.evaluate(parts[1]) in evaluator.evaluate(parts[0]),
    "Fn::EachMemberEquals": lambda evaluator, parts: all(
        member == evaluator.evaluate(parts[1]) for member in evaluator.evaluate(parts[0])
    ),
    "Fn::EachMemberIn": lambda evaluator, parts: set(evaluator.evaluate(parts[0])) <= set(evaluator.evaluate(parts[1])),
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": lambda evaluator, argument: len(evaluator.evaluate(argument)),
    "Fn::Not": lambda evaluator, parts: not evaluator.evaluate(parts[0]),
    "Fn::Or": lambda evaluator, parts: any(evaluator.evaluate(part) for part in parts),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
}
