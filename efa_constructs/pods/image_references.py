"""What the name of a container image says: where it comes from, and what keeps it the same.

Source: https://github.com/distribution/reference.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MOVING_TAGS", "ImageReference", "image_reference"]

MOVING_TAGS = frozenset({"latest", "main", "master"})
"""Tags that mean another image every week."""
_DEFAULT_REGISTRY = "docker.io"


class ImageReference(NamedTuple):
    """An image such as ``registry.example.com/team/train:1.2@sha256:...``."""

    # "docker.io" where the name has none.
    registry: str
    # "team/train"
    repository: str
    # None: it has none.
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """The last part of the repository: ``train``."""
        return self.repository.rpartition("/")[2]

    @property
    def pinned_by(self) -> str:
        """What keeps it the same: "digest", "tag" (which its owner can move), or "nothing"."""
        if self.digest is not None:
            return "digest"
        return "nothing" if self.tag is None or self.tag in MOVING_TAGS else "tag"


def image_reference(image: str) -> ImageReference:
    """Take the name of an image apart. A text that is none gives parts that name nothing known."""
    rest, _, digest = image.partition("@")
    first, slash, after = rest.partition("/")
    # The first part is a registry where it has a dot or a port.
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    path = after if has_registry else rest
    folder, slash, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    repository = f"{folder}{slash}{name}"
    return ImageReference(
        registry=first if has_registry else _DEFAULT_REGISTRY,
        repository=repository if has_registry or folder else f"library/{repository}",
        tag=tag or None,
        digest=digest or None,
    )
