"""CloudFormation's registry schemas (those that cfn-lint ships): what a resource type's properties must look like."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ....review.conformity import Conformity

__all__ = ["Schema", "is_aws_type", "schema"]

_SCHEMAS = files("cfnlint.data.schemas")


class Schema:
    """The schema of one resource type."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.read_only = _paths(document, "readOnlyProperties")
        self.create_only = _paths(document, "createOnlyProperties")
        self.conditional_create_only = _paths(document, "conditionalCreateOnlyProperties")
        self.primary_identifier = _paths(document, "primaryIdentifier")

    @property
    def tag_property(self) -> str | None:
        """The property that takes a resource's tags, or None if it cannot have any."""
        tagging = self._document.get("tagging") or {}
        if not tagging.get("taggable", True):
            return None
        name = str(tagging.get("tagProperty", "/properties/Tags")).removeprefix("/properties/")
        return name if name in self._document["properties"] else None

    @property
    def tags_can_change(self) -> bool:
        """Whether new tags of the stack reach a resource that exists."""
        return self.tag_property is not None and bool((self._document.get("tagging") or {}).get("tagUpdatable", True))

    def tags_are_a_map(self) -> bool:
        """Whether tags are written ``{"key": "value"}``, not ``[{"Key": "key", "Value": "value"}]``."""
        declared = self._document["properties"][self.tag_property]
        while "$ref" in declared:
            declared = self._document["definitions"][declared["$ref"].rsplit("/", 1)[1]]
        return bool(declared.get("type") == "object")

    def conform(self, properties: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The properties with their scalars in the types of the schema, and what is wrong with them."""
        problems: list[str] = []
        names = {path[0] for path in self.read_only if len(path) == 1} & set(properties)
        if names:
            problems.append(f"#: extraneous key [{sorted(names)[0]}] is not permitted: it is read-only")
        conformity = Conformity(document=self._document)
        conformed = conformity.check(dict(properties))
        return conformed, [*problems, *map(str, conformity.misfits)]

    def has_attribute(self, attribute: str) -> bool:
        """Whether ``Fn::GetAtt`` may ask for it: read-only properties, and what the resource was made with."""
        path = tuple(attribute.split("."))
        return path[0] in self._document["properties"] or any(
            path[: len(known)] == known or known[: len(path)] == path for known in self.read_only
        )

    def needs_replacement(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
        """Names of changed properties that only a new resource can take on."""
        return sorted({path[0] for path in self.create_only if _at(old, path) != _at(new, path)})

    def same_name(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
        """The name that two resources share because the template gives it, or None."""
        values = [_at(new, path) for path in self.primary_identifier if path not in self.read_only]
        complete = len(values) == len(self.primary_identifier) and None not in values
        same = all(_at(old, path) == _at(new, path) for path in self.primary_identifier)
        return "|".join(map(str, values)) if complete and same else None


def is_aws_type(name: str) -> bool:
    """Whether AWS has a resource type with this name."""
    return name in _files_by_type()


@functools.cache
def schema(type_name: str) -> Schema | None:
    """The schema of a resource type, or None: custom resources have none."""
    file = _files_by_type().get(type_name)
    if file is None:
        return None
    return Schema(json.loads(_SCHEMAS.joinpath("resources", f"{file}.json").read_text()))


@functools.cache
def _files_by_type() -> Mapping[str, str]:
    known: Mapping[str, str] = json.loads(_SCHEMAS.joinpath("providers", "us-east-1.json").read_text())
    return known


def _paths(document: Mapping[str, Any], key: str) -> list[tuple[str, ...]]:
    return [tuple(path.removeprefix("/properties/").split("/")) for path in document.get(key, [])]


def _at(properties: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if name == "*" or not isinstance(properties, Mapping):
            return properties
        properties = properties.get(name)
    return properties
