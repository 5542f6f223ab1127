"""Checks of manifests, and of the MPI Operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...manifest_size import MAXIMUM_ANNOTATIONS, applied_size
from ...pods.access_rules import Right, allows, granted_rules
from ...pods.image_references import image_reference
from ...pods.known_programs import KnownProgram
from ...rules.manifests import (
    IMAGES_ARE_PINNED,
    MANIFESTS_ARE_SMALL,
    MANIFESTS_ARE_WHOLE,
    OPERATOR_IS_THERE,
    OPERATOR_MAY_UPDATE_JOBS,
    POD_TEMPLATES_ARE_SOUND,
)
from ..access import ReviewedAccess
from ..blueprint import Blueprint
from ..check import Check, Violation
from ..clusters import ReviewedCluster, clusters_of
from ..manifests import KUBERNETES_RESOURCE, KubernetesObject, load_manifest, objects_in
from ..pod_templates import pod_templates, problems_of_pod_templates
from ..shapes import as_mapping
from ..values import is_known

__all__ = ["MANIFEST_CHECKS"]

# What the operator writes while jobs run, of what people forget most: https://github.com/kubeflow/mpi-operator/issues/830
_NEEDED = (
    ("update", "kubeflow.org", "mpijobs/status"),
    ("create", "batch", "jobs"),
    ("update", "batch", "jobs"),
    ("update", "batch", "jobs/status"),
    ("create", "", "pods"),
    ("create", "", "services"),
    ("create", "", "secrets"),
    ("create", "", "configmaps"),
)


def _not_whole(blueprint: Blueprint) -> Iterator[Violation]:
    for resource in blueprint.templates.of_type(KUBERNETES_RESOURCE):
        problem = _problem_of(resource.get("Manifest"))
        if problem is not None:
            yield Violation(resource=resource, path="Manifest", values={"problem": problem})


def _problem_of(manifest: Any) -> str | None:
    if not isinstance(manifest, str):
        return "is no text"
    try:
        objects = load_manifest(manifest)
    except ValueError as error:
        return f"is not JSON: {error}" if is_known(manifest) else None
    for number, content in enumerate(objects_in(objects)):
        for field in ("apiVersion", "kind", "metadata"):
            if not isinstance(content, Mapping) or not content.get(field):
                return f"has an object without '{field}', the one at place {number}"
        if not as_mapping(content["metadata"]).get("name") and not as_mapping(content["metadata"]).get("generateName"):
            return f"has a {content['kind']} without 'metadata.name'"
    return None


def _too_large(blueprint: Blueprint) -> Iterator[Violation]:
    for one in blueprint.objects:
        metadata = as_mapping(one.content.get("metadata"))
        annotations = {str(key): str(value) for key, value in as_mapping(metadata.get("annotations")).items()}
        size = applied_size({**one.content, "metadata": {**metadata, "annotations": annotations}})
        if size > MAXIMUM_ANNOTATIONS:
            yield _about(one, size=f"{size:,}", most=f"{MAXIMUM_ANNOTATIONS:,}")


def _not_pinned(blueprint: Blueprint) -> Iterator[Violation]:
    for one in blueprint.objects:
        for template in pod_templates(one):
            for container in template.containers:
                image = container.get("image")
                if not isinstance(image, str) or not is_known(image):
                    continue
                reference = image_reference(image)
                if reference.pinned_by == "nothing":
                    tag = reference.tag
                    yield _about(
                        one,
                        container=container.get("name"),
                        image=image,
                        wrong="has no tag" if tag is None else f"has the tag '{tag}', which moves",
                        example=f"{image.removesuffix(f':{tag}')}:1.2.3",
                    )


def _not_sound(blueprint: Blueprint) -> Iterator[Violation]:
    for one in blueprint.objects:
        for problem in problems_of_pod_templates(one):
            yield _about(one, problem=problem)


def _no_operator(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        if cluster.is_listed and not any(cluster.running(KnownProgram.MPI_OPERATOR)):
            for job in cluster.of_kind("MPIJob"):
                if as_mapping(as_mapping(job.content.get("spec")).get("runPolicy")).get("managedBy") is None:
                    yield _about(job)


def _may_not(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        for template in cluster.running(KnownProgram.MPI_OPERATOR):
            account = str(template.spec.get("serviceAccountName") or "default")
            name = f"{template.of.namespace}:{account}"
            access = ReviewedAccess.of(cluster)
            if not access.is_known:
                continue
            # An operator may serve some namespaces only.
            namespaces = (None, *{binding["metadata"]["namespace"] for binding in access.role_bindings})
            granted = [rule for namespace in namespaces for rule in granted_rules(access, name, namespace)]
            if not granted and not _has_account(cluster, template.of.namespace, account):
                # Its account and roles are of elsewhere.
                continue
            for verb, group, resource in _NEEDED:
                right = Right(account=name, verb=verb, group=group, resource=resource, namespace=None)
                if not any(allows(rule, right) for rule in granted):
                    yield _about(
                        template.of,
                        account=f"{template.of.namespace}/{account}",
                        verb=verb,
                        resource=f"{resource}.{group}" if group else resource,
                    )


def _has_account(cluster: ReviewedCluster, namespace: str, name: str) -> bool:
    return any((one.namespace, one.object_name) == (namespace, name) for one in cluster.of_kind("ServiceAccount"))


def _about(one: KubernetesObject, **values: object) -> Violation:
    return Violation(resource=one.resource, kubernetes_object=one, values={"object": one.title, **values})


MANIFEST_CHECKS = (
    Check(rule=MANIFESTS_ARE_WHOLE, violations=_not_whole),
    Check(rule=MANIFESTS_ARE_SMALL, violations=_too_large),
    Check(rule=IMAGES_ARE_PINNED, violations=_not_pinned),
    Check(rule=POD_TEMPLATES_ARE_SOUND, violations=_not_sound),
    Check(rule=OPERATOR_IS_THERE, violations=_no_operator),
    Check(rule=OPERATOR_MAY_UPDATE_JOBS, violations=_may_not),
)
