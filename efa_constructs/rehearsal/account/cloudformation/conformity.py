"""Checks a value against a resource schema as CloudFormation does: lenient about scalars, strict about names."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["conform"]

Document = Mapping[str, Any]

# How CloudFormation names JSON types in messages.
_JSON_TYPES = {dict: "JSONObject", list: "JSONArray", bool: "Boolean", int: "Integer", float: "Double", str: "String"}


def conform(document: Document, schema: Document, value: Any, path: str, problems: list[str]) -> Any:
    """Check ``value``, note what is wrong in ``problems``, and return it with its scalars in the schema's types.

    :param document: The whole schema, in which ``$ref`` is looked up.
    :param path: Where the value is, such as ``"#/ScalingConfig/MinSize"``.
    """
    while "$ref" in schema:
        schema = _referred(document, schema["$ref"])
    value = _convert(schema, value)
    expected = _expected_types(schema)
    if expected and not any(_is(value, name) for name in expected):
        wanted = "JSONObject" if expected[0] == "object" else "JSONArray" if expected[0] == "array" else expected[0]
        wanted = wanted[0].upper() + wanted[1:]
        problems.append(f"{path}: expected type: {wanted}, found: {_JSON_TYPES.get(type(value), 'Null')}")
        return value
    if isinstance(value, dict):
        value = _conform_object(document, schema, value, path, problems)
    elif isinstance(value, list):
        value = _conform_array(document, schema, value, path, problems)
    else:
        problems += [f"{path}: {problem}" for check in _SCALAR_CHECKS for problem in check(schema, value)]
    _check_alternatives(document, schema, value, path, problems)
    return value


def _conform_object(
    document: Document, schema: Document, value: dict[str, Any], path: str, problems: list[str]
) -> dict[str, Any]:
    declared: Mapping[str, Any] = schema.get("properties", {})
    patterns: Mapping[str, Any] = schema.get("patternProperties", {})
    problems += [f"{path}: required key [{name}] not found" for name in schema.get("required", []) if name not in value]
    conformed = {}
    for name, item in value.items():
        matching = declared.get(name) or next((patterns[p] for p in patterns if _compiled(p).search(name)), None)
        if matching is not None:
            conformed[name] = conform(document, matching, item, f"{path}/{name}", problems)
            continue
        conformed[name] = item
        extra = schema.get("additionalProperties", True)
        if extra is False and (declared or patterns):
            problems.append(f"{path}: extraneous key [{name}] is not permitted")
        elif isinstance(extra, Mapping):
            conformed[name] = conform(document, extra, item, f"{path}/{name}", problems)
    return conformed


def _conform_array(document: Document, schema: Document, value: list[Any], path: str, problems: list[str]) -> list[Any]:
    if len(value) < schema.get("minItems", 0):
        problems.append(f"{path}: expected minimum item count: {schema['minItems']}, found: {len(value)}")
    if len(value) > schema.get("maxItems", len(value)):
        problems.append(f"{path}: expected maximum item count: {schema['maxItems']}, found: {len(value)}")
    if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        problems.append(f"{path}: array items are not unique")
    items = schema.get("items", {})
    return [conform(document, items, item, f"{path}/{index}", problems) for index, item in enumerate(value)]


def _check_alternatives(document: Document, schema: Document, value: Any, path: str, problems: list[str]) -> None:
    for part in schema.get("allOf", []):
        conform(document, part, value, path, problems)
    for keyword in ("anyOf", "oneOf"):
        if keyword not in schema:
            continue
        tried: list[list[str]] = []
        for part in schema[keyword]:
            found: list[str] = []
            conform(document, part, value, path, found)
            tried.append(found)
        # Which of several alternatives was meant, nobody can tell: only the first one's problems are worth reading.
        if all(tried):
            problems += tried[0]
    exclusive = schema.get("requiredXor")
    if exclusive and isinstance(value, dict):
        given = [name for name in exclusive if name in value]
        if len(given) != 1:
            problems.append(f"{path}: exactly one of [{', '.join(exclusive)}] is required, found: {len(given)}")


def _convert(schema: Document, value: Any) -> Any:
    """CloudFormation takes "2" for 2, "true" for true, and 2 for "2"."""
    expected = _expected_types(schema)
    if isinstance(value, str):
        if "string" in expected or not expected:
            return value
        if "boolean" in expected and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if "integer" in expected and re.fullmatch(r"[+-]?\d+", value):
            return int(value)
        if "number" in expected and re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
            return float(value) if "." in value else int(value)
    elif "string" in expected and isinstance(value, bool) and "boolean" not in expected:
        return "true" if value else "false"
    elif expected == ["string"] and isinstance(value, int | float):
        return str(value)
    elif "integer" in expected and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _expected_types(schema: Document) -> list[str]:
    declared = schema.get("type", [])
    return [declared] if isinstance(declared, str) else list(declared)


def _is(value: Any, name: str) -> bool:
    if name in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if name == "integer" else int | float)
    types: Mapping[str, type] = {"object": dict, "array": list, "boolean": bool, "string": str, "null": type(None)}
    return isinstance(value, types[name])


def _enum(schema: Document, value: Any) -> list[str]:
    allowed = schema.get("enum", [value])
    wrong = value not in allowed or ("const" in schema and value != schema["const"])
    return [f"{value} is not a valid enum value"] if wrong else []


def _text(schema: Document, value: Any) -> list[str]:
    if not isinstance(value, str):
        return []
    problems = []
    if len(value) < schema.get("minLength", 0):
        problems.append(f"expected minLength: {schema['minLength']}, actual: {len(value)}")
    if len(value) > schema.get("maxLength", len(value)):
        problems.append(f"expected maxLength: {schema['maxLength']}, actual: {len(value)}")
    pattern = _compiled(schema["pattern"]) if "pattern" in schema else None
    if pattern is not None and not pattern.search(value):
        problems.append(f"failed validation constraint for keyword [pattern]: {schema['pattern']}")
    return problems


def _number(schema: Document, value: Any) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    if value < schema.get("minimum", value):
        return [f"{value} is not greater or equal to {schema['minimum']}"]
    if value > schema.get("maximum", value):
        return [f"{value} is not less or equal to {schema['maximum']}"]
    return []


_SCALAR_CHECKS: tuple[Callable[[Document, Any], list[str]], ...] = (_enum, _text, _number)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error:
        # Schemas are written for another language's regular expressions: one that Python cannot read checks nothing.
        return re.compile("")


def _referred(document: Document, pointer: str) -> Document:
    for part in pointer.removeprefix("#/").split("/"):
        document = document[part]
    return document
