"""The loops of a template: CloudFormation writes out what they stand for, and so does the review.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..shapes import as_list, as_mapping

__all__ = ["LANGUAGE_EXTENSIONS", "LOOP", "without_loops"]

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
"""The transform of AWS that brings functions, loops among them, and no resources."""

LOOP = "Fn::ForEach::"
"""How the name of a loop begins."""

# Of all that loops, and loops within loops, write out: no template that CloudFormation takes comes near.
_MOST_VALUES = 200_000
_Variables = Mapping[str, str]


def without_loops(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The template with its loops written out. One over what only the deployment knows stays as it is."""
    if LANGUAGE_EXTENSIONS not in as_list(document.get("Transform")):
        return document
    written: Mapping[str, Any] = _Writer(as_mapping(document.get("Parameters"))).write(document, {})
    return written


@dataclass
class _Writer:
    parameters: Mapping[str, Any]
    values_left: int = _MOST_VALUES

    def write(self, value: Any, variables: _Variables) -> Any:
        """A part of the template, with the values of the variables of the loops that it is in."""
        self.values_left -= bool(variables)
        if isinstance(value, Mapping):
            return self._mapping(value, variables)
        if isinstance(value, list):
            return [self.write(item, variables) for item in value]
        return _filled(value, variables)

    def _mapping(self, value: Mapping[Any, Any], variables: _Variables) -> Any:
        if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in variables:
            return variables[value["Ref"]]
        written: dict[Any, Any] = {}
        for key, item in value.items():
            name = _filled(key, variables)
            loop = self._loop(item, variables) if str(name).startswith(LOOP) else None
            # What cannot be written out stays as it is.
            written |= {name: self.write(item, variables)} if loop is None else loop
        return written

    def _loop(self, argument: Any, variables: _Variables) -> dict[Any, Any] | None:
        """None: it is no loop, or nobody knows over what, or there is no end of it."""
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[2], Mapping):
            return None
        variable, items = argument[0], self._items(self.write(argument[1], variables))
        if not isinstance(variable, str) or items is None:
            return None
        written: dict[Any, Any] = {}
        for item in items:
            if self.values_left <= 0:
                return None
            written |= self.write(argument[2], {**variables, variable: item})
        return written

    def _items(self, value: Any) -> list[str] | None:
        if isinstance(value, list):
            return list(map(str, value)) if all(isinstance(item, str | int) for item in value) else None
        default = as_mapping(self.parameters.get(str(as_mapping(value).get("Ref")))).get("Default")
        return [item.strip() for item in default.split(",")] if isinstance(default, str) else None


def _filled(text: Any, variables: _Variables) -> Any:
    """A text with the values of variables: ``&{Name}`` is one without what a logical id may not have."""
    if not isinstance(text, str):
        return text
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value).replace(f"&{{{name}}}", re.sub(r"[^A-Za-z0-9]", "", value))
    return text
