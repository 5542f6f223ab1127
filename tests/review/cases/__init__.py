"""Templates that break each rule, and like ones that do not."""

from __future__ import annotations

from .case import Case
from .clusters import CLUSTER_CASES
from .iam import IAM_CASES
from .interfaces import INTERFACE_CASES
from .launch_templates import LAUNCH_TEMPLATE_CASES
from .networks import NETWORK_CASES
from .node_groups import NODE_GROUP_CASES
from .security_groups import SECURITY_GROUP_CASES
from .templates import TEMPLATE_CASES

__all__ = ["CASES", "Case"]

CASES = (
    *SECURITY_GROUP_CASES,
    *INTERFACE_CASES,
    *LAUNCH_TEMPLATE_CASES,
    *NODE_GROUP_CASES,
    *CLUSTER_CASES,
    *IAM_CASES,
    *NETWORK_CASES,
    *TEMPLATE_CASES,
)
