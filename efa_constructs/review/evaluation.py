"""Evaluates a template's functions as far as they are known before the deployment.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .shapes import as_mapping
from .values import Reference, is_known, marked, unknown

__all__ = ["Evaluator", "Other", "text_of"]

_NO_VALUE: Final = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:([^}]*)\}\}")
_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}


class Other(str):
    """The mark of a parameter that is none of the values that conditions compare it with."""


@dataclass
class Evaluator:
    """Evaluates parts of one template. What it cannot know becomes a mark: see :mod:`.values`."""

    stack: str
    document: Mapping[str, Any]
    # None: wherever the credentials lead.
    account: str | None
    region: str | None
    # Values of the template's parameters, where something gives them.
    parameters: Mapping[str, Any]
    # What an export comes to, by its name; and another stack's output, by the stack's name and its own.
    export: Callable[[str], Any]
    output: Callable[[str, str], Any]
    # An attribute of a resource that something else knows: the outputs of a nested stack. None: nothing does.
    attribute: Callable[[str, str], Any] = lambda logical_id, attribute: None
    _conditions: dict[str, bool | None] = field(default_factory=dict)

    def evaluate(self, value: Any) -> Any:
        """A part of the template with its functions evaluated. Keys whose value is ``AWS::NoValue`` are left out."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                [(name, argument)] = value.items()
                if name == "Ref" or name == "Condition" or name.startswith("Fn::"):
                    function = _FUNCTIONS.get(name)
                    return unknown(name) if function is None else function(self, argument)
            items = ((key, self.evaluate(item)) for key, item in value.items())
            return {key: item for key, item in items if item is not _NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.evaluate, value) if item is not _NO_VALUE]
        if isinstance(value, str):
            return _DYNAMIC_REFERENCE.sub(lambda match: unknown(match[1]), value)
        return value

    def holds(self, condition: str) -> bool | None:
        """Whether a condition of the template holds. None: only the deployment knows."""
        if condition not in self._conditions:
            # What a condition that needs itself says, nobody knows.
            self._conditions[condition] = None
            definition = self._section("Conditions").get(condition)
            self._conditions[condition] = self.truth(definition)
        return self._conditions[condition]

    def _section(self, name: str) -> Mapping[str, Any]:
        return as_mapping(self.document.get(name))

    def truth(self, definition: Any) -> bool | None:
        """Whether what a condition says is true. None: only the deployment knows."""
        value = self.evaluate(definition)
        return value if isinstance(value, bool) else None

    def _ref(self, name: Any) -> Any:
        if not isinstance(name, str):
            return unknown("Ref")
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name.startswith("AWS::"):
            known = self.parameters.get(name, self._pseudo_parameters().get(name))
            return unknown(name) if known is None else known
        if name in self._section("Resources"):
            return Reference(self.stack, name)
        return self._parameter(name)

    def _parameter(self, name: str) -> Any:
        if name in self.parameters:
            return self.parameters[name]
        definition = self._section("Parameters").get(name)
        if not isinstance(definition, Mapping) or "Default" not in definition:
            return unknown(name)
        kind, default = str(definition.get("Type")), definition["Default"]
        if kind.startswith("AWS::SSM::"):
            return unknown(f"ssm:{default}")
        is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
        return [part.strip() for part in str(default).split(",")] if is_list else default

    def _pseudo_parameters(self) -> Mapping[str, Any]:
        prefix = next((prefix for prefix in _PARTITIONS if (self.region or "").startswith(f"{prefix}-")), None)
        partition = _PARTITIONS[prefix] if prefix else "aws"
        return {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            # Those of one partition are nearly everybody's.
            "AWS::Partition": partition,
            "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        }

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else self.evaluate(argument)
        if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            return unknown("Fn::GetAtt")
        logical_id, attribute = parts
        known = self.attribute(logical_id, attribute)
        return Reference(self.stack, logical_id, attribute) if known is None else known

    def _join(self, argument: Any) -> Any:
        separator, parts = self._pair(argument)
        if not isinstance(parts, list):
            return unknown("Fn::Join")
        return marked(str(separator).join(map(text_of, parts)))

    def _sub(self, argument: Any) -> Any:
        text, values = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        own = self.evaluate(values)

        def replacement(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{name}}}"
            if isinstance(own, Mapping) and name in own:
                return text_of(own[name])
            return text_of(self._get_att(name) if "." in name else self._ref(name))

        return marked(_PLACEHOLDER.sub(replacement, str(text)))

    def _select(self, argument: Any) -> Any:
        index, items = self._pair(argument)
        try:
            return items[int(index)] if isinstance(items, list) else unknown("Fn::Select")
        except (IndexError, ValueError, TypeError):
            return unknown("Fn::Select")

    def _split(self, argument: Any) -> Any:
        separator, text = self._pair(argument)
        return text.split(separator) if isinstance(text, str) and is_known(text) else unknown("Fn::Split")

    def _find_in_map(self, argument: Any) -> Any:
        value: Any = self._section("Mappings")
        for key in argument[:3] if isinstance(argument, list) else ["of no kind"]:
            value = value.get(str(self.evaluate(key))) if isinstance(value, Mapping) else None
        return unknown("Fn::FindInMap") if value is None else value

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            return unknown("Fn::If")
        holds = self.holds(str(argument[0]))
        if holds is not None:
            return self.evaluate(argument[1] if holds else argument[2])
        first, second = self.evaluate(argument[1]), self.evaluate(argument[2])
        same = first is second or (is_known([first, second]) and text_of(first) == text_of(second))
        return first if same else unknown(str(argument[0]))

    def _equals(self, argument: Any) -> Any:
        first, second = self._pair(argument)
        # What only the deployment knows is the same as itself, and nobody can tell whether as another.
        if isinstance(argument, list) and len(argument) == 2 and argument[0] == argument[1]:
            return True
        if isinstance(first, Other) or isinstance(second, Other):
            return unknown("Fn::Equals") if not is_known(first) and not is_known(second) else False
        # A parameter is a text: "2" is 2, and "true" is true.
        return text_of(first) == text_of(second) if is_known(first) and is_known(second) else unknown("Fn::Equals")

    def _not(self, argument: Any) -> Any:
        truth = self.truth(argument[0]) if isinstance(argument, list) and argument else None
        return unknown("Fn::Not") if truth is None else not truth

    def _and(self, argument: Any) -> Any:
        truths = [self.truth(part) for part in argument] if isinstance(argument, list) else [None]
        return False if False in truths else unknown("Fn::And") if None in truths else True

    def _or(self, argument: Any) -> Any:
        truths = [self.truth(part) for part in argument] if isinstance(argument, list) else [None]
        return True if True in truths else unknown("Fn::Or") if None in truths else False

    def _contains(self, argument: Any) -> Any:
        items, item = self._pair(argument)
        return item in items if is_known(items) and is_known(item) else unknown("Fn::Contains")

    def _condition(self, argument: Any) -> Any:
        # In a policy of IAM, "Condition" is a key like any other.
        if not isinstance(argument, str):
            return {"Condition": self.evaluate(argument)}
        holds = self.holds(argument)
        return unknown(argument) if holds is None else holds

    def _base64(self, argument: Any) -> Any:
        return base64.b64encode(text_of(self.evaluate(argument)).encode()).decode()

    def _to_json(self, argument: Any) -> Any:
        return json.dumps(self.evaluate(argument), ensure_ascii=False)

    def _import_value(self, argument: Any) -> Any:
        name = self.evaluate(argument)
        return self.export(str(name))

    def _stack_output(self, argument: Any) -> Any:
        asked = self.evaluate(argument)
        if not isinstance(asked, Mapping):
            return unknown("Fn::GetStackOutput")
        return self.output(str(asked.get("StackName")), str(asked.get("OutputName")))

    def _pair(self, argument: Any) -> tuple[Any, Any]:
        if not isinstance(argument, list) or len(argument) != 2:
            return unknown("function"), unknown("function")
        return self.evaluate(argument[0]), self.evaluate(argument[1])


def text_of(value: Any) -> str:
    """A value within a text, as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)


_FUNCTIONS: Mapping[str, Callable[[Evaluator, Any], Any]] = {
    "Ref": Evaluator._ref,
    "Condition": Evaluator._condition,
    "Fn::And": Evaluator._and,
    "Fn::Base64": Evaluator._base64,
    "Fn::Contains": Evaluator._contains,
    "Fn::Equals": Evaluator._equals,
    "Fn::FindInMap": Evaluator._find_in_map,
    "Fn::GetAtt": Evaluator._get_att,
    "Fn::GetStackOutput": Evaluator._stack_output,
    "Fn::If": Evaluator._if,
    "Fn::ImportValue": Evaluator._import_value,
    "Fn::Join": Evaluator._join,
    "Fn::Not": Evaluator._not,
    "Fn::Or": Evaluator._or,
    "Fn::Select": Evaluator._select,
    "Fn::Split": Evaluator._split,
    "Fn::Sub": Evaluator._sub,
    "Fn::ToJsonString": Evaluator._to_json,
}
