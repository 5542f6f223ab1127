"""Checks of the parameters of templates: what their own limits say of their defaults.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...rules.templates import DEFAULT_REFUSED
from ..blueprint import Blueprint
from ..check import Check, Violation
from ..evaluation import text_of
from ..resource import Resource
from ..shapes import as_list, as_mapping
from .templates import has_own_transform

__all__ = ["PARAMETER_CHECKS"]

# The types whose limits the documentation tells. Of parameters in Systems Manager, the default is a name.
_TEXT, _LIST, _NUMBER = "String", "CommaDelimitedList", "Number"
# CloudFormation reads patterns as Java does, where these mean something else than in Python.
_OF_JAVA = re.compile(r"&&|\\[0QEGzZRXhHvVpPkN]|\[[^\]]*\[|[*+?}]\+|\(\?")

# What lets a regular expression try again, and again: a few of them, on a text that is not long, are soon done.
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_CHOICE = re.compile(r"[*+?|]|\{\d+,")
_MOST_CHOICES = 4
_MOST_CHARACTERS = 100


def _refused_defaults(blueprint: Blueprint) -> Iterator[Violation]:
    for stack in blueprint.templates.stacks:
        own = [resource for resource in blueprint.templates.resources if resource.stack is stack]
        if not own or has_own_transform(stack):
            continue
        for name, definition in as_mapping(stack.document.get("Parameters")).items():
            limit = _broken_limit(as_mapping(definition))
            if limit is not None:
                values = {"parameter": name, "limit": limit, "value": f"{text_of(definition['Default'])!r}"}
                yield Violation(resource=_user_of(str(name), own), values=values)


def _user_of(name: str, resources: list[Resource]) -> Resource:
    """The first resource that has a parameter, or the first of all: a finding is about a resource."""
    return next((each for each in resources if _mentions(each.definition.get("Properties"), name)), resources[0])


def _mentions(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return value.get("Ref") == name or any(_mentions(item, name) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, name) for item in value)
    return isinstance(value, str) and f"${{{name}}}" in value


def _broken_limit(definition: Mapping[str, Any]) -> str | None:
    """What of a parameter refuses its default. None: nothing surely does."""
    kind, default = definition.get("Type"), definition.get("Default")
    # Whether an empty list has an empty value, nobody says.
    if kind == _LIST and default == "":
        return None
    # YAML's "yes" is a truth, and CloudFormation's a text.
    if isinstance(default, bool) or not isinstance(default, str | int | float):
        return None
    if kind == _NUMBER:
        return _limit_of_number(definition, default)
    if kind not in (_TEXT, _LIST):
        return None
    # Of a list, each value.
    values = [part.strip() for part in str(default).split(",")] if kind == _LIST else [default]
    allowed = as_list(definition.get("AllowedValues"))
    if allowed and not all(_is_one_of(value, allowed) for value in values):
        return f"must be one of {', '.join(map(text_of, allowed))}"
    # What YAML reads as a number may have been written in another way.
    return _limit_of_texts(definition, [str(value) for value in values]) if isinstance(default, str) else None


def _limit_of_texts(definition: Mapping[str, Any], values: list[str]) -> str | None:
    pattern = _compiled(definition.get("AllowedPattern"))
    if pattern is not None and any(_is_no_match(pattern, value) for value in values):
        return f"must match {pattern.pattern}"
    if definition.get("Type") != _TEXT:
        return None
    length, least, most = len(values[0]), _number(definition.get("MinLength")), _number(definition.get("MaxLength"))
    return _outside(length, least, most, "must have at {} {:g} characters".format)


def _is_no_match(pattern: re.Pattern[str], value: str) -> bool:
    return len(value) <= _MOST_CHARACTERS and not pattern.fullmatch(value)


def _limit_of_number(definition: Mapping[str, Any], default: Any) -> str | None:
    number, allowed = _number(default), as_list(definition.get("AllowedValues"))
    if number is None:
        return "must be a number"
    if allowed and not _is_one_of(default, allowed):
        return f"must be one of {', '.join(map(text_of, allowed))}"
    least, most = _number(definition.get("MinValue")), _number(definition.get("MaxValue"))
    return _outside(number, least, most, "must be at {} {:g}".format)


def _outside(value: float, least: float | None, most: float | None, words: Callable[..., str]) -> str | None:
    if least is not None and value < least:
        return words("least", least)
    return words("most", most) if most is not None and value > most else None


def _is_one_of(value: Any, allowed: list[Any]) -> bool:
    """Whether it is one, or may be: 1.30 is 1.3 to YAML, and what is no text or number nobody can tell."""
    number = _number(value)
    return any(
        not isinstance(each, str | int | float)
        or isinstance(each, bool)
        or text_of(each) == text_of(value)
        or (number is not None and _number(each) == number)
        for each in allowed
    )


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _compiled(pattern: Any) -> re.Pattern[str] | None:
    """None: there is none, or one that Python may read in another way than CloudFormation, or for ever."""
    if not isinstance(pattern, str) or _OF_JAVA.search(pattern) or _REPEATED_GROUP.search(pattern):
        return None
    if len(_CHOICE.findall(pattern)) > _MOST_CHOICES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            return re.compile(pattern, re.ASCII)
    except (re.error, FutureWarning, OverflowError, RecursionError):
        return None


PARAMETER_CHECKS = (Check(rule=DEFAULT_REFUSED, violations=_refused_defaults),)
