"""Where the KMS keys are that templates name."""

from __future__ import annotations

import re
from typing import Any

from .resource import Resource
from .templates import Templates

__all__ = ["other_region_of_key"]

# The account may be one that only the deployment knows.
_ARN = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):")


def other_region_of_key(templates: Templates, user: Resource, key: Any) -> str | None:
    """The Region of a key that is not that of the resource which uses it. None: it is, or only the deployment knows.

    :param key: Its ARN, or a reference to it. An id or an alias names no Region.
    """
    made, arn = templates.at(key), _ARN.match(key) if isinstance(key, str) else None
    if made is not None:
        region = made.stack.region if made.type.startswith("AWS::KMS::") else None
    else:
        region = arn["region"] if arn is not None else None
    return region if None not in (region, user.stack.region) and region != user.stack.region else None
