"""What is wrong with a node group by what EKS alone says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import catalogue
from ..lookups.health_issues import HealthIssue
from .finding import Finding, Level

__all__ = ["about_health"]

_UNDER_WAY = ("CREATING", "UPDATING", "DELETING")
_MOST_RESOURCES = 3


def about_health(status: str, issues: Iterable[HealthIssue]) -> Iterator[Finding]:
    """Find fault with what EKS says of a node group: one finding for each of its health issues.

    :param status: EKS's word, such as ``ACTIVE``. It is found fault with where no issue says why it is another.
    """
    healthy = True
    for issue in issues:
        healthy = False
        meaning = catalogue.health_issue_meaning(issue.code, issue.message)
        about = f" (of {', '.join(issue.resource_ids[:_MOST_RESOURCES])})" if issue.resource_ids else ""
        yield Finding(
            code="node-group-unhealthy",
            level=Level.FAULT,
            problem=f"{meaning.meaning if meaning else 'something is wrong with it'}: EKS says {issue.code}, "
            f'"{issue.message}"{about}',
            fix=meaning.fix if meaning else "mend what EKS says",
        )
    if healthy and status != "ACTIVE":
        under_way = status in _UNDER_WAY
        yield Finding(
            code="node-group-not-active",
            level=Level.WARNING if under_way else Level.FAULT,
            problem=f"its status is {status}",
            fix="wait: EKS is at it" if under_way else "see the node group's updates and health in EKS's console",
        )
