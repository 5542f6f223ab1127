"""Who may do what in a cluster: what RBAC's bindings and roles say, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..clusters import ReviewedCluster
from ..grants import ROLES_OF_KUBERNETES, bound_roles, is_broad, role_rules, rule_in_words
from ..shapes import as_mapping
from .names import Names

__all__ = ["KubernetesGrant", "kubernetes_grants"]

# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"


@dataclass(frozen=True, kw_only=True)
class KubernetesGrant:
    """What a binding lets a subject do."""

    who: str
    # "create, list".
    verbs: str
    # "pods in every namespace".
    on: str
    # Title of the binding.
    by: str
    # Whether it is about everything, or leads to it.
    broad: bool = False


def kubernetes_grants(clusters: Sequence[ReviewedCluster], names: Names) -> Iterator[KubernetesGrant]:
    """What all bindings let their subjects do. Where there are several clusters, each subject with its own."""
    for cluster in clusters:
        of = f" of {names.of_value(cluster.name)}" if len(clusters) > 1 else ""
        for bound in bound_roles(cluster):
            if bound.role is None:
                yield KubernetesGrant(
                    who=bound.who + of,
                    verbs=ROLES_OF_KUBERNETES.get(bound.title, f"what {bound.title} says"),
                    on=bound.where,
                    by=f"{bound.binding.title}, {bound.title}",
                    broad=is_broad(bound, None),
                )
            for rule in role_rules(bound.role):
                verbs, resources = rule_in_words(rule)
                yield KubernetesGrant(
                    who=bound.who + of,
                    verbs=verbs,
                    on=f"{resources} in {bound.where}",
                    by=bound.binding.title,
                    broad=is_broad(bound, rule),
                )
        yield from _aggregated(cluster, of)


def _aggregated(cluster: ReviewedCluster, of: str) -> Iterator[KubernetesGrant]:
    """What cluster roles add to those of Kubernetes, whoever is bound to them."""
    for role in cluster.of_kind("ClusterRole"):
        labels = as_mapping(as_mapping(role.content.get("metadata")).get("labels"))
        for name in (key.removeprefix(_AGGREGATE) for key, value in labels.items() if value == "true"):
            if f"ClusterRole {name}" in ROLES_OF_KUBERNETES:
                for verbs, resources in map(rule_in_words, role_rules(role)):
                    yield KubernetesGrant(
                        who=f"whoever has the ClusterRole {name}{of}",
                        verbs=verbs,
                        on=f"{resources} wherever it is bound",
                        by=f"aggregation of {role.title}",
                    )
