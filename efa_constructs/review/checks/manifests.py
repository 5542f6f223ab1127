"""Checks of manifests, and of the MPI Operator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...manifest_size import MAXIMUM_ANNOTATIONS, applied_size
from ...pods.access_rules import Right, allows, granted_rules
from ...pods.image_references import image_reference, is_image_reference
from ...pods.known_programs import KnownProgram
from ...pods.mpi_job_schema import TRAINING_OPERATOR_API_VERSION
from ...rules.manifests import (
    IMAGES_ARE_PINNED,
    IMAGES_ARE_REFERENCES,
    MANIFESTS_ARE_SMALL,
    MANIFESTS_ARE_WHOLE,
    OPERATOR_IS_THERE,
    OPERATOR_MAY_SUSPEND_JOBS,
    OPERATOR_MAY_UPDATE_JOBS,
    POD_TEMPLATES_ARE_SOUND,
)
from ..access import ReviewedAccess
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import ReviewedCluster, clusters_of
from ..manifests import KUBERNETES_RESOURCE, KubernetesObject, load_manifest, objects_in
from ..pod_templates import PodTemplate, pod_templates, problems_of_pod_templates
from ..shapes import as_mapping, at_path
from ..values import is_known

__all__ = ["MANIFEST_CHECKS"]

# What the operator writes, of what people forget most. https://github.com/kubeflow/mpi-operator, pkg/controller
_OF_EVERY_JOB = (
    ("update", "kubeflow.org", "mpijobs/status"),
    ("create", "batch", "jobs"),
    ("create", "", "pods"),
    ("create", "", "services"),
    ("create", "", "secrets"),
    ("create", "", "configmaps"),
    # Once a worker runs, its name is added to a list.
    ("update", "", "configmaps"),
)
_OF_SOME_JOBS = {
    ("update", "batch", "jobs"): "suspend a job that runs, or resume one",
    ("update", "batch", "jobs/status"): "resume a job that was suspended while its launcher ran",
    ("delete", "", "pods"): "delete the workers of a job that has ended or is suspended",
}
# Which do without "jobs/status": they resume a launcher as it is.
_OLDER_OPERATORS = re.compile(r"v?0\.[0-7](\.\d+)?")


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
            yield about(one, size=f"{size:,}", most=f"{MAXIMUM_ANNOTATIONS:,}")


def _not_pinned(blueprint: Blueprint) -> Iterator[Violation]:
    for one, container, image in _images(blueprint):
        reference = image_reference(image)
        if is_image_reference(image) and reference.pinned_by == "nothing":
            tag = reference.tag
            yield about(
                one,
                container=container,
                image=image,
                wrong="has no tag" if tag is None else f"has the tag '{tag}', which moves",
                example=f"{image.removesuffix(f':{tag}')}:1.2.3",
            )


def _no_references(blueprint: Blueprint) -> Iterator[Violation]:
    for one, container, image in _images(blueprint):
        if not is_image_reference(image):
            yield about(one, container=container, image=image)


def _images(blueprint: Blueprint) -> Iterator[tuple[KubernetesObject, Any, str]]:
    """The images that are known, with their objects and the names of their containers."""
    for one in blueprint.objects:
        for template in pod_templates(one):
            for container in template.containers:
                image = container.get("image")
                # The API server refuses a pod without one.
                if isinstance(image, str) and image and is_known(image):
                    yield one, container.get("name"), image


def _not_sound(blueprint: Blueprint) -> Iterator[Violation]:
    for one in blueprint.objects:
        for problem in problems_of_pod_templates(one):
            yield about(one, problem=problem)


def _no_operator(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        if cluster.surely_lacks(KnownProgram.MPI_OPERATOR):
            for job in cluster.of_kind("MPIJob"):
                managed_by = at_path(job.content, "spec", "runPolicy", "managedBy")
                if managed_by is None and job.content.get("apiVersion") != TRAINING_OPERATOR_API_VERSION:
                    yield about(job)


def _may_not_run_jobs(blueprint: Blueprint) -> Iterator[Violation]:
    for template, account, refused in blueprint.once(_refused_rights):
        if refused in _OF_EVERY_JOB:
            yield about(template.of, account=account, verb=refused[0], resource=_resource(refused))


def _may_not_suspend_jobs(blueprint: Blueprint) -> Iterator[Violation]:
    for template, account, refused in blueprint.once(_refused_rights):
        if refused in _OF_SOME_JOBS and not (refused[2] == "jobs/status" and _is_older(template)):
            use = _OF_SOME_JOBS[refused]
            yield about(template.of, account=account, verb=refused[0], resource=_resource(refused), use=use)


def _refused_rights(blueprint: Blueprint) -> Iterator[tuple[PodTemplate, str, tuple[str, str, str]]]:
    """The operators, their accounts, and each right that such an account lacks: its verb, group and resource."""
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
            for verb, group, resource in (*_OF_EVERY_JOB, *_OF_SOME_JOBS):
                right = Right(account=name, verb=verb, group=group, resource=resource, namespace=None)
                if not any(allows(rule, right) for rule in granted):
                    yield template, f"{template.of.namespace}/{account}", (verb, group, resource)


def _resource(right: tuple[str, str, str]) -> str:
    _, group, resource = right
    return f"{resource}.{group}" if group else resource


def _is_older(operator: PodTemplate) -> bool:
    tags = (image_reference(str(container.get("image"))).tag for container in operator.containers)
    return any(tag is not None and _OLDER_OPERATORS.fullmatch(tag) for tag in tags)


def _has_account(cluster: ReviewedCluster, namespace: str, name: str) -> bool:
    return any((one.namespace, one.object_name) == (namespace, name) for one in cluster.of_kind("ServiceAccount"))


MANIFEST_CHECKS = (
    Check(rule=MANIFESTS_ARE_WHOLE, violations=_not_whole),
    Check(rule=MANIFESTS_ARE_SMALL, violations=_too_large),
    Check(rule=IMAGES_ARE_PINNED, violations=_not_pinned),
    Check(rule=IMAGES_ARE_REFERENCES, violations=_no_references),
    Check(rule=POD_TEMPLATES_ARE_SOUND, violations=_not_sound),
    Check(rule=OPERATOR_IS_THERE, violations=_no_operator),
    Check(rule=OPERATOR_MAY_UPDATE_JOBS, violations=_may_not_run_jobs),
    Check(rule=OPERATOR_MAY_SUSPEND_JOBS, violations=_may_not_suspend_jobs),
)
