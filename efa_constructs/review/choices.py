"""What people choose when they deploy a template: values of parameters on which its conditions hang."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .evaluation import Other, text_of
from .shapes import as_list, as_mapping
from .stack_template import StackTemplate
from .templates import Templates
from .values import unknown

__all__ = ["Choice", "combinations_of_choices"]

Choice = tuple[str, str, str]
"""The name of a stack, of a parameter, and its value."""

# Each is a review of its own. What hangs on more stays unknown.
_MOST_COMBINATIONS = 16
# The CDK's own condition, of an app that goes anywhere, compares the Region with thirty.
_MOST_VALUES = 8
_REGION = "AWS::Region"


def combinations_of_choices(templates: Templates) -> Sequence[tuple[Choice, ...]]:
    """Every combination of values that makes a difference to a condition; one without choices where there is none.

    A parameter with a default is what that says. Of one without, conditions ask whether it is this or that: it may be
    any of those, or another. So it is with the Region of a stack that may go to any.
    """
    alternatives = [
        [(stack.name, parameter, value) for value in values]
        for stack in templates.outermost
        for parameter, values in _values_of_parameters(stack).items()
        if len(values) <= _MOST_VALUES
    ]
    if math.prod(map(len, alternatives)) > _MOST_COMBINATIONS:
        return [()]
    return list(itertools.product(*alternatives))


def _values_of_parameters(stack: StackTemplate) -> Mapping[str, list[str]]:
    parameters = {**as_mapping(stack.document.get("Parameters")), **({} if stack.region else {_REGION: {}})}
    asked: dict[str, list[str]] = {}
    for parameter, value in _comparisons(stack.document.get("Conditions")):
        if "Default" not in as_mapping(parameters.get(parameter, {"Default": ""})):
            values = asked.setdefault(parameter, [])
            if value not in values:
                values.append(value)
    return {
        parameter: _alternatives(parameter, as_mapping(parameters[parameter]), values)
        for parameter, values in asked.items()
    }


def _alternatives(parameter: str, definition: Mapping[str, Any], asked: list[str]) -> list[str]:
    allowed = [text_of(value) for value in as_list(definition.get("AllowedValues"))]
    if not allowed:
        return [*asked, Other(unknown(parameter))]
    # Of those that no condition asks for, one is as good as another.
    return [*(value for value in asked if value in allowed), *[value for value in allowed if value not in asked][:1]]


def _comparisons(value: Any) -> Iterator[tuple[str, str]]:
    """The names of parameters, and what conditions compare them with."""
    if isinstance(value, list):
        for item in value:
            yield from _comparisons(item)
    elif isinstance(value, Mapping):
        yield from _compared(value.get("Fn::Equals"))
        for item in value.values():
            yield from _comparisons(item)


def _compared(pair: Any) -> Iterator[tuple[str, str]]:
    for one, other in (pair, pair[::-1]) if isinstance(pair, list) and len(pair) == 2 else ():
        name = one.get("Ref") if isinstance(one, Mapping) else None
        if isinstance(name, str) and isinstance(other, str | int | float):
            yield name, text_of(other)
