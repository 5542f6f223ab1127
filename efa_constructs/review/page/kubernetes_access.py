"""Who may do what in a cluster: what RBAC's bindings and roles say, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..clusters import ReviewedCluster
from ..manifests import KubernetesObject
from ..shapes import as_list, as_mapping, as_mappings
from .names import Names

__all__ = ["KubernetesGrant", "bindings", "kubernetes_grants", "rules_in_words"]

# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
_OF_KUBERNETES = {
    "ClusterRole cluster-admin": "everything",
    "ClusterRole admin": "change everything but quotas, roles and their bindings among it",
    "ClusterRole edit": "change most objects, read secrets, run pods as any service account",
    "ClusterRole view": "read most objects, no secrets",
}
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
    # Whether it is about everything.
    broad: bool = False


def bindings(cluster: ReviewedCluster) -> Iterator[tuple[KubernetesObject, str, str, KubernetesObject | None]]:
    """Each binding with each of its subjects, the title of its role, and the role where the templates have it."""
    roles = {each.title: each for kind in ("Role", "ClusterRole") for each in cluster.of_kind(kind)}
    for binding in (each for kind in ("RoleBinding", "ClusterRoleBinding") for each in cluster.of_kind(kind)):
        reference = as_mapping(binding.content.get("roleRef"))
        space = f"{binding.namespace}/" if reference.get("kind") == "Role" else ""
        title = f"{reference.get('kind')} {space}{reference.get('name')}"
        for subject in as_mappings(binding.content.get("subjects")):
            yield binding, _subject(subject), title, roles.get(title)


def kubernetes_grants(clusters: Sequence[ReviewedCluster], names: Names) -> Iterator[KubernetesGrant]:
    """What all bindings let their subjects do. Where there are several clusters, each subject with its own."""
    for cluster in clusters:
        of = f" of {names.of_value(cluster.name)}" if len(clusters) > 1 else ""
        for binding, who, title, role in bindings(cluster):
            where = "every namespace" if binding.kind == "ClusterRoleBinding" else f"namespace {binding.namespace}"
            if role is None:
                words = _OF_KUBERNETES.get(title, f"what {title} says")
                yield KubernetesGrant(
                    who=who + of, verbs=words, on=where, by=f"{binding.title}, {title}", broad="everything" in words
                )
            for verbs, resources in rules_in_words(role):
                yield KubernetesGrant(
                    who=who + of,
                    verbs=verbs,
                    on=f"{resources} in {where}",
                    by=binding.title,
                    broad="everything" in (verbs, resources) or _reads_all_secrets(binding, verbs, resources),
                )
        yield from _aggregated(cluster, of)


def _reads_all_secrets(binding: KubernetesObject, verbs: str, resources: str) -> bool:
    reads = {"get", "list", "watch"}.intersection(verbs.split(", "))
    return binding.kind == "ClusterRoleBinding" and bool(reads) and "secrets" in resources.split(", ")


def _aggregated(cluster: ReviewedCluster, of: str) -> Iterator[KubernetesGrant]:
    """What cluster roles add to those of Kubernetes, whoever is bound to them."""
    for role in cluster.of_kind("ClusterRole"):
        labels = as_mapping(as_mapping(role.content.get("metadata")).get("labels"))
        for name in (key.removeprefix(_AGGREGATE) for key, value in labels.items() if value == "true"):
            if f"ClusterRole {name}" in _OF_KUBERNETES:
                for verbs, resources in rules_in_words(role):
                    yield KubernetesGrant(
                        who=f"whoever has the ClusterRole {name}{of}",
                        verbs=verbs,
                        on=f"{resources} wherever it is bound",
                        by=f"aggregation of {role.title}",
                    )


def _subject(subject: Mapping[str, Any]) -> str:
    where = f"{subject['namespace']}/" if subject.get("namespace") else ""
    return f"{subject.get('kind')} {where}{subject.get('name')}"


def rules_in_words(role: KubernetesObject | None) -> Iterator[tuple[str, str]]:
    """The verbs of each rule of a role, and on what."""
    for rule in as_mappings(role.content.get("rules")) if role is not None else ():
        verbs = ", ".join("everything" if verb == "*" else str(verb) for verb in as_list(rule.get("verbs")))
        kinds = as_list(rule.get("resources")) or as_list(rule.get("nonResourceURLs"))
        resources = ", ".join("everything" if kind == "*" else str(kind) for kind in kinds)
        named = as_list(rule.get("resourceNames"))
        yield verbs, resources + (f" named {', '.join(map(str, named))}" if named else "")
