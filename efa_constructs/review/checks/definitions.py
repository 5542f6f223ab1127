"""Checks of what a cluster has to know before an object: the version of its kind, its definition, its namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ...catalogue.removed_apis import REMOVED_APIS
from ...pods.mpi_job_schema import API_VERSION
from ...rules.manifests import VERSIONS_ARE_SERVED, WHAT_IS_NEEDED_COMES_FIRST
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import ReviewedCluster, clusters_of
from ..manifests import KubernetesObject
from ..needs import needs_of
from ..resource import Resource
from ..shapes import as_mappings, at_path
from ..values import is_known

__all__ = ["DEFINITION_CHECKS"]

_DEFINITION = "CustomResourceDefinition"
# Of the MPI Operator before 0.4: https://github.com/kubeflow/mpi-operator/pull/492
_OLD_MPI_JOBS = ("kubeflow.org/v1alpha1", "kubeflow.org/v1alpha2")
# Every cluster has them.
_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")

# By the group and the kind of what they define.
_Definitions = Mapping[tuple[Any, Any], KubernetesObject]


def _definitions(cluster: ReviewedCluster) -> _Definitions:
    return {
        (str(at_path(one.content, "spec", "group")), str(at_path(one.content, "spec", "names", "kind"))): one
        for one in cluster.of_kind(_DEFINITION)
    }


def _not_served(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        definitions = _definitions(cluster)
        for one in cluster.objects:
            version = one.content.get("apiVersion")
            refused = _refused(definitions, one, version) if isinstance(version, str) and is_known(version) else None
            if refused is not None:
                yield about(one, version=version, refused=refused[0], served=refused[1])


def _refused(definitions: _Definitions, one: KubernetesObject, version: str) -> tuple[str, str] | None:
    """Why no API server serves an object, and what to write instead."""
    removed = REMOVED_APIS.get(version)
    if removed is not None:
        return f"which Kubernetes has not served since {removed.since}", removed.instead
    definition = definitions.get((one.group, one.kind))
    if definition is not None:
        served = [
            f"{one.group}/{each.get('name')}"
            for each in as_mappings(at_path(definition.content, "spec", "versions"))
            if each.get("served") is not False
        ]
        if served and is_known(definition.content.get("spec")) and version not in served:
            return f"which {definition.title} of these templates does not serve", " or ".join(served)
    elif one.kind == "MPIJob" and version in _OLD_MPI_JOBS:
        return "which the MPI Operator has not served since 0.4", API_VERSION
    return None


def _too_early(blueprint: Blueprint) -> Iterator[Violation]:
    order = {one: place for place, one in enumerate(blueprint.objects)}
    seen: set[tuple[Resource, KubernetesObject]] = set()

    @cache
    def needs(resource: Resource) -> set[Resource]:
        return needs_of(blueprint.templates, resource)

    for cluster in clusters_of(blueprint):
        for one, needed in _needed(cluster):
            place = None
            if needed.resource is one.resource:
                # kubectl makes the objects of a manifest one after the other, once it has looked up their kinds.
                if needed.kind == _DEFINITION:
                    place = "which stands in the same manifest"
                elif order[needed] > order[one]:
                    place = "which comes after it in the manifest"
            # Stacks have an order of their own.
            elif needed.resource.stack is one.resource.stack and needed.resource not in needs(one.resource):
                first, second = needed.resource.logical_id, one.resource.logical_id
                place = f"which {first} applies, and {second} does not wait for it"
            # The first object of a manifest stands for all.
            if place is not None and (one.resource, needed) not in seen:
                seen.add((one.resource, needed))
                yield about(one, needed=needed.title, place=place)


def _needed(cluster: ReviewedCluster) -> Iterator[tuple[KubernetesObject, KubernetesObject]]:
    """Each object with its definition, and with its namespace, where the templates have them."""
    definitions = _definitions(cluster)
    namespaces = {each.object_name: each for each in cluster.of_kind("Namespace")}
    for one in cluster.objects:
        definition = definitions.get((one.group, one.kind))
        if definition is not None:
            yield one, definition
        namespace = namespaces.get(one.namespace) if one.namespace not in _NAMESPACES else None
        if namespace is not None and is_known(one.namespace):
            yield one, namespace


DEFINITION_CHECKS = (
    Check(rule=VERSIONS_ARE_SERVED, violations=_not_served),
    Check(rule=WHAT_IS_NEEDED_COMES_FIRST, violations=_too_early),
)
