"""What bindings of RBAC give, in plain words, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .clusters import ReviewedCluster
from .manifests import KubernetesObject
from .shapes import as_list, as_mapping, as_mappings
from .values import is_known

__all__ = [
    "ROLES_OF_KUBERNETES",
    "BoundRole",
    "GrantToEveryone",
    "bound_roles",
    "grants_to_everyone",
    "is_broad",
    "role_rules",
    "rule_in_words",
]

# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
ROLES_OF_KUBERNETES = {
    "ClusterRole cluster-admin": "everything",
    "ClusterRole admin": "change everything but quotas, roles and their bindings among it",
    "ClusterRole edit": "change most objects, read secrets, run pods as any service account",
    "ClusterRole view": "read most objects, no secrets",
}
# Which of them let their subjects do no more than look.
_READING_ROLE = "ClusterRole view"
_ALL = "*"
_READ = frozenset({"get", "list", "watch"})
_WRITE = frozenset({"create", "update", "patch"})
# What gives more than it says, where it holds for every namespace: verbs by kinds. Whoever may make pods, or what makes
# them, mounts any secret and runs on any node; who may get "pods/exec" runs programs in pods.
# https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
_LEADING_TO_MORE: Mapping[str, frozenset[str]] = {
    "secrets": _READ,
    **dict.fromkeys(
        (
            "pods",
            "daemonsets",
            "deployments",
            "replicasets",
            "replicationcontrollers",
            "statefulsets",
            "cronjobs",
            "jobs",
            "mpijobs",
        ),
        _WRITE,
    ),
    "pods/ephemeralcontainers": _WRITE,
    **dict.fromkeys(("pods/attach", "pods/exec", "nodes/proxy"), _READ | _WRITE),
    "serviceaccounts/token": frozenset({"create"}),
}
# Whoever has one of them has the rights of others, whatever they are about.
_VERBS_LEADING_TO_MORE = frozenset({"escalate", "bind", "impersonate"})
# What everyone may read in the whole cluster then, though it is no secret.
_PRIVATE = frozenset({"configmaps", "pods/log"})
# Groups in which people ask about themselves.
_ABOUT_ONESELF = frozenset({"authentication.k8s.io", "authorization.k8s.io"})
# Verbs that only what is no longer there knows: policies of pods.
_IDLE = frozenset({"use"})
# By kind and name. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
_EVERYONE = {
    ("Group", "system:authenticated"): "everyone who signs in, pods among them (system:authenticated)",
    ("Group", "system:serviceaccounts"): "every service account, and so every pod (system:serviceaccounts)",
    ("Group", "system:unauthenticated"): "everyone who does not sign in (system:unauthenticated)",
    ("User", "system:anonymous"): "everyone who does not sign in (system:anonymous)",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class BoundRole:
    """A role, and one of those to whom a binding gives it."""

    binding: KubernetesObject
    subject: Mapping[str, Any]
    # "ClusterRole mpi-operator".
    title: str
    # None: it is not of the templates.
    role: KubernetesObject | None

    @property
    def who(self) -> str:
        """The subject: ``ServiceAccount mpi-operator/mpi-operator``."""
        where = f"{self.subject['namespace']}/" if self.subject.get("namespace") else ""
        return f"{self.subject.get('kind')} {where}{self.subject.get('name')}"

    @property
    def is_everywhere(self) -> bool:
        """Whether it holds for all namespaces."""
        return self.binding.kind == "ClusterRoleBinding"

    @property
    def where(self) -> str:
        """In words."""
        return "every namespace" if self.is_everywhere else f"namespace {self.binding.namespace}"


@dataclass(frozen=True, kw_only=True, eq=False)
class GrantToEveryone:
    """What a binding gives everyone, beyond what Kubernetes does itself."""

    binding: KubernetesObject
    # "everyone who signs in, pods among them (system:authenticated)".
    who: str
    # "create on pods in every namespace".
    what: str


def bound_roles(cluster: ReviewedCluster) -> Iterator[BoundRole]:
    """The roles of all bindings, with each of their subjects."""
    roles = {each.title: each for kind in ("Role", "ClusterRole") for each in cluster.of_kind(kind)}
    for binding in (each for kind in ("RoleBinding", "ClusterRoleBinding") for each in cluster.of_kind(kind)):
        reference = as_mapping(binding.content.get("roleRef"))
        space = f"{binding.namespace}/" if reference.get("kind") == "Role" else ""
        title = f"{reference.get('kind')} {space}{reference.get('name')}"
        for subject in as_mappings(binding.content.get("subjects")):
            yield BoundRole(binding=binding, subject=subject, title=title, role=roles.get(title))


def role_rules(role: KubernetesObject | None) -> list[Mapping[str, Any]]:
    """What a role allows. None: it is not of the templates."""
    return [] if role is None else as_mappings(role.content.get("rules"))


def rule_in_words(rule: Mapping[str, Any]) -> tuple[str, str]:
    """The verbs of a rule of a role, and on what."""
    verbs = ", ".join("everything" if verb == _ALL else str(verb) for verb in as_list(rule.get("verbs")))
    kinds = as_list(rule.get("resources")) or as_list(rule.get("nonResourceURLs"))
    resources = ", ".join("everything" if kind == _ALL else str(kind) for kind in kinds)
    named = as_list(rule.get("resourceNames"))
    return verbs, resources + (f" named {', '.join(map(str, named))}" if named else "")


def is_broad(bound: BoundRole, rule: Mapping[str, Any] | None) -> bool:
    """Whether what a binding gives is about everything, or leads to it.

    :param rule: Of the role. None: the role is not of the templates.
    """
    if rule is None:
        words = ROLES_OF_KUBERNETES.get(bound.title)
        writes_everywhere = bound.is_everywhere and bound.title != _READING_ROLE
        return words is not None and ("everything" in words or writes_everywhere)
    return "everything" in rule_in_words(rule) or (bound.is_everywhere and _leads_to_more(rule))


def _leads_to_more(rule: Mapping[str, Any]) -> bool:
    """Whether who has it in all namespaces gets at all secrets, all nodes, or the rights of others."""
    if rule.get("resourceNames"):
        return False
    verbs = _texts(rule, "verbs")
    if verbs & _VERBS_LEADING_TO_MORE:
        return True
    return any(
        verbs & {*_LEADING_TO_MORE[kind], _ALL}
        for kind in _LEADING_TO_MORE
        if _texts(rule, "resources") & {kind, _ALL, f"*/{kind.partition('/')[2]}"}
    )


def _texts(rule: Mapping[str, Any], name: str) -> set[str]:
    return set(map(str, as_list(rule.get(name))))


def grants_to_everyone(cluster: ReviewedCluster) -> Iterator[GrantToEveryone]:
    """What each binding gives everyone, as far as it is known, beyond what Kubernetes does itself."""
    for bound in bound_roles(cluster):
        who = _EVERYONE.get((str(bound.subject.get("kind")), str(bound.subject.get("name"))))
        what = "; ".join(_of_somebody(bound)) if who is not None else ""
        if who is not None and what:
            yield GrantToEveryone(binding=bound.binding, who=who, what=f"{what} in {bound.where}")


def _of_somebody(bound: BoundRole) -> Iterator[str]:
    """What somebody should have, and not everyone, in words."""
    if bound.role is None:
        # A look around one namespace is what some tools give everyone: at their own.
        if bound.title in ROLES_OF_KUBERNETES and (bound.is_everywhere or bound.title != _READING_ROLE):
            yield ROLES_OF_KUBERNETES[bound.title]
        return
    for rule in role_rules(bound.role):
        if is_known(dict(rule)) and _is_of_somebody(rule, bound.is_everywhere):
            verbs, resources = rule_in_words(rule)
            yield verbs if verbs == resources == "everything" else f"{verbs} on {resources}"


def _is_of_somebody(rule: Mapping[str, Any], everywhere: bool) -> bool:
    verbs, resources = _texts(rule, "verbs"), _texts(rule, "resources")
    # What names no group of the API is about URLs, such as /metrics.
    if verbs <= _IDLE or _texts(rule, "apiGroups") <= _ABOUT_ONESELF:
        return False
    if not verbs <= _READ or resources & {_ALL, "secrets", "pods/exec", "pods/attach", "nodes/proxy"}:
        return True
    return everywhere and not rule.get("resourceNames") and bool(resources & _PRIVATE)
