"""What is wrong with a node group by what EKS alone says of it."""

from __future__ import annotations

from collections.abc import Iterator

from .. import catalogue
from ..lookups.node_group_states import NodeGroupState
from .finding import Finding, Level

__all__ = ["about_state"]

_UNDER_WAY = ("CREATING", "UPDATING", "DELETING")
_MOST_RESOURCES = 3


def about_state(node_group: NodeGroupState) -> Iterator[Finding]:
    """Find fault with what EKS alone says of a node group: one finding for each of its health issues."""
    for issue in node_group.health_issues:
        meaning = catalogue.health_issue_meaning(issue.code, issue.message)
        about = f" (of {', '.join(issue.resource_ids[:_MOST_RESOURCES])})" if issue.resource_ids else ""
        yield Finding(
            code="node-group-unhealthy",
            level=Level.FAULT,
            problem=f"node group '{node_group.name}': {meaning.meaning if meaning else 'something is wrong with it'}: "
            f'EKS says {issue.code}, "{issue.message}"{about}',
            fix=meaning.fix if meaning else "mend what EKS says",
        )
    if node_group.status != "ACTIVE" and not node_group.health_issues:
        under_way = node_group.status in _UNDER_WAY
        yield Finding(
            code="node-group-not-active",
            level=Level.WARNING if under_way else Level.FAULT,
            problem=f"node group '{node_group.name}' is {node_group.status}",
            fix="wait: EKS is at it" if under_way else "see the node group's updates and health in EKS's console",
        )
