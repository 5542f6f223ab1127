"""The scheduler's rules about which nodes a pod may go to: selector, affinity, taints.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ and .../taint-and-toleration/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Taint", "tolerates", "unmet_requirement", "untolerated_taints"]

# The DaemonSet controller adds tolerations for these, and for every other taint of this kind.
_TAINTS_OF_CONDITIONS = "node.kubernetes.io/"
_KEEPS_PODS_AWAY = ("NoSchedule", "NoExecute")


def unmet_requirement(
    spec: Mapping[str, Any], node: Mapping[str, Any], *, judges: Callable[[str], bool] = lambda key: True
) -> tuple[str, str] | None:
    """The first requirement of a pod on labels that a node does not meet: its key, and the requirement in words.

    :param spec: Of the pod.
    :param judges: Whether a requirement on a label, or a field, counts. Default: all do.
    :return: None where the node meets all.
    """
    labels = node["metadata"].get("labels") or {}
    for key, value in (spec.get("nodeSelector") or {}).items():
        if judges(key) and labels.get(key) != value:
            return key, f"{key}={value}"
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = (required or {}).get("nodeSelectorTerms") or ()
    unmet = [next((each for each in _unmet(term, node) if judges(each[0])), None) for term in terms]
    # One term is enough.
    return unmet[0] if unmet and all(unmet) else None


class Taint(NamedTuple):
    """A taint of a node."""

    key: str
    value: str
    effect: str

    @classmethod
    def of(cls, taint: Mapping[str, Any]) -> Taint:
        """A taint as a node has it."""
        return cls(taint["key"], taint.get("value") or "", taint["effect"])

    @property
    def is_of_node(self) -> bool:
        """Whether Kubernetes sets it, and takes it away once the node is as it should be."""
        return self.key.startswith(_TAINTS_OF_CONDITIONS)

    def __str__(self) -> str:
        value = f"={self.value}" if self.value else ""
        return f"{self.key}{value}:{self.effect}"


def untolerated_taints(spec: Mapping[str, Any], node: Mapping[str, Any], *, daemon: bool = False) -> list[Taint]:
    """The taints of a node that keep a pod away.

    :param spec: Of the pod.
    :param daemon: Whether a DaemonSet makes it.
    """
    return [
        Taint.of(taint)
        for taint in node["spec"].get("taints") or ()
        if taint["effect"] in _KEEPS_PODS_AWAY
        and not (daemon and taint["key"].startswith(_TAINTS_OF_CONDITIONS))
        and not any(tolerates(toleration, taint) for toleration in spec.get("tolerations") or ())
    ]


def tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    """Whether a toleration is for a taint."""
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")


def _unmet(term: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    labels = node["metadata"].get("labels") or {}
    for expression in term.get("matchExpressions") or ():
        if not _matches(expression, labels):
            yield expression["key"], _in_words(expression)
    for expression in term.get("matchFields") or ():
        if not _matches(expression, {"metadata.name": node["metadata"]["name"]}):
            yield expression["key"], _in_words(expression)


def _matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return _is_number(value) and int(str(value)) > int(values[0])
        case _:
            return _is_number(value) and int(str(value)) < int(values[0])


def _is_number(value: str | None) -> bool:
    return value is not None and value.lstrip("-").isdecimal()


def _in_words(expression: Mapping[str, Any]) -> str:
    values = expression.get("values")
    return f"{expression['key']} {expression['operator']}" + (f" ({', '.join(values)})" if values else "")
