"""What is in a cluster: the objects that say whether jobs run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ..pods.mpi_job_schema import API_VERSION
from .kubernetes_api import API_ERRORS, KubernetesApi, server_words, status_code

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
    "cluster_roles": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "role_bindings": "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "roles": "/apis/rbac.authorization.k8s.io/v1/roles",
    "resource_slices": "/apis/resource.k8s.io/v1/resourceslices",
    "mpi_jobs": f"/apis/{API_VERSION}/mpijobs",
}
_OF_NO_NAMESPACE = ("nodes", "cluster_role_bindings", "cluster_roles", "resource_slices")
# Not every cluster has these.
_OPTIONAL = ("resource_slices", "mpi_jobs")


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
    cluster_roles: Sequence[KubernetesObject] = ()
    role_bindings: Sequence[KubernetesObject] = ()
    roles: Sequence[KubernetesObject] = ()
    # What nodes have for dynamic resource allocation. None: there is no such kind.
    resource_slices: Sequence[KubernetesObject] | None = None
    # Lines of the logs of MPI Operators.
    operator_log: Sequence[str] = ()
    # The end of the log of containers that ended with an error, by the pod's uid.
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # What the user may not read, or not in every namespace: by the name of the field here, the API server's words.
    # "logs": those that the user may not read, or a node does not give.
    unread: Mapping[str, str] = field(default_factory=dict)


def condition(item: KubernetesObject, kind: str) -> bool:
    """Whether an object has a condition of this type that is true."""
    conditions = (item.get("status") or {}).get("conditions") or ()
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)


async def read_snapshot(
    api: KubernetesApi,
    *,
    cluster_name: str,
    region: str,
    namespace: str | None = None,
    operator_log: Sequence[str] = (),
) -> ClusterSnapshot:
    """Read everything at once.

    :param namespace: Where to read what may not be read in all namespaces. Default: nowhere.
    :param operator_log: Lines of the logs of MPI Operators. Default: none.
    :raises API_ERRORS: the server does not answer, or refuses for another reason than that the user may not.
    """
    unread: dict[str, str] = {}
    lists = await asyncio.gather(*(_list(api, name, namespace, unread) for name in _PATHS))
    objects: dict[str, Any] = dict(zip(_PATHS, lists, strict=True))
    return ClusterSnapshot(
        cluster_name=cluster_name,
        region=region,
        **objects,
        operator_log=operator_log,
        # Not in the order in which the answers came.
        unread={name: unread[name] for name in _PATHS if name in unread},
    )


async def _list(
    api: KubernetesApi, name: str, namespace: str | None, unread: dict[str, str]
) -> list[KubernetesObject] | None:
    """The objects of one kind. None: there is no such kind."""
    for path in _paths(name, namespace):
        try:
            return await _items(api, path)
        except API_ERRORS as error:
            if name in _OPTIONAL and status_code(error) == HTTPStatus.NOT_FOUND:
                # Who may read it nowhere else was refused before anybody looked whether it is there.
                unread.pop(name, None)
                return None
            if status_code(error) != HTTPStatus.FORBIDDEN:
                raise
            unread.setdefault(name, server_words(error))
    return []


def _paths(name: str, namespace: str | None) -> Iterator[str]:
    yield _PATHS[name]
    if namespace is not None and name not in _OF_NO_NAMESPACE:
        version, _, plural = _PATHS[name].rpartition("/")
        yield f"{version}/namespaces/{namespace}/{plural}"


async def _items(api: KubernetesApi, path: str) -> list[KubernetesObject]:
    items: list[KubernetesObject] = (await api.get(path))["items"]
    return items
