"""What is in a cluster: the objects that say whether jobs run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from .account.process import ClusterFiles
from .twin.kubernetes_api import API_ERRORS, KubernetesApi
from .twin.patience import status_code

__all__ = ["ClusterSnapshot", "read_snapshot"]

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


async def read_snapshot(api: KubernetesApi, files: ClusterFiles) -> ClusterSnapshot:
    """Read everything at once.

    :raises API_ERRORS: the server does not answer.
    """
    *lists, mpi_jobs = await asyncio.gather(*(api.get(path) for path in _PATHS.values()), _mpi_jobs(api))
    return ClusterSnapshot(
        cluster_name=files.name,
        region=files.region,
        **{name: listed["items"] for name, listed in zip(_PATHS, lists, strict=True)},
        mpi_jobs=mpi_jobs,
        operator_log=_operator_log(files.logs),
    )


async def _mpi_jobs(api: KubernetesApi) -> list[KubernetesObject] | None:
    try:
        items: list[KubernetesObject] = (await api.get(_MPI_JOBS))["items"]
    except API_ERRORS as error:
        if status_code(error) == HTTPStatus.NOT_FOUND:
            return None
        raise
    return items


def _operator_log(folder: Path) -> list[str]:
    return [
        line
        for file in sorted(folder.glob("mpi-operator-*.log"))
        for line in file.read_text(errors="replace").splitlines()
    ]
