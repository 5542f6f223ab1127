"""The CloudFormation resource types that the emulated account has, by name."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import cast

from ..resource_type import ResourceType
from .moto_models import moto_resource_type

__all__ = ["resource_type"]

# Each has a tuple RESOURCE_TYPES. Their types go before moto's: they keep whole what moto's drop.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "AWS::CDK": ("trivial",),
    "AWS::CloudFormation": ("trivial",),
    "AWS::EC2": ("ec2", "network", "routing", "endpoints", "key_pairs"),
    "AWS::EKS": ("eks",),
    "AWS::IAM": ("iam", "custom"),
    "AWS::KMS": ("encryption",),
    "AWS::Lambda": ("functions",),
    "AWS::Logs": ("logs",),
    "AWS::S3": ("storage",),
    "Custom": ("custom",),
}


@functools.cache
def resource_type(name: str) -> ResourceType | None:
    """The resource type with this name, or None if the account does not have it."""
    # A service's modules load when a type of it is asked for: moto's EC2 alone takes a second.
    for module in _MODULES.get(name.rpartition("::")[0], ()):
        for own in importlib.import_module(f".{module}", __name__).RESOURCE_TYPES:
            if own.type_name == name:
                return cast("type[ResourceType]", own)()
    return moto_resource_type(name)
