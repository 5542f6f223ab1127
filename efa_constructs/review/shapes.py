"""Reads parts of a template that may have any shape: what has another shape than it should is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["as_list", "as_mapping", "as_mappings", "at_path"]


def as_mapping(value: Any) -> Mapping[str, Any]:
    """A value, if it is an object; what is none has no fields."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """A list; a single value is a list of one, and nothing is none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    return [item for item in as_list(value) if isinstance(item, Mapping)]


def at_path(value: Any, *path: str) -> Any:
    """What mappings in mappings have: ``at_path(pod, "spec", "template")``. None: they have none."""
    for key in path:
        value = as_mapping(value).get(key)
    return value
