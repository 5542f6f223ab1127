"""What is known to go wrong with EFA on EKS, in words: each mistake is one rule, with a stable id.

Constructs refuse by these words, :mod:`efa_constructs.review` finds the mistakes in templates, and the documentation
lists them.
"""

from __future__ import annotations

from .clusters import CLUSTER_RULES
from .device_plugins import DEVICE_PLUGIN_RULES
from .iam import IAM_RULES
from .interfaces import INTERFACE_RULES
from .jobs import JOB_RULES
from .launch_templates import LAUNCH_TEMPLATE_RULES
from .manifests import MANIFEST_RULES
from .networks import NETWORK_RULES
from .node_groups import NODE_GROUP_RULES
from .rule import Rule, Severity, with_rule
from .security_groups import SECURITY_GROUP_RULES
from .templates import TEMPLATE_RULES

__all__ = ["PLUGIN_NAME", "RULES", "Rule", "Severity", "with_rule"]

RULES: tuple[Rule, ...] = (
    *SECURITY_GROUP_RULES,
    *INTERFACE_RULES,
    *LAUNCH_TEMPLATE_RULES,
    *NODE_GROUP_RULES,
    *CLUSTER_RULES,
    *IAM_RULES,
    *NETWORK_RULES,
    *TEMPLATE_RULES,
    *DEVICE_PLUGIN_RULES,
    *MANIFEST_RULES,
    *JOB_RULES,
)
"""All rules, by topic."""

PLUGIN_NAME = "efa-constructs"
"""By which CDK knows the rules: people acknowledge ``efa-constructs::EFA-SG-001``."""
