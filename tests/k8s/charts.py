"""Charts for tests."""

from __future__ import annotations

import cdk8s

__all__ = ["chart"]


def chart() -> cdk8s.Chart:
    """An empty chart. That of ``cdk8s.Testing`` would leave a folder behind."""
    return cdk8s.Chart(cdk8s.App(), "test", disable_resource_name_hashes=True)
