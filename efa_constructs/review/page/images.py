"""The container images that pods would run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...pods.image_references import ImageReference, image_reference
from ..pod_templates import PodTemplate
from .pods import image_names, title_of

__all__ = ["Image", "images"]


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image, with who runs it."""

    reference: ImageReference
    used_by: tuple[str, ...]


def images(pods: Sequence[PodTemplate]) -> tuple[Image, ...]:
    """The images of all containers, each once, by registry and repository."""
    users: dict[str, list[str]] = {}
    for one in pods:
        for name in image_names(one):
            users.setdefault(name, []).append(title_of(one))
    found = (Image(reference=image_reference(name), used_by=tuple(dict.fromkeys(who))) for name, who in users.items())
    return tuple(sorted(found, key=lambda image: _place(image.reference)))


def _place(reference: ImageReference) -> tuple[str, str, str]:
    return reference.registry, reference.repository, reference.tag or ""
