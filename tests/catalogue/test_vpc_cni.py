"""Old versions of the VPC CNI cannot live with EFA-only interfaces."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue import supports_efa_only


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("v1.18.5-eksbuild.1", True),
        ("v1.20.4-eksbuild.2", True),
        ("v1.18.4-eksbuild.9", False),
        ("v1.9.20-eksbuild.1", False),
        ("2.0.0", True),
    ],
)
def test_compares_versions_by_number(version, supported):
    assert supports_efa_only(version) is supported
