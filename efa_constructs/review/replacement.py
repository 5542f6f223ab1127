"""Whether a change of a property makes a new resource in place of the old one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ..catalogue.create_only_properties import conditionally_create_only_properties, create_only_properties

__all__ = ["Replacement", "replacement_by"]

# CDK's note of which constructs a stack has. Nothing is made of it.
_NOTHING = "AWS::CDK::Metadata"


class Replacement(StrEnum):
    """Whether a change makes a new resource in place of the old one."""

    NO = "no"
    YES = "yes"
    # It depends on what the property was before, or is now.
    MAYBE = "maybe"
    # Nothing is known here about the type.
    UNKNOWN = "unknown"


def replacement_by(resource_type: str, path: str) -> Replacement:
    """Whether a change of a property replaces the resource.

    :param path: Of the property, or of something in it: ``"KubernetesNetworkConfig.IpFamily"``.
    """
    # A custom resource is what its function makes of it: CloudFormation only asks the function to update it.
    if resource_type.startswith("Custom::") or resource_type == _NOTHING:
        return Replacement.NO
    create_only = create_only_properties(resource_type)
    if create_only is None:
        return Replacement.UNKNOWN
    if _covers(create_only, path):
        return Replacement.YES
    sometimes = conditionally_create_only_properties(resource_type)
    return Replacement.MAYBE if _covers(sometimes, path) else Replacement.NO


def _covers(properties: Iterable[str], path: str) -> bool:
    return any(_is_within(name.split("."), path.split(".")) for name in properties)


def _is_within(name: list[str], path: list[str]) -> bool:
    """Whether one contains the other, or is it. ``*`` is any place in a list."""
    return all(part in ("*", other) for part, other in zip(name, path, strict=False))
