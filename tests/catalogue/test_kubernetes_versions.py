"""Versions of Kubernetes on EKS, and how far apart they are."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue.kubernetes_versions import EKS_VERSIONS, minor_number


@pytest.mark.parametrize(("version", "number"), [("1.36", 36), ("1.9", 9), ("1", 0), ("1.x", 0), ("", 0)])
def test_tells_minor_versions_apart_by_their_numbers(version, number):
    assert minor_number(version) == number


def test_lists_every_version_once_the_newest_first():
    numbers = [minor_number(version) for version in EKS_VERSIONS]
    assert numbers == sorted(set(numbers), reverse=True)
