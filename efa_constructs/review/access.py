"""The roles and bindings of RBAC that templates put on a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .clusters import ReviewedCluster
from .manifests import KubernetesObject
from .shapes import as_list, as_mapping, as_mappings
from .values import is_known

__all__ = ["ReviewedAccess"]


@dataclass(frozen=True, kw_only=True)
class ReviewedAccess:
    """As the API server would have them: what has another shape than it should is left out."""

    cluster_roles: Sequence[Mapping[str, Any]]
    cluster_role_bindings: Sequence[Mapping[str, Any]]
    roles: Sequence[Mapping[str, Any]]
    role_bindings: Sequence[Mapping[str, Any]]

    @property
    def is_known(self) -> bool:
        """Whether nothing of them is left for the deployment to know."""
        every = (self.cluster_roles, self.cluster_role_bindings, self.roles, self.role_bindings)
        return all(is_known(list(each)) for each in every)

    @staticmethod
    def of(cluster: ReviewedCluster) -> ReviewedAccess:
        """Those of one cluster."""
        return ReviewedAccess(
            cluster_roles=[_role(one) for one in cluster.of_kind("ClusterRole")],
            cluster_role_bindings=[_binding(one) for one in cluster.of_kind("ClusterRoleBinding")],
            roles=[_role(one) for one in cluster.of_kind("Role")],
            role_bindings=[_binding(one) for one in cluster.of_kind("RoleBinding")],
        )


def _role(one: KubernetesObject) -> Mapping[str, Any]:
    rules = [
        {name: [str(value) for value in as_list(values)] for name, values in rule.items()}
        for rule in as_mappings(one.content.get("rules"))
    ]
    return {"metadata": _metadata(one), "rules": rules}


def _binding(one: KubernetesObject) -> Mapping[str, Any]:
    bound = as_mapping(one.content.get("roleRef"))
    return {
        "metadata": _metadata(one),
        "roleRef": {"kind": str(bound.get("kind")), "name": str(bound.get("name"))},
        "subjects": as_mappings(one.content.get("subjects")),
    }


def _metadata(one: KubernetesObject) -> Mapping[str, str]:
    return {"name": one.object_name, "namespace": one.namespace}
