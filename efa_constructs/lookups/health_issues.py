"""What EKS says is wrong with a managed node group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_eks.type_defs import NodegroupTypeDef

__all__ = ["HealthIssue", "read_health_issues"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthIssue:
    """One thing that EKS says is wrong with a node group."""

    # Such as "AsgInstanceLaunchFailures".
    code: str
    message: str
    # Instances, Auto Scaling groups, subnets: what it is about.
    resource_ids: tuple[str, ...] = ()


def read_health_issues(node_group: NodegroupTypeDef) -> tuple[HealthIssue, ...]:
    """Return what the answer to DescribeNodegroup says of a node group's health."""
    return tuple(
        HealthIssue(
            code=issue.get("code", "Unknown"),
            message=issue.get("message", ""),
            resource_ids=tuple(issue.get("resourceIds", [])),
        )
        for issue in node_group.get("health", {}).get("issues", [])
    )
