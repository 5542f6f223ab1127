"""Checks a value against a resource schema as CloudFormation does: lenient about scalars, strict about names."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .values import Reference, is_known

__all__ = ["Conformity", "Misfit"]

Document = Mapping[str, Any]

# How CloudFormation names JSON types in messages.
_JSON_TYPES = {dict: "JSONObject", list: "JSONArray", bool: "Boolean", int: "Integer", float: "Double", str: "String"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Something that does not conform."""

    # Where, from "#": "#/ScalingConfig/MinSize".
    path: str
    # The keyword of the schema that says so: "required", "enum", "type", "additionalProperties".
    keyword: str
    # In CloudFormation's words.
    words: str
    value: Any
    # What the keyword says: the enum's values, the format's name, the smallest number. For "additionalProperties": what
    # properties there are.
    wanted: Any = None

    def __str__(self) -> str:
        return f"{self.path}: {self.words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    """A check against one schema. What only the deployment knows (see :mod:`.values`) conforms to everything."""

    # The whole schema, in which "$ref" is looked up.
    document: Document
    # What values of a format look like, by its name. A format that is not here is not checked.
    formats: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    misfits: list[Misfit] = field(default_factory=list)

    def check(self, value: Any) -> Any:
        """Check a resource's properties, note what is wrong, and return them with scalars in the schema's types."""
        return self._conform(self.document, value, "#")

    def _note(self, path: str, keyword: str, words: str, value: Any, wanted: Any = None) -> None:
        self.misfits.append(Misfit(path=path, keyword=keyword, words=words, value=value, wanted=wanted))

    def _conform(self, schema: Document, value: Any, path: str) -> Any:
        while "$ref" in schema:
            schema = _referred(self.document, schema["$ref"])
        if isinstance(value, str) and not is_known(value):
            return value
        value = _convert(schema, value)
        expected = _expected_types(schema)
        if expected and not any(_is(value, name) for name in expected):
            wanted = {"object": "JSONObject", "array": "JSONArray"}.get(expected[0], expected[0].capitalize())
            found = _JSON_TYPES.get(type(value), "Null")
            self._note(path, "type", f"expected type: {wanted}, found: {found}", value, expected[0])
            return value
        if isinstance(value, dict):
            value = self._conform_object(schema, value, path)
        elif isinstance(value, list):
            value = self._conform_array(schema, value, path)
        else:
            self._check_scalar(schema, value, path)
        self._check_alternatives(schema, value, path)
        return value

    def _conform_object(self, schema: Document, value: dict[str, Any], path: str) -> dict[str, Any]:
        for name in schema.get("required", []):
            if name not in value:
                self._note(path, "required", f"required key [{name}] not found", value, name)
        conformed = {}
        for name, item in value.items():
            of_property = _schema_of_property(schema, name)
            conformed[name] = item if of_property is None else self._conform(of_property, item, f"{path}/{name}")
            if of_property is None and _lists_all_properties(schema):
                words = f"extraneous key [{name}] is not permitted"
                self._note(path, "additionalProperties", words, name, tuple(schema.get("properties", {})))
        return conformed

    def _conform_array(self, schema: Document, value: list[Any], path: str) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        if len(value) < least:
            words = f"expected minimum item count: {least}, found: {len(value)}"
            self._note(path, "minItems", words, value, least)
        if len(value) > most:
            self._note(path, "maxItems", f"expected maximum item count: {most}, found: {len(value)}", value, most)
        # Two items that hang on the same condition are not the same.
        sure = [item for item in value if isinstance(item, Reference) or is_known(item)]
        if schema.get("uniqueItems") and any(item in sure[:index] for index, item in enumerate(sure)):
            self._note(path, "uniqueItems", "array items are not unique", value)
        items = schema.get("items", {})
        return [self._conform(items, item, f"{path}/{index}") for index, item in enumerate(value)]

    def _check_scalar(self, schema: Document, value: Any, path: str) -> None:
        for check in _SCALAR_CHECKS:
            for keyword, words in check(schema, value):
                self._note(path, keyword, words, value, schema.get(keyword))
        pattern = self.formats.get(str(schema.get("format")))
        if pattern is not None and isinstance(value, str) and not pattern.fullmatch(value):
            self._note(path, "format", f"{value} is no {schema['format']}", value, schema["format"])

    def _check_alternatives(self, schema: Document, value: Any, path: str) -> None:
        for part in schema.get("allOf", []):
            self._conform(part, value, path)
        for keyword in ("anyOf", "oneOf"):
            if keyword not in schema:
                continue
            tried = []
            for part in schema[keyword]:
                alternative = Conformity(document=self.document, formats=self.formats)
                alternative._conform(part, value, path)
                tried.append(alternative.misfits)
            # Which of several alternatives was meant, nobody can tell: only the first one's problems are worth reading.
            if all(tried):
                self.misfits.extend(tried[0])
        self._check_exclusive(schema, value, path)

    def _check_exclusive(self, schema: Document, value: Any, path: str) -> None:
        exclusive = schema.get("requiredXor")
        if exclusive and isinstance(value, dict):
            given = [name for name in exclusive if name in value]
            # One that hangs on a condition may come to nothing.
            sure = all(isinstance(value[name], Reference) or is_known(value[name]) for name in given)
            if len(given) != 1 and sure:
                words = f"exactly one of [{', '.join(exclusive)}] is required, found: {len(given)}"
                self._note(path, "requiredXor", words, given, tuple(exclusive))


def _schema_of_property(schema: Document, name: str) -> Document | None:
    """None: the schema says nothing of a property of this name."""
    declared: Mapping[str, Document] = schema.get("properties", {})
    if name in declared:
        return declared[name]
    patterns: Mapping[str, Document] = schema.get("patternProperties", {})
    of_others = schema.get("additionalProperties")
    return next(
        (patterns[each] for each in patterns if _compiled(each).search(name)),
        of_others if isinstance(of_others, Mapping) else None,
    )


def _lists_all_properties(schema: Document) -> bool:
    if schema.get("additionalProperties", True) is not False:
        return False
    return bool(schema.get("properties") or schema.get("patternProperties"))


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


def _enum(schema: Document, value: Any) -> Iterator[tuple[str, str]]:
    if "enum" in schema and value not in schema["enum"]:
        yield "enum", f"{value} is not a valid enum value"
    elif "const" in schema and value != schema["const"]:
        yield "const", f"{value} is not a valid enum value"


def _text(schema: Document, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str):
        return
    if len(value) < schema.get("minLength", 0):
        yield "minLength", f"expected minLength: {schema['minLength']}, actual: {len(value)}"
    if len(value) > schema.get("maxLength", len(value)):
        yield "maxLength", f"expected maxLength: {schema['maxLength']}, actual: {len(value)}"
    pattern = _compiled(schema["pattern"]) if "pattern" in schema else None
    if pattern is not None and not pattern.search(value):
        yield "pattern", f"failed validation constraint for keyword [pattern]: {schema['pattern']}"


def _number(schema: Document, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if value < schema.get("minimum", value):
        yield "minimum", f"{value} is not greater or equal to {schema['minimum']}"
    elif value > schema.get("maximum", value):
        yield "maximum", f"{value} is not less or equal to {schema['maximum']}"


_SCALAR_CHECKS: tuple[Callable[[Document, Any], Iterator[tuple[str, str]]], ...] = (_enum, _text, _number)


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
