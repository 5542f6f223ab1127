"""Which versions of the Amazon VPC CNI plugin can live with EFA interfaces."""

from __future__ import annotations

import re

__all__ = ["MINIMUM_WITH_EFA_ONLY", "supports_efa_only"]

# Older ones take an interface without an address for one of theirs.
# https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html, "Considerations"
MINIMUM_WITH_EFA_ONLY = "1.18.5"


def supports_efa_only(version: str) -> bool:
    """Whether a version, such as ``"v1.20.4-eksbuild.2"``, leaves ``efa-only`` interfaces alone."""
    return _numbers(version) >= _numbers(MINIMUM_WITH_EFA_ONLY)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
