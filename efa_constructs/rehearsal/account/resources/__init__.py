"""The CloudFormation resource types that the emulated account has, by name."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping

from ..resource_type import ResourceType
from .moto_models import moto_resource_type

__all__ = ["resource_type"]

# Each has a tuple RESOURCE_TYPES. Their types go before moto's: they keep whole what moto's drop.
_MODULES = ("trivial", "custom", "ec2", "eks")


@functools.cache
def resource_type(name: str) -> ResourceType | None:
    """The resource type with this name, or None if the account does not have it."""
    own = _own_types().get(name)
    return own() if own is not None else moto_resource_type(name)


@functools.cache
def _own_types() -> Mapping[str, type[ResourceType]]:
    modules = [importlib.import_module(f".{module}", __name__) for module in _MODULES]
    return {own.type_name: own for module in modules for own in module.RESOURCE_TYPES}
