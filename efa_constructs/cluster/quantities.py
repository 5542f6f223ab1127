"""Amounts of resources: what a pod asks for, and how people write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

__all__ = ["Amounts", "amounts", "pod_requests", "total", "written"]

Amounts = Mapping[str, Decimal]

_QUANTITY = re.compile(r"(?P<number>[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(?P<suffix>[KMGTPE]i|[numkMGTPE]|)")
_SUFFIXES = {
    **{
        prefix: Decimal(1000) ** power
        for prefix, power in zip("numkMGTPE", (-3, -2, -1, 1, 2, 3, 4, 5, 6), strict=True)
    },
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", 1)},
    "": Decimal(1),
}
_MIB = Decimal(1024) ** 2


def amounts(quantities: Mapping[str, Any] | None) -> dict[str, Decimal]:
    """Read quantities as the API server gives them: ``{"cpu": "95690m"}``."""
    return {name: _number(str(quantity)) for name, quantity in (quantities or {}).items()}


def pod_requests(spec: Mapping[str, Any]) -> dict[str, Decimal]:
    """What the scheduler counts for a pod: its containers together, or an init container that asks for more."""
    inits = spec.get("initContainers") or ()
    sidecars = [container for container in inits if container.get("restartPolicy") == "Always"]
    needed = total(_requests(container) for container in (*spec["containers"], *sidecars))
    for container in inits:
        if container not in sidecars:
            for name, amount in _requests(container).items():
                needed[name] = max(needed.get(name, Decimal(0)), amount)
    return total((needed, amounts(spec.get("overhead"))))


def total(parts: Iterable[Amounts]) -> dict[str, Decimal]:
    """The sum by resource."""
    together: dict[str, Decimal] = {}
    for part in parts:
        for name, amount in part.items():
            together[name] = together.get(name, Decimal(0)) + amount
    return together


def written(resource: str, amount: Decimal) -> str:
    """An amount for people: ``21122Mi``, ``95690m``, ``4``."""
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        return f"{amount / _MIB:.0f}Mi"
    if resource == "cpu" and amount != int(amount):
        return f"{amount * 1000:.0f}m"
    return f"{amount.normalize():f}"


def _requests(container: Mapping[str, Any]) -> dict[str, Decimal]:
    # Where a container says nothing, Kubernetes takes the limit.
    resources = container.get("resources") or {}
    return {**amounts(resources.get("limits")), **amounts(resources.get("requests"))}


def _number(quantity: str) -> Decimal:
    match = _QUANTITY.fullmatch(quantity)
    # The API server takes nothing else.
    assert match is not None, quantity
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]]
