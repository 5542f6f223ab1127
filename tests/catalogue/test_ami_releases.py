"""Releases of AMIs that are too old for an instance type."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue.ami_releases import MissingDriver, missing_driver


@pytest.mark.parametrize(
    ("instance", "ami_type", "release", "missing"),
    [
        ("g7.8xlarge", "AL2023_x86_64_NVIDIA", "1.36.1-20260916", True),
        ("g7.8xlarge", "AL2023_x86_64_NVIDIA", "1.34-20260901", True),
        ("g7.8xlarge", "AL2023_x86_64_NVIDIA", "1.36.1-20260917", False),
        ("g7.8xlarge", "AL2023_x86_64_NVIDIA", "1.36.1-20261101", False),
        # No release of AL2023's, other AMIs, and another family, of the same letter.
        ("g7.8xlarge", "AL2023_x86_64_NVIDIA", "1.60.0-0123abcd", False),
        ("g7.8xlarge", "BOTTLEROCKET_x86_64_NVIDIA", "1.36.1-20260101", False),
        ("g7.8xlarge", "AL2023_x86_64_STANDARD", "1.36.1-20260101", False),
        ("g7e.8xlarge", "AL2023_x86_64_NVIDIA", "1.36.1-20260101", False),
    ],
)
def test_says_which_driver_a_release_lacks(instance: str, ami_type: str, release: str, missing: bool) -> None:
    found = missing_driver(catalogue.get(instance), catalogue.AMI_TYPES[ami_type], release)
    assert found == (MissingDriver("the NVIDIA driver 595", "v20260917") if missing else None)
