"""What the pods of a job ask of a node, as the scheduler counts it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

__all__ = ["Amounts", "is_never_overcommitted", "number", "requests_of", "shown"]

# By resource: CPUs, bytes, or a count.
Amounts = Mapping[str, Decimal]

_MIB = 2**20
# Kubernetes documentation, "Quantity" of the API reference
_QUANTITY = re.compile(r"(?P<number>[+-]?[0-9.]+([eE][+-]?[0-9]+)?)(?P<suffix>[KMGTPE]i|[numkMGTPE]|)")
_SUFFIXES = {
    **{
        prefix: Decimal(1000) ** power
        for prefix, power in zip("numkMGTPE", (-3, -2, -1, 1, 2, 3, 4, 5, 6), strict=True)
    },
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", 1)},
    "": Decimal(1),
}


def requests_of(pods: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What pods on one node request together, all containers of each.

    :param pods: Their specifications.
    """
    return _sum(*map(_requests_of_pod, pods))


def is_never_overcommitted(resource: str) -> bool:
    """Whether a request must be the limit: of huge pages, and of what a device plugin counts (``vendor/resource``)."""
    return resource.startswith("hugepages-") or "/" in resource


def number(quantity: str | int | float) -> Decimal:
    """A quantity of Kubernetes as a number."""
    match = _QUANTITY.fullmatch(str(quantity))
    assert match is not None, quantity
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]]


def shown(resource: str, amount: Decimal) -> str:
    """An amount of a resource, for people."""
    in_bytes = resource == "memory" or resource.startswith("hugepages-")
    # Without zeros at the end, and without an exponent.
    return f"{(amount / _MIB).normalize():f} MiB" if in_bytes else f"{amount.normalize():f}"


def _requests_of_pod(pod: Mapping[str, Any]) -> dict[str, Decimal]:
    """Kubernetes documentation, "Sidecar Containers" and "Pod-level resources"."""
    beside: dict[str, Decimal] = {}
    most: dict[str, Decimal] = {}
    for container in pod.get("initContainers", []):
        at_this_time = _sum(beside, _requests(container))
        most = _most(most, at_this_time)
        if container.get("restartPolicy") == "Always":
            beside = at_this_time
    together = _sum(beside, *map(_requests, pod["containers"]))
    of_the_pod = pod.get("resources", {})
    return {
        **_numbers(of_the_pod.get("limits", {})),
        **_most(most, together),
        **_numbers(of_the_pod.get("requests", {})),
    }


def _requests(container: Mapping[str, Any]) -> dict[str, Decimal]:
    """What a container requests; where it says nothing, Kubernetes takes the limit."""
    resources = container.get("resources", {})
    return _numbers({**resources.get("limits", {}), **resources.get("requests", {})})


def _numbers(quantities: Mapping[str, str | int]) -> dict[str, Decimal]:
    return {name: number(quantity) for name, quantity in quantities.items()}


def _most(one: Amounts, other: Amounts) -> dict[str, Decimal]:
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in {**one, **other}}


def _sum(*amounts: Amounts) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for one in amounts:
        for name, amount in one.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total
