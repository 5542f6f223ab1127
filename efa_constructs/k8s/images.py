"""Container images: pinned, so that what was tested is what runs."""

from __future__ import annotations

import re

from ..errors import InvalidArgumentError
from ..pods.image_references import MOVING_TAGS, reference_pattern
from ..rules.manifests import IMAGES_ARE_PINNED, IMAGES_ARE_REFERENCES
from .tokens import TOKEN, ends_in_token

__all__ = ["check_image", "check_tag"]

_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
# Registry and repository may be known at deployment only.
_REFERENCE = reference_pattern(TOKEN)


def check_image(argument: str, image: str) -> None:
    """Refuse an image that is not pinned by a tag or a digest.

    One that AWS CDK knows only at deployment passes as far as it is not known.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it has neither, or a tag that moves.
    """
    if ends_in_token(image):
        return
    match = _REFERENCE.fullmatch(image)
    if match is None:
        raise InvalidArgumentError(
            IMAGES_ARE_REFERENCES.refusal(f"'{argument}' is {image!r}, which is no reference to a container image")
        )
    tag = match["tag"]
    if match["digest"] is None and (tag is None or tag in MOVING_TAGS):
        wrong = "has no tag" if tag is None else f"has the tag '{tag}', which moves"
        raise InvalidArgumentError(
            IMAGES_ARE_PINNED.refusal(f"'{argument}' is {image!r}, which {wrong}", example=f"{match['name']}:1.2.3")
        )


def check_tag(argument: str, tag: str) -> None:
    """Refuse a tag that is none, or that moves.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it is none, or moves.
    """
    if ends_in_token(tag):
        return
    if _TAG.fullmatch(tag) is None:
        raise InvalidArgumentError(f"'{argument}' is {tag!r}, which is no tag of a container image, such as 1.2.3")
    if tag in MOVING_TAGS:
        raise InvalidArgumentError(IMAGES_ARE_PINNED.refusal(f"'{argument}' is '{tag}', which moves", example="1.2.3"))
