"""Checks of manifests: that they are whole and not too large, of their pod templates and images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue.custom_resources import MAXIMUM_REQUEST_BYTES
from ...catalogue.image_registries import right_eks_image_registry
from ...manifest_size import MAXIMUM_ANNOTATIONS, applied_size
from ...pods.image_references import image_reference, is_image_reference
from ...rules.manifests import (
    IMAGES_ARE_OF_THE_REGION,
    IMAGES_ARE_PINNED,
    IMAGES_ARE_REFERENCES,
    MANIFESTS_ARE_SMALL,
    MANIFESTS_ARE_WHOLE,
    MANIFESTS_CAN_BE_CHANGED,
    POD_TEMPLATES_ARE_SOUND,
)
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..manifests import KUBERNETES_RESOURCE, KUBERNETES_TYPES, KubernetesObject, load_manifest, objects_in
from ..pod_templates import pod_templates, problems_of_pod_templates
from ..shapes import as_mapping
from ..values import is_known, without_marks

__all__ = ["MANIFEST_CHECKS"]

# EKS's own images, such as eks/aws-efa-k8s-device-plugin.
_OF_EKS = "eks/"


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


def _cannot_be_changed(blueprint: Blueprint) -> Iterator[Violation]:
    for resource in blueprint.templates.of_type(*KUBERNETES_TYPES):
        size = _bytes_of_request(resource.properties)
        if 2 * size > MAXIMUM_REQUEST_BYTES:
            values = {"resource": resource.logical_id, "size": f"{size:,}", "most": f"{MAXIMUM_REQUEST_BYTES:,}"}
            yield Violation(resource=resource, path="Manifest" if resource.get("Manifest") else "", values=values)


def _bytes_of_request(properties: Any) -> int:
    """Bytes of properties as CloudFormation sends them, those left out that only the deployment knows."""
    text = json.dumps(properties, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(without_marks(text, lambda reference: "", lambda what: "").encode())


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


def _of_another_region(blueprint: Blueprint) -> Iterator[Violation]:
    for one, container, image in _images(blueprint):
        reference, region = image_reference(image), one.resource.stack.region
        right = right_eks_image_registry(reference.registry, region)
        if right is not None and reference.repository.startswith(_OF_EKS):
            of = right.partition(".dkr.ecr.")[2].partition(".")[0]
            yield about(one, container=container, image=image, region=of, registry=right)


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


MANIFEST_CHECKS = (
    Check(rule=MANIFESTS_ARE_WHOLE, violations=_not_whole),
    Check(rule=MANIFESTS_ARE_SMALL, violations=_too_large),
    Check(rule=MANIFESTS_CAN_BE_CHANGED, violations=_cannot_be_changed),
    Check(rule=IMAGES_ARE_PINNED, violations=_not_pinned),
    Check(rule=IMAGES_ARE_REFERENCES, violations=_no_references),
    Check(rule=IMAGES_ARE_OF_THE_REGION, violations=_of_another_region),
    Check(rule=POD_TEMPLATES_ARE_SOUND, violations=_not_sound),
)
