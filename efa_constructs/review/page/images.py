"""The container images that pods would run, and the machine images of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..pod_templates import PodTemplate
from .pods import image_names, title_of

__all__ = ["Image", "images", "parsed"]


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image, with who runs it."""

    registry: str
    repository: str
    # None: it has none.
    tag: str | None
    digest: str | None
    used_by: tuple[str, ...] = ()

    @property
    def pinned_by(self) -> str:
        """What keeps it the same: "digest", "tag" (which its owner can move), or "nothing"."""
        if self.digest:
            return "digest"
        return "tag" if self.tag not in (None, "latest", "main", "master") else "nothing"


def images(pods: Sequence[PodTemplate]) -> tuple[Image, ...]:
    """The images of all containers, each once, by registry and repository."""
    users: dict[str, list[str]] = {}
    for one in pods:
        for name in image_names(one):
            users.setdefault(name, []).append(title_of(one))
    found = (parsed(name, tuple(dict.fromkeys(who))) for name, who in users.items())
    return tuple(sorted(found, key=lambda image: (image.registry, image.repository, image.tag or "")))


def parsed(name: str, used_by: tuple[str, ...] = ()) -> Image:
    """An image of a name such as ``registry.example.com/train:1.2@sha256:...``.

    https://github.com/distribution/reference: the first part is a registry where it has a dot or a port.
    """
    rest, _, digest = name.partition("@")
    first, slash, after = rest.partition("/")
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    path = after if has_registry else rest
    repository, _, tag = path.partition(":")
    return Image(
        registry=first if has_registry else "docker.io",
        repository=repository if has_registry or "/" in repository else f"library/{repository}",
        tag=tag or None,
        digest=digest or None,
        used_by=used_by,
    )
