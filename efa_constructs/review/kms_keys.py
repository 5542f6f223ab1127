"""Where the KMS keys are that templates name."""

from __future__ import annotations

from typing import Any

from ..catalogue.identifiers import KMS_ARN_START
from .resource import Resource
from .templates import Templates

__all__ = ["other_region_of_key"]


def other_region_of_key(templates: Templates, user: Resource, key: Any) -> str | None:
    """The Region of a key that is not that of the resource which uses it. None: it is, or only the deployment knows.

    :param key: Its ARN, or a reference to it. An id or an alias names no Region.
    """
    # What follows may be an account that only the deployment knows.
    made, arn = templates.at(key), KMS_ARN_START.match(key) if isinstance(key, str) else None
    if made is not None:
        region = made.stack.region if made.type.startswith("AWS::KMS::") else None
    else:
        region = arn["region"] if arn is not None else None
    return region if None not in (region, user.stack.region) and region != user.stack.region else None
