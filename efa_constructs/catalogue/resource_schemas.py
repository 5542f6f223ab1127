"""The CloudFormation registry's schemas of the resource types that matter here: generated, and committed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from .records import load_json

__all__ = ["resource_schemas"]


@cache
def resource_schemas() -> Mapping[str, Mapping[str, Any]]:
    """Return the schema of each resource type, by name. It says what properties look like, and which are read-only."""
    schemas: Mapping[str, Mapping[str, Any]] = load_json("resource_schemas.json")["schemas"]
    return schemas
