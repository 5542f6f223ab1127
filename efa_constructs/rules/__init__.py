"""What is known to go wrong with EFA on EKS, in words: each mistake is one rule, with a stable id.

Constructs refuse by these words, :mod:`efa_constructs.review` finds the mistakes in templates, and the documentation
lists them.
"""

from __future__ import annotations

from .device_plugins import DEVICE_PLUGIN_RULES
from .jobs import JOB_RULES
from .manifests import MANIFEST_RULES
from .node_groups import NODE_GROUP_RULES
from .rule import Rule, Severity
from .security_groups import SECURITY_GROUP_RULES

__all__ = ["RULES", "Rule", "Severity"]

RULES: tuple[Rule, ...] = (
    *SECURITY_GROUP_RULES,
    *NODE_GROUP_RULES,
    *DEVICE_PLUGIN_RULES,
    *MANIFEST_RULES,
    *JOB_RULES,
)
"""All rules, by topic."""
