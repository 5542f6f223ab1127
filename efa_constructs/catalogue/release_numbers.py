"""Compares versions of what runs in a cluster, as the tags of images and add-ons name them."""

from __future__ import annotations

import re

__all__ = ["release_numbers"]


def release_numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a release: ``(1, 20, 4)`` of ``"v1.20.4-eksbuild.2"``. Empty: it is no version."""
    # Of "v1.18-eksbuild.5", the build is no third number.
    release = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(number) for number in release[1].split(".")[:3]) if release else ()
