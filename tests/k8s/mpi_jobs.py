"""Holds MPIJobs to our own CustomResourceDefinition, as an API server with strict field validation does.

Not its rules in CEL: only an API server evaluates those.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema

from efa_constructs.k8s.generate_mpi_job_schema import schema_of
from efa_constructs.k8s.mpi_job_schema import CrdMode, definition_specification

_FORMATS = jsonschema.FormatChecker(formats=())
for _name, _bits in (("int32", 31), ("int64", 63)):
    _FORMATS.checks(_name)(
        lambda value, most=2**_bits: not isinstance(value, int) or -most <= value < most,
    )


def errors_of(manifest: dict[str, Any], mode: CrdMode = CrdMode.SMALL) -> list[str]:
    """What is wrong with an MPIJob; unknown fields are."""
    return [error.message for error in _validator(mode).iter_errors(manifest)]


@cache
def _validator(mode: CrdMode) -> jsonschema.Draft4Validator:
    schema = _strict(schema_of(definition_specification(mode)))
    # The API server has fields of its own there.
    schema["properties"]["metadata"].pop("additionalProperties")
    return jsonschema.Draft4Validator(schema, format_checker=_FORMATS)


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    """The schema without room for unknown fields."""
    node = dict(node)
    if "properties" in node:
        node["properties"] = {name: _strict(child) for name, child in node["properties"].items()}
        if not node.get("x-kubernetes-preserve-unknown-fields"):
            node["additionalProperties"] = False
    elif "additionalProperties" in node:
        node["additionalProperties"] = _strict(node["additionalProperties"])
    if "items" in node:
        node["items"] = _strict(node["items"])
    return node
