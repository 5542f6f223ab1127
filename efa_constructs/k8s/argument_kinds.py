"""Of what kind each argument of the constructs is."""

from __future__ import annotations

from collections.abc import Mapping

from ..argument_kinds import Kind, instance_of

__all__ = ["KINDS"]

_TEXT = instance_of(str)

KINDS: Mapping[str, Kind] = {
    "image": Kind(_TEXT, "a container image with a tag or digest"),
    "namespace": Kind(_TEXT, "the name of a namespace"),
}
