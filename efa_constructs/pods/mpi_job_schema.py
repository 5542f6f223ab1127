"""The shape of an MPIJob: which fields there are beside its pod templates, of which kind, and with which values.

It follows the CustomResourceDefinition of the MPI Operator, made stricter by what the operator itself refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..catalogue.nearest import nearest
from .pod_template import Schema, instead_of

__all__ = [
    "API_VERSION",
    "MANAGED_BY_MPI_OPERATOR",
    "TRAINING_OPERATOR_API_VERSION",
    "Mismatch",
    "definition",
    "mismatches_of_job",
]

API_VERSION = "kubeflow.org/v2beta1"
"""The only one that the operator has served since 0.4."""
MANAGED_BY_MPI_OPERATOR = "kubeflow.org/mpi-operator"
"""What ``managedBy`` says of a job that the operator of the same cluster runs, as it does without it."""
TRAINING_OPERATOR_API_VERSION = "kubeflow.org/v1"
"""Of the MPIJobs that the Training Operator runs: https://github.com/kubeflow/training-operator, pkg/apis."""


class Mismatch(NamedTuple):
    """A field of an MPIJob that the API server or the operator refuses, or drops."""

    # "has 'spec.slotsPerWorker' '8'"
    problem: str
    # What to write instead.
    hint: str


def definition() -> dict[str, Any]:
    """The ``spec`` of the CustomResourceDefinition, in which pod templates are stored as they are."""
    document = json.loads((Path(__file__).parent / "mpi_job_schema.json").read_text(encoding="utf-8"))
    specification: dict[str, Any] = document["spec"]
    return specification


def mismatches_of_job(specification: Any) -> Iterator[Mismatch]:
    """What of the ``spec`` of an MPIJob is not as the definition has it. Its pod templates are not looked at."""
    if specification is None:
        yield Mismatch("lacks 'spec'", "give it")
    else:
        yield from _mismatches(specification, _specification_schema(), "spec")


@cache
def _specification_schema() -> Schema:
    schema: dict[str, Any] = definition()["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    replicas = schema["properties"]["mpiReplicaSpecs"]
    of_role = replicas.pop("additionalProperties")
    of_role["properties"]["template"] = {}
    of_role["required"] = []
    # The definition says it of them by rules in a language of their own: that there are two, and what a worker needs.
    replicas["properties"] = {"Launcher": of_role, "Worker": {**of_role, "required": ["replicas"]}}
    return schema


def _mismatches(given: object, node: Schema, path: str) -> Iterator[Mismatch]:
    if not node or given is None:
        return
    instead = instead_of(given, node) or _other_value(given, node)
    if instead is not None:
        yield Mismatch(f"has '{path}' {given!r}", f"give {instead}")
    elif isinstance(given, Mapping):
        yield from _mismatches_of_fields(given, node, path)


def _other_value(given: Any, node: Schema) -> str | None:
    values = node.get("enum", ())
    if values and given not in values:
        return f"one of {', '.join(values)}"
    return f"at least {node['minimum']}" if "minimum" in node and given < node["minimum"] else None


def _mismatches_of_fields(given: Mapping[str, Any], node: Schema, path: str) -> Iterator[Mismatch]:
    for name in node.get("required", ()):
        if given.get(name) is None:
            yield Mismatch(f"lacks '{path}.{name}'", "give it")
    fields: Mapping[str, Schema] | None = node.get("properties")
    for name, value in given.items():
        if fields is None:
            yield from _mismatches(value, node["additionalProperties"], f"{path}.{name}")
        elif name in fields:
            yield from _mismatches(value, fields[name], f"{path}.{name}")
        else:
            yield Mismatch(f"has '{path}.{name}', which no MPIJob has", _instead_of_field(str(name), fields))


def _instead_of_field(name: str, fields: Mapping[str, Schema]) -> str:
    homes = [path for path in _paths(_specification_schema(), "spec") if path.endswith(f".{name}")]
    if homes:
        return f"put it at '{homes[0]}'"
    meant = nearest(name, fields, most=1)
    return f"write '{meant[0]}'" if meant else f"leave it out: known are {', '.join(sorted(fields))}"


def _paths(node: Schema, path: str) -> Iterator[str]:
    for name, child in node.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from _paths(child, f"{path}.{name}")
