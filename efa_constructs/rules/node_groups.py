"""Rules about managed node groups of EKS."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = ["NODE_GROUP_RULES", "SIZES_IN_ORDER"]

SIZES_IN_ORDER = Rule(
    id="EFA-NG-001",
    severity=Severity.ERROR,
    title="The desired size of a node group lies between its minimum and its maximum",
    problem="the sizes are {minimum} at least, {desired} desired and {maximum} at most",
    why="EKS refuses the node group.",
    fix="choose sizes in this order: minimum, desired, maximum",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html",
)
NODE_GROUP_RULES = (SIZES_IN_ORDER,)
