"""Frozen dataclasses as JSON: reads, writes and describes them.

Reading is strict: a mistake is an error that names the field by its path.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import InvalidConfigurationError

__all__ = ["Form", "json_schema", "object_of_unique_fields", "parse_record", "record_document"]

Record = TypeVar("Record")


@dataclass(frozen=True)
class Form:
    """The form of a text: ``Annotated[str, Form(pattern, words)]`` is a field that must have it."""

    pattern: re.Pattern[str]
    # What to write instead of a text that does not match, such as "the 12 digits of an account".
    words: str


# A text about which nothing more is known.
_NOT_EMPTY = Form(re.compile(r"[\s\S]*\S[\s\S]*"), "what AWS shows, not an empty string")


def object_of_unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object, for ``json.loads``, which would silently keep the last of two fields with one name.

    :raises InvalidConfigurationError: a field is there twice.
    """
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise InvalidConfigurationError(f"the field '{key}' is there twice in one object: keep one of them")
        made[key] = value
    return made


def parse_record(record: type[Record], document: Any) -> Record:
    """Turn a JSON object into a dataclass, whose fields it has in camel case.

    :param record: A dataclass of texts, whole numbers, booleans, tuples, mappings and other such dataclasses. A field
        that has a default is optional.
    :raises InvalidConfigurationError: a field is missing, unknown, of another type or, if a text, of another form.
    """
    parsed: Record = _parse(record, document, "")
    return parsed


def record_document(record: Any) -> dict[str, Any]:
    """Turn a dataclass into what ``json.dumps`` takes, the same for the same facts.

    Optional fields that are None are left out, and mappings are sorted.
    """
    document = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if value is not None or _is_required(field):
            document[_json_name(field.name)] = _written(value)
    return document


def _written(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return record_document(value)
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _written(value[key]) for key in sorted(value)}
    return value


def json_schema(record: type[Any]) -> dict[str, Any]:
    """Describe the JSON objects that :func:`parse_record` takes, as a JSON Schema (2020-12)."""
    hints = get_type_hints(record, include_extras=True)
    return {
        "type": "object",
        "properties": {_json_name(field.name): _schema(hints[field.name]) for field in fields(record)},
        "required": [_json_name(field.name) for field in fields(record) if _is_required(field)],
        "additionalProperties": False,
    }


def _schema(expected: Any) -> dict[str, Any]:
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(arguments[0]), {"type": "null"}]}
    if origin is Annotated:
        return _text_schema(arguments[1])
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if hasattr(expected, "__dataclass_fields__"):
        return json_schema(expected)
    names: Mapping[type, str] = {int: "integer", bool: "boolean"}
    return _text_schema(_NOT_EMPTY) if expected is str else {"type": names[expected]}


def _text_schema(form: Form) -> dict[str, Any]:
    # A schema's pattern may match anywhere in the text.
    return {"type": "string", "pattern": f"^(?:{form.pattern.pattern})$", "description": form.words}


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _parse(expected: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, types.UnionType):
        return None if value is None else _parse(arguments[0], value, where)
    if origin is Annotated:
        return _parse_text(arguments[1], value, where)
    if origin is tuple:
        items = _expect(list, value, where)
        return tuple(_parse(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(items))
    if origin is Mapping:
        entries = _expect(dict, value, where)
        return {key: _parse(arguments[1], item, f"{where}.{key}") for key, item in entries.items()}
    if hasattr(expected, "__dataclass_fields__"):
        return _parse_fields(expected, _expect(dict, value, where), where)
    return _parse_text(_NOT_EMPTY, value, where) if expected is str else _expect(expected, value, where)


def _parse_fields(record: Any, value: dict[str, Any], where: str) -> Any:
    hints = get_type_hints(record, include_extras=True)
    names = {_json_name(field.name): field for field in fields(record)}
    for key in value:
        if key not in names:
            raise InvalidConfigurationError(f"{_quoted(where)} has an unknown field '{key}', use {', '.join(names)}")
    arguments = {}
    for key, field in names.items():
        if key in value:
            arguments[field.name] = _parse(hints[field.name], value[key], f"{where}.{key}" if where else key)
        elif _is_required(field):
            raise InvalidConfigurationError(f"{_quoted(where)} has no field '{key}'")
    return record(**arguments)


def _parse_text(form: Form, value: Any, where: str) -> str:
    text: str = _expect(str, value, where)
    if not form.pattern.fullmatch(text):
        # A certificate is two thousand letters.
        shown = text if len(text) <= 80 else f"{text[:77]}..."
        raise InvalidConfigurationError(f"'{where}' is {shown!r}, use {form.words}")
    return text


def _expect(kind: type, value: Any, where: str) -> Any:
    # bool is an int to Python, but not to a reader of JSON.
    if isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
        return value
    names: Mapping[type, str] = {str: "a string", int: "a whole number", bool: "true or false", list: "a list"}
    expected = names.get(kind, "an object")
    raise InvalidConfigurationError(f"{_quoted(where)} must be {expected}, got {json.dumps(value)}")


def _quoted(where: str) -> str:
    return f"'{where}'" if where else "the document"


def _json_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
