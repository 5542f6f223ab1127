"""Two versions of an app, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..templates import Templates
from .changes import Change, aligned, changes_between
from .exports import ExportInUse, exports_in_use

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a deployment of the later version does where the earlier one is deployed."""

    # Stacks are called as in the later version.
    earlier: Templates
    changes: Sequence[Change]
    # Those that it would change or take away.
    exports_in_use: Sequence[ExportInUse]

    @property
    def refused_changes(self) -> Sequence[Change]:
        """Those that CloudFormation, or the service, surely refuses."""
        return [change for change in self.changes if change.refusal is not None]

    @property
    def is_refused(self) -> bool:
        """Whether the deployment surely is."""
        return bool(self.refused_changes) or any(export.is_sure for export in self.exports_in_use)


def compare(before: Templates, after: Templates) -> Comparison:
    """Find what changes, and what CloudFormation would refuse to change."""
    earlier = aligned(before, after)
    changes = changes_between(earlier, after)
    return Comparison(earlier=earlier, changes=changes, exports_in_use=exports_in_use(earlier, after, changes))
