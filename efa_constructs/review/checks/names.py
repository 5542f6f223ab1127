"""Checks of the names in Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...pods.names import misnamed, wrong_key, wrong_label, wrong_object_name
from ...rules.manifests import NAMES_ARE_SOUND
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..manifests import KubernetesObject
from ..pod_templates import pod_templates
from ..shapes import as_mapping
from ..values import is_known

__all__ = ["NAME_CHECKS"]

# Those whose names may be anything that fits into a path, and MPIJobs, of whose names there is a rule of its own.
_OTHERWISE_NAMED = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "FlowSchema", "IPAddress", "MPIJob", "Role", "RoleBinding"}
)


def _misnamed(blueprint: Blueprint) -> Iterator[Violation]:
    for one in blueprint.objects:
        for field, wrong in (*_of_object(one), *_of_pods(one)):
            if wrong is not None and is_known(wrong):
                yield about(one, field=field, problem=wrong)


def _of_object(one: KubernetesObject) -> Iterator[tuple[str, str | None]]:
    metadata = as_mapping(one.content.get("metadata"))
    name = metadata.get("name")
    if isinstance(name, str) and one.kind not in _OTHERWISE_NAMED:
        yield "'metadata.name'", wrong_object_name(name)
    for key, value in _texts(metadata.get("labels")):
        yield "'metadata.labels'", wrong_label(key, value)
    for key, _ in _texts(metadata.get("annotations")):
        yield "'metadata.annotations'", wrong_key(key)


def _of_pods(one: KubernetesObject) -> Iterator[tuple[str, str | None]]:
    for template in pod_templates(one):
        parts = {"metadata": {"labels": template.labels}, "spec": template.spec}
        yield from ((f"'{field}' of a {template.role}", wrong) for field, wrong in misnamed(parts))


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    return ((str(key), text) for key, text in as_mapping(value).items() if isinstance(text, str))


NAME_CHECKS = (Check(rule=NAMES_ARE_SOUND, violations=_misnamed),)
