"""The checks of all rules, one file a topic."""

from __future__ import annotations

from ..check import Check
from .device_plugins import DEVICE_PLUGIN_CHECKS
from .jobs import JOB_CHECKS
from .manifests import MANIFEST_CHECKS
from .node_groups import NODE_GROUP_CHECKS
from .security_groups import SECURITY_GROUP_CHECKS

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (
    *SECURITY_GROUP_CHECKS,
    *NODE_GROUP_CHECKS,
    *DEVICE_PLUGIN_CHECKS,
    *MANIFEST_CHECKS,
    *JOB_CHECKS,
)
