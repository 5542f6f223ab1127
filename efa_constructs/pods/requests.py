"""Amounts of resources: what pods request, as the scheduler counts it, and how people write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

__all__ = ["Amounts", "amounts", "is_never_overcommitted", "number", "pod_requests", "total", "written"]

# By resource: CPUs, bytes, or a count.
Amounts = Mapping[str, Decimal]

# Kubernetes documentation, "Quantity" of the API reference
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
    """Read quantities as the API server has them: ``{"cpu": "95690m"}``."""
    return {name: number(quantity) for name, quantity in (quantities or {}).items()}


def number(quantity: str | int | float) -> Decimal:
    """A quantity of Kubernetes as a number: of CPUs, of bytes, or a count."""
    match = _QUANTITY.fullmatch(str(quantity))
    # The API server takes nothing else.
    assert match is not None, quantity
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]]


def pod_requests(spec: Mapping[str, Any]) -> dict[str, Decimal]:
    """What a pod requests: its containers together, or an init container with what runs beside it.

    Source: Kubernetes documentation, "Sidecar Containers", "Pod-level resources" and "Pod Overhead".
    """
    beside: dict[str, Decimal] = {}
    most: dict[str, Decimal] = {}
    for container in spec.get("initContainers") or ():
        at_this_time = total((beside, _requests(container)))
        most = _most(most, at_this_time)
        if container.get("restartPolicy") == "Always":
            beside = at_this_time
    together = total((beside, *map(_requests, spec["containers"])))
    of_the_pod = spec.get("resources") or {}
    needed = {
        **amounts(of_the_pod.get("limits")),
        **_most(most, together),
        **amounts(of_the_pod.get("requests")),
    }
    return total((needed, amounts(spec.get("overhead"))))


def is_never_overcommitted(resource: str) -> bool:
    """Whether a request must be the limit: of huge pages, and of what a device plugin counts (``vendor/resource``)."""
    return resource.startswith("hugepages-") or "/" in resource


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


def _most(one: Amounts, other: Amounts) -> dict[str, Decimal]:
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in {**one, **other}}
