"""Holds manifests to the schemas of Kubernetes: of the default version of the app, and of the one before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import kubernetes_validate

from efa_constructs.k8s import CrdMode

from .mpi_jobs import errors_of

VERSIONS = ("1.36", "1.35")


def check_manifests(manifests: Iterable[dict[str, Any]]) -> None:
    """Fail where a manifest has a field that Kubernetes does not know, or one of the wrong type.

    An MPIJob is held to both forms of our own CustomResourceDefinition, its pods to Kubernetes' schemas too.
    """
    for manifest in manifests:
        if manifest["kind"] == "MPIJob":
            for mode in (CrdMode.SMALL, CrdMode.STRIPPED):
                assert errors_of(manifest, mode) == []
            check_manifests(_pods(manifest))
            continue
        for version in VERSIONS:
            kubernetes_validate.validate(manifest, version, strict=True)


def _pods(manifest: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for role, replica in manifest["spec"]["mpiReplicaSpecs"].items():
        template = replica["template"]
        metadata = {**template.get("metadata", {}), "name": role.lower()}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
