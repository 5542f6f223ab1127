"""API versions that no API server serves any more, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["REMOVED_APIS", "RemovedApi"]


class RemovedApi(NamedTuple):
    """An API version of which nothing is left."""

    # Since which version of Kubernetes.
    since: str
    # "apps/v1".
    instead: str


# Those alone of which no kind is served under the same version again: coordination.k8s.io/v1beta1, for one, is.
# https://kubernetes.io/docs/reference/using-api/deprecation-guide/
REMOVED_APIS: Mapping[str, RemovedApi] = MappingProxyType(
    {
        "apiextensions.k8s.io/v1beta1": RemovedApi("1.22", "apiextensions.k8s.io/v1"),
        "apps/v1beta1": RemovedApi("1.16", "apps/v1"),
        "apps/v1beta2": RemovedApi("1.16", "apps/v1"),
        "batch/v1beta1": RemovedApi("1.25", "batch/v1"),
        "extensions/v1beta1": RemovedApi("1.22", "apps/v1, or networking.k8s.io/v1"),
        "policy/v1beta1": RemovedApi("1.25", "policy/v1"),
        "rbac.authorization.k8s.io/v1beta1": RemovedApi("1.22", "rbac.authorization.k8s.io/v1"),
    }
)
"""By API version. EKS offers no Kubernetes as old as the newest of these removals."""
