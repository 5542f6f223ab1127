"""Answers an app's question for the Availability Zones of an account, which the CDK CLI would ask AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...catalogue import availability_zones, regions

__all__ = ["zones_asked_for"]

_KEY = re.compile(r"availability-zones:account=\d+:region=(?P<region>[a-z0-9-]+)")


def zones_asked_for(missing_context: Iterable[str]) -> dict[str, list[str]]:
    """The context keys that ask for zones, each with the Region's zones of the catalogue.

    :param missing_context: Keys that an app asked for and nobody looked up. Keys that ask for something else, or for
        the zones of a Region that the catalogue does not have, are not in the answer.
    """
    asked = {key: match["region"] for key in missing_context if (match := _KEY.fullmatch(key))}
    return {
        key: [zone.name for zone in availability_zones(region)] for key, region in asked.items() if region in regions()
    }
