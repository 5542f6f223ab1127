"""Refuses arguments of the wrong kind: Python and jsii would answer them with errors of their own, half-way through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "Kind",
    "check_fields",
    "checks_kinds",
    "instance_of",
    "is_map_of_strings",
    "is_whole_number",
    "list_of",
    "member_of",
]

_Parameters = ParamSpec("_Parameters")
_Initializer = Callable[_Parameters, None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What an argument may be, and what to give in its place, in words."""

    accepts: Callable[[object], bool]
    instead: str


def checks_kinds(kinds: Mapping[str, Kind]) -> Callable[[_Initializer[_Parameters]], _Initializer[_Parameters]]:
    """Let an initializer refuse keyword arguments that are not of the kind that their names stand for.

    None passes where it is the default. The initializer raises InvalidArgumentError, which names the argument, what it
    is, and what to give instead, before the object exists.

    :param kinds: By name of the argument.
    """

    def decorate(initializer: _Initializer[_Parameters]) -> _Initializer[_Parameters]:
        defaults: Mapping[str, object] = getattr(initializer, "__kwdefaults__", None) or {}

        @wraps(initializer)
        def checked(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> None:
            for name, value in kwargs.items():
                left_out = value is None and defaults.get(name, ...) is None
                if name in kinds and not left_out and not kinds[name].accepts(value):
                    raise InvalidArgumentError(f"'{name}' is {_shown(value)}: give {kinds[name].instead}")
            initializer(*args, **kwargs)

        return checked

    return decorate


def check_fields(instance: DataclassInstance, kinds: Mapping[str, Kind]) -> None:
    """Refuse fields that are not of the kind that their names stand for; for ``__post_init__`` of a dataclass.

    None passes where it is the default.

    :param kinds: By name of the field. Every field has one.
    :raises InvalidArgumentError: the first that is of another kind: it names the class, the field, what it is, and what
        to give instead.
    """
    for field in fields(instance):
        value = getattr(instance, field.name)
        left_out = value is None and field.default is None
        if not left_out and not kinds[field.name].accepts(value):
            raise InvalidArgumentError(
                f"{type(instance).__name__}: '{field.name}' is {_shown(value)}: give {kinds[field.name].instead}"
            )


def instance_of(*types: type) -> Callable[[object], bool]:
    """Accept instances of these types."""
    return lambda value: isinstance(value, types)


def list_of(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    """Accept sequences of what is accepted, but not a string."""
    return lambda value: isinstance(value, Sequence) and not isinstance(value, str) and all(map(accepts, value))


def member_of(enumeration: type[Enum]) -> Kind:
    """A member of it: not its value, which the type of the argument does not allow either."""
    *others, last = (f"{enumeration.__name__}.{member.name}" for member in enumeration)
    return Kind(instance_of(enumeration), f"{', '.join(others)} or {last}")


def is_whole_number(value: object) -> bool:
    """Accept integers: True is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_map_of_strings(value: object) -> bool:
    """Accept mappings from strings to strings."""
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _shown(value: object) -> str:
    """The value, if it says something to a person, with its type."""
    if value is None:
        return "None"
    type_name = type(value).__name__
    if isinstance(value, str | int | float | list | tuple | dict) and len(repr(value)) <= 60:
        return f"{value!r}, of type {type_name}"
    return f"of type {type_name}"
