"""The CustomResourceDefinition of MPIJob, small enough for ``kubectl apply``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ..pods import mpi_job_schema, pod_template

__all__ = ["CrdMode", "definition_name", "definition_specification"]


class CrdMode(StrEnum):
    """Which CustomResourceDefinition of MPIJob to install."""

    # Every field of an MPIJob strict, pod templates stored as they are: the API server checks the pods made of them.
    # A template may hold fields of any version of Kubernetes.
    SMALL = "small"
    # The same, and pod templates strict too: a wrong field is refused at once. Fields of pods that are newer than the
    # MPI Operator's release are dropped.
    STRIPPED = "stripped"
    # None, nor the roles for its users: somebody else installs them.
    NONE = "none"


def definition_specification(mode: CrdMode) -> dict[str, Any]:
    """The ``spec`` of the CustomResourceDefinition. For :attr:`CrdMode.NONE` there is none."""
    specification = mpi_job_schema.definition()
    if mode is CrdMode.STRIPPED:
        schema = specification["versions"][0]["schema"]["openAPIV3Schema"]
        replicas = schema["properties"]["spec"]["properties"]["mpiReplicaSpecs"]["additionalProperties"]
        replicas["properties"]["template"] = pod_template.schema()
    return specification


def definition_name(specification: dict[str, Any]) -> str:
    """The name that Kubernetes demands of a CustomResourceDefinition with this specification."""
    return f"{specification['names']['plural']}.{specification['group']}"
