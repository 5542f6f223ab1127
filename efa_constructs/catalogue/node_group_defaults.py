"""What EKS takes where a managed node group does not say."""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT_INSTANCE_TYPE"]

# Amazon EKS API Reference, "CreateNodegroup", instanceTypes
DEFAULT_INSTANCE_TYPE: Final = "t3.medium"
"""Where neither the group nor its launch template names one."""
