"""Versions are compared by their numbers."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue.release_numbers import release_numbers


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("v1.20.4-eksbuild.2", (1, 20, 4)),
        ("0.5.21", (0, 5, 21)),
        ("v1.18-eksbuild.5", (1, 18)),
        ("v0.5.21.7", (0, 5, 21)),
        ("latest", ()),
        ("", ()),
    ],
)
def test_takes_the_numbers_of_the_release_alone(version, numbers):
    assert release_numbers(version) == numbers
