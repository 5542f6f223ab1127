"""Properties that only a new resource can take on: CloudFormation replaces a resource when one of them changes.

Generated, and committed: ``createOnlyProperties``, ``conditionalCreateOnlyProperties`` and ``primaryIdentifier`` of the
CloudFormation registry's schemas.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from .records import load_json

__all__ = ["conditionally_create_only_properties", "create_only_properties", "naming_properties"]


def create_only_properties(resource_type: str) -> tuple[str, ...] | None:
    """Return the properties whose change replaces a resource of a type, such as ``"KubernetesNetworkConfig.IpFamily"``.

    ``*`` stands for any place in a list. None: the registry does not say, or has no such type.
    """
    return _paths("create_only", resource_type)


def conditionally_create_only_properties(resource_type: str) -> tuple[str, ...]:
    """Return those whose change may replace it: that depends on what they were, or on other properties."""
    return _paths("conditionally_create_only", resource_type) or ()


def naming_properties(resource_type: str) -> tuple[str, ...]:
    """Return those that, together, no two resources of a type can have alike: ``("ClusterName", "NodegroupName")``.

    Empty: AWS names resources of the type, or templates can only replace one by another name.
    """
    return _paths("names", resource_type) or ()


def _paths(table: str, resource_type: str) -> tuple[str, ...] | None:
    row = _tables()[table].get(resource_type)
    return None if row is None else tuple(row.split())


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = load_json("create_only_properties.json")
    return tables
