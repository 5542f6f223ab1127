"""Refuses labels and taints of a node group that EKS, or the API server when a node joins, would refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aws_cdk import Token
from aws_cdk import aws_eks_v2 as eks

from ..catalogue import node_label_rules as rules
from ..errors import InvalidArgumentError

__all__ = ["check_labels", "check_taints"]


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that EKS, or the API server when the node joins, would refuse.

    :raises InvalidArgumentError: naming the label and what is allowed.
    """
    for key, value in labels.items():
        _check_key("labels", key)
        if Token.is_unresolved(key):
            continue
        reserved = rules.reserved_domain(key)
        if reserved is not None:
            raise InvalidArgumentError(
                f"'labels' has the key '{key}', but {reserved} is reserved for EKS and Kubernetes: use one of yours"
            )
        if value == "":
            raise InvalidArgumentError(f"'labels' has no value for '{key}', and EKS accepts no empty one: use 'true'")
        _check_value("labels", key, value, rules.is_label_value)


def check_taints(taints: Sequence[eks.TaintSpec]) -> None:
    """Refuse taints that EKS would refuse.

    :raises InvalidArgumentError: naming the taint and what is allowed.
    """
    if len(taints) > rules.MAXIMUM_TAINTS:
        raise InvalidArgumentError(
            f"'taints' has {len(taints)} entries, but EKS accepts at most {rules.MAXIMUM_TAINTS}"
        )
    seen = set()
    for taint in taints:
        if taint.key is None or taint.effect is None:
            raise InvalidArgumentError(f"'taints' has an entry without key or effect ({taint.key!r}): give both")
        _check_key("taints", taint.key)
        _check_value("taints", taint.key, taint.value or "", rules.is_taint_value)
        if (taint.key, taint.effect) in seen:
            raise InvalidArgumentError(f"'taints' has '{taint.key}' twice with the same effect: keep one of them")
        seen.add((taint.key, taint.effect))


def _check_key(argument: str, key: str) -> None:
    if not Token.is_unresolved(key) and not rules.is_key(key):
        raise InvalidArgumentError(
            f"'{argument}' has the key '{key}': a key is [domain/]name of at most {rules.MAXIMUM_LENGTH} letters, "
            "digits, '-', '_' and '.', beginning and ending with a letter or digit"
        )


def _check_value(argument: str, key: str, value: str, accepts: Callable[[str], bool]) -> None:
    if not Token.is_unresolved(value) and not accepts(value):
        raise InvalidArgumentError(
            f"'{argument}' has the value '{value}' for '{key}': a value is at most {rules.MAXIMUM_LENGTH} "
            "letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
        )
