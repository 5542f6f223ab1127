"""Holds manifests to the schemas of Kubernetes: of the default version of the app, and of the one before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import kubernetes_validate

VERSIONS = ("1.36", "1.35")
# Kinds of which Kubernetes has no schema, and where they are checked instead.
CHECKED_ELSEWHERE = {"MPIJob": "against our own CustomResourceDefinition"}


def check_manifests(manifests: Iterable[dict[str, Any]]) -> None:
    """Fail where a manifest has a field that Kubernetes does not know, or one of the wrong type."""
    for manifest in manifests:
        if manifest["kind"] in CHECKED_ELSEWHERE:
            continue
        for version in VERSIONS:
            kubernetes_validate.validate(manifest, version, strict=True)
