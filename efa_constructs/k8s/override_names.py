"""Names in overrides of a pod template: what the API server would refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pods.names import misnamed
from .names import refuse
from .node_selection import check_tolerations, tolerations_of

__all__ = ["check_names_of"]


def check_names_of(argument: str, overrides: Mapping[str, Any]) -> None:
    """Refuse names, labels, ports and tolerations that the API server would refuse.

    :param argument: Where the overrides were given, for messages.
    :param overrides: Right in their kinds.
    :raises InvalidArgumentError: naming the field.
    """
    for field, wrong in misnamed(overrides):
        refuse(f"{argument}.{field}", wrong)
    check_tolerations(tolerations_of(overrides.get("spec", {})), f"{argument}.spec.tolerations")
