"""Who may do what in the cluster: what RBAC's bindings and roles say, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..blueprint import Blueprint
from ..manifests import KubernetesObject
from ..shapes import as_list, as_mapping, as_mappings

__all__ = ["KubernetesGrant", "bindings", "kubernetes_grants", "rules_in_words"]


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


def bindings(blueprint: Blueprint) -> Iterator[tuple[KubernetesObject, str, str, KubernetesObject | None]]:
    """Each binding with each of its subjects, the title of its role, and the role where the templates have it."""
    roles = {each.title: each for each in blueprint.objects_of_kind("Role", "ClusterRole")}
    for binding in blueprint.objects_of_kind("RoleBinding", "ClusterRoleBinding"):
        reference = as_mapping(binding.content.get("roleRef"))
        space = f"{binding.namespace}/" if reference.get("kind") == "Role" else ""
        title = f"{reference.get('kind')} {space}{reference.get('name')}"
        for subject in as_mappings(binding.content.get("subjects")):
            yield binding, _subject(subject), title, roles.get(title)


def kubernetes_grants(blueprint: Blueprint) -> Iterator[KubernetesGrant]:
    """What all bindings let their subjects do."""
    for binding, who, title, role in bindings(blueprint):
        where = "every namespace" if binding.kind == "ClusterRoleBinding" else f"namespace {binding.namespace}"
        if role is None:
            yield KubernetesGrant(who=who, verbs=f"what {title} says", on=where, by=binding.title)
        for verbs, resources in rules_in_words(role):
            yield KubernetesGrant(who=who, verbs=verbs, on=f"{resources} in {where}", by=binding.title)


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
