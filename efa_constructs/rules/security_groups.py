"""Rules about the security groups of EFA interfaces."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = ["EGRESS_TO_ITSELF", "INGRESS_FROM_ITSELF", "SECURITY_GROUP_RULES"]

_EFA_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security"

EGRESS_TO_ITSELF = Rule(
    id="EFA-SG-001",
    severity=Severity.ERROR,
    title="A security group of EFA interfaces lets all traffic out to itself",
    problem="{group} lets EFA traffic in, and has no rule that lets all traffic out to itself",
    why="EFA traffic is matched by security group, never by address: a rule that lets everything out to 0.0.0.0/0 does "
    "not cover it. Without the rule, EFA carries nothing, and NCCL goes on over TCP, or hangs.",
    fix="add an egress rule of all protocols (-1) whose destination is the group itself, or use EfaSecurityGroup",
    source=_EFA_GUIDE,
)
INGRESS_FROM_ITSELF = Rule(
    id="EFA-SG-002",
    severity=Severity.ERROR,
    title="A security group of EFA interfaces lets all traffic in from itself",
    problem="{group} lets EFA traffic out, and has no rule that lets all traffic in from itself",
    why="EFA traffic is matched by security group, never by address. Without the rule, EFA carries nothing.",
    fix="add an ingress rule of all protocols (-1) whose source is the group itself, or use EfaSecurityGroup",
    source=_EFA_GUIDE,
)
SECURITY_GROUP_RULES = (EGRESS_TO_ITSELF, INGRESS_FROM_ITSELF)
