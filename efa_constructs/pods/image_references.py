"""What the name of a container image says: where it comes from, and what keeps it the same.

Source: https://github.com/distribution/reference.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["MOVING_TAGS", "ImageReference", "image_reference", "is_image_reference", "reference_pattern"]

MOVING_TAGS = frozenset({"latest", "main", "master"})
"""Tags that mean another image every week."""
_DEFAULT_REGISTRY = "docker.io"
# No text matches it.
_NOTHING = r"(?!)"


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


def reference_pattern(unknown: str = _NOTHING) -> re.Pattern[str]:
    """What an image's reference looks like, with the groups "name", "tag" and "digest".

    :param unknown: A pattern of what stands in registry and repository for what only the deployment knows. Default:
        nothing does.
    """
    registry = rf"(([A-Za-z0-9.-]|{unknown})+|\[[0-9A-Fa-f:]+\])(:\d+)?/"
    part = rf"([a-z0-9]|{unknown})+((\.|_|__|-+)([a-z0-9]|{unknown})+)*"
    return re.compile(
        rf"(?P<name>({registry})?{part}(/{part})*)(:(?P<tag>\w[\w.-]{{0,127}}))?"
        r"(@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?",
        re.ASCII,
    )


_REFERENCE = reference_pattern()


def is_image_reference(image: str) -> bool:
    """Whether a text refers to an image, as far as its characters go."""
    return _REFERENCE.fullmatch(image) is not None
