"""What is in a cluster: the objects that say whether jobs run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from .kubernetes_api import API_ERRORS, KubernetesApi, status_code

__all__ = ["ClusterSnapshot", "KubernetesObject", "condition", "read_snapshot"]

KubernetesObject = Mapping[str, Any]

_PATHS = {
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods",
    "events": "/api/v1/events",
    "daemon_sets": "/apis/apps/v1/daemonsets",
    "deployments": "/apis/apps/v1/deployments",
    "replica_sets": "/apis/apps/v1/replicasets",
    "jobs": "/apis/batch/v1/jobs",
    "cluster_role_bindings": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}
_MPI_JOBS = "/apis/kubeflow.org/v2beta1/mpijobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSnapshot:
    """The objects of a cluster at one moment, as the API server gives them."""

    cluster_name: str
    region: str
    nodes: Sequence[KubernetesObject]
    pods: Sequence[KubernetesObject]
    events: Sequence[KubernetesObject]
    daemon_sets: Sequence[KubernetesObject]
    deployments: Sequence[KubernetesObject]
    replica_sets: Sequence[KubernetesObject]
    jobs: Sequence[KubernetesObject]
    cluster_role_bindings: Sequence[KubernetesObject]
    # None: there is no such kind.
    mpi_jobs: Sequence[KubernetesObject] | None
    # Lines of the logs of MPI Operators.
    operator_log: Sequence[str] = ()


def condition(item: KubernetesObject, kind: str) -> bool:
    """Whether an object has a condition of this type that is true."""
    conditions = (item.get("status") or {}).get("conditions") or ()
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)


async def read_snapshot(
    api: KubernetesApi, *, cluster_name: str, region: str, operator_log: Sequence[str] = ()
) -> ClusterSnapshot:
    """Read everything at once.

    :param operator_log: Lines of the logs of MPI Operators. Default: none.
    :raises API_ERRORS: the server does not answer.
    """
    *lists, mpi_jobs = await asyncio.gather(*(api.get(path) for path in _PATHS.values()), _mpi_jobs(api))
    return ClusterSnapshot(
        cluster_name=cluster_name,
        region=region,
        **{name: listed["items"] for name, listed in zip(_PATHS, lists, strict=True)},
        mpi_jobs=mpi_jobs,
        operator_log=operator_log,
    )


async def _mpi_jobs(api: KubernetesApi) -> list[KubernetesObject] | None:
    try:
        items: list[KubernetesObject] = (await api.get(_MPI_JOBS))["items"]
    except API_ERRORS as error:
        if status_code(error) == HTTPStatus.NOT_FOUND:
            return None
        raise
    return items
