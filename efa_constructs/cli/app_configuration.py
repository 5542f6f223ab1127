"""Defaults of options, from the configuration of the app in a folder.

``stacks/settings.py`` owns the keys and parses them for the app; this reads those that an option stands for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..catalogue.nearest import nearest
from ..errors import InvalidConfigurationError
from ..rehearsal.app_keys import PREFIX

__all__ = ["AppConfiguration"]

FILE = "cdk.json"
# Those of the app. A key that it does not know, it refuses.
KEYS = (
    "efa:instanceType",
    "efa:minSize",
    "efa:desiredSize",
    "efa:maxSize",
    "efa:volumeSizeGiB",
    "efa:interfaceLayout",
    "efa:availabilityZone",
    "efa:kubernetesVersion",
    "efa:clusterFacts",
    "efa:placementGroup",
    "efa:capacityReservationId",
    "efa:capacityBlockId",
    "efa:amiType",
    "efa:networkZones",
    "efa:adminRoleArn",
    "efa:privateEndpoint",
    "efa:publicAccessCidrs",
    "efa:volumeKeyArn",
    "efa:secretsKeyArn",
    "efa:efaDevicePluginImage",
    "efa:nvidiaDevicePluginImage",
    "efa:neuronDevicePluginImage",
    "efa:mpiOperatorImage",
    "efa:ncclTestsImage",
    "efa:ncclTests",
)
# CDK Developer Guide, "Customize bootstrapping".
QUALIFIER = "@aws-cdk/core:bootstrapQualifier"


class AppConfiguration:
    """The ``efa:`` keys of a folder's ``cdk.json``, and which of them were used."""

    def __init__(self, folder: Path) -> None:
        """
        :param folder: Where the app is. Without a ``cdk.json`` there are no keys.
        :raises InvalidConfigurationError: the file cannot be read, is not what the CDK CLI writes, or has a key that
            the app refuses, or two that it refuses together.
        """
        self.file = folder / FILE
        self._values = _keys(self.file)
        self._used: dict[str, str] = {}
        self._check()

    @property
    def used(self) -> Mapping[str, str]:
        """The keys that gave a default, each with its value in words."""
        return self._used

    @property
    def bootstrap_qualifier(self) -> str | None:
        """The qualifier that CDK reads there, if it is a text."""
        value = self._values.get(QUALIFIER)
        return value if isinstance(value, str) and value else None

    def text(self, key: str, given: str | None) -> str | None:
        """The value of an option: what was given, else what is under the key.

        :raises InvalidConfigurationError: the key's value is not a text.
        """
        if given is not None or key not in self._values:
            return given
        value = self._values[key]
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "a text that is not empty")
        return self._use(key, value.strip())

    def number(self, key: str, given: int | None) -> int | None:
        """Likewise, a whole number.

        :raises InvalidConfigurationError: the key's value is not a whole number from 1.
        """
        if given is not None or key not in self._values:
            return given
        value = self._values[key]
        if isinstance(value, bool) or not str(value).strip().isdecimal() or int(value) < 1:
            raise self._wrong(key, "a whole number from 1")
        return int(self._use(key, str(value).strip()))

    def flag(self, key: str, given: bool | None) -> bool:
        """Likewise, true or false. Default: false.

        :raises InvalidConfigurationError: the key's value is neither.
        """
        if given is not None or key not in self._values:
            return bool(given)
        value = self._values[key]
        if value not in (True, False, "true", "false") or (isinstance(value, int) and not isinstance(value, bool)):
            raise self._wrong(key, "true or false")
        return self._use(key, str(value).lower()) == "true"

    def _check(self) -> None:
        for key in self._values.keys() - {*KEYS, QUALIFIER}:
            close = nearest(key, KEYS)
            hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(KEYS)}"
            raise InvalidConfigurationError(f"'{key}' in '{self.file}' is no key of the app: {hint}")
        reservation, block = "efa:capacityReservationId", "efa:capacityBlockId"
        if self._values.keys() >= {reservation, block}:
            raise InvalidConfigurationError(
                f"'{self.file}' has both '{reservation}' and '{block}', which exclude each other: leave one out"
            )

    def _use(self, key: str, value: str) -> str:
        self._used[key] = value
        return value

    def _wrong(self, key: str, form: str) -> InvalidConfigurationError:
        return InvalidConfigurationError(
            f"'{key}' in '{self.file}': the value must be {form}, got {json.dumps(self._values[key])}"
        )


def _keys(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidConfigurationError(f"'{file}' cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidConfigurationError(f"'{file}' is not JSON: {error}") from None
    context = document.get("context", {}) if isinstance(document, dict) else None
    if not isinstance(context, dict):
        raise InvalidConfigurationError(f"'{file}' is not a file of the CDK CLI: it has no object 'context'")
    return {key: value for key, value in context.items() if key.lower().startswith(PREFIX) or key == QUALIFIER}
