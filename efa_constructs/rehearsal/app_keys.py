"""Keys of the app's context that a rehearsal reads, too. ``stacks/settings.py`` owns them and parses their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import EfaConstructsError, InvalidConfigurationError

__all__ = [
    "AVAILABILITY_ZONE",
    "CLUSTER_FACTS",
    "INSTANCE_TYPE",
    "PLACEMENT_GROUP",
    "PREFIX",
    "RESERVATIONS",
    "errors_naming",
    "text_of",
]

PREFIX = "efa:"

CLUSTER_FACTS = "efa:clusterFacts"
INSTANCE_TYPE = "efa:instanceType"
AVAILABILITY_ZONE = "efa:availabilityZone"
PLACEMENT_GROUP = "efa:placementGroup"
RESERVATIONS = frozenset({"efa:capacityReservationId", "efa:capacityBlockId"})


def text_of(context: Mapping[str, Any], key: str) -> str | None:
    """The text under a key, as the app reads it. None: the context has no such key.

    :raises InvalidConfigurationError: it is no text, or an empty one.
    """
    if key not in context:
        return None
    value = context[key]
    if not isinstance(value, str) or not value.strip():
        raise InvalidConfigurationError(
            f"'{key}': the value must be a text that is not empty, got {value!r}; leave the key out for its default"
        )
    return value.strip()


@contextmanager
def errors_naming(key: str) -> Iterator[None]:
    """Let errors about a value name the key under which it was given.

    :raises InvalidConfigurationError: in place of any other error of this project.
    """
    try:
        yield
    except EfaConstructsError as error:
        raise InvalidConfigurationError(f"'{key}': {error}") from None
