"""Finds what an escape hatch has lost: a dict with snake_case keys, set on a level 1 construct, disappears silently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import CfnResource
from constructs import IValidation

from ..rules.templates import UNKNOWN_PROPERTY

__all__ = ["IntactProperties", "Properties"]

# As a level 1 construct will render them, with camelCase names.
Properties = Mapping[str, Any]

# People choose the names in these.
_FREE = frozenset({"labels", "tags"})

_WHY = "a dict with snake_case keys is dropped silently"
_FIX = "pass typed property objects, or use add_property_override() for the one property that differs"


@jsii.implements(IValidation)
class IntactProperties:
    """Fails synthesis when something that a level 1 construct was given has been lost on the way to the template."""

    def __init__(
        self, resource: CfnResource, losses: Callable[[Properties], Iterator[str]] = lambda properties: iter(())
    ) -> None:
        """
        :param losses: What is lost from the properties beyond objects that are empty, each in words. Default: nothing.
        """
        self._resource = resource
        self._losses = losses

    def validate(self) -> list[str]:
        """Messages about what is lost, none when all is well."""
        # Protected in CDK. The public properties would make jsii ask for every field of every interface, one call each.
        properties: Properties = self._resource._cfn_properties
        losses = (*_empty(properties), *self._losses(properties))
        return [UNKNOWN_PROPERTY.refusal(f"{loss}: {_WHY}", _FIX) for loss in losses]


def _empty(value: object, path: str = "") -> Iterator[str]:
    """The objects in which nothing is left."""
    if isinstance(value, Mapping):
        if not value:
            yield f"'{path}' was set to an object that is now empty"
        for name, inner in value.items():
            if name not in _FREE:
                yield from _empty(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from _empty(inner, f"{path}[{index}]")
