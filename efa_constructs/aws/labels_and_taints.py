"""Refuses labels and taints of a node group that EKS, or the API server when a node joins, would refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aws_cdk import Token
from aws_cdk import aws_eks_v2 as eks

from ..catalogue import node_label_rules as rules
from ..errors import InvalidArgumentError
from ..rules.node_groups import (
    ILL_FORMED_LABEL_VALUE,
    ILL_FORMED_NODE_KEY,
    RESERVED_LABEL,
    SAME_TAINT,
    TAINT_INCOMPLETE,
    TOO_MANY_TAINTS,
)

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
            raise InvalidArgumentError(RESERVED_LABEL.refusal(where="'labels'", key=key, domain=reserved))
        _check_value("labels", key, value, rules.is_label_value)


def check_taints(taints: Sequence[eks.TaintSpec]) -> None:
    """Refuse taints that EKS would refuse.

    :raises InvalidArgumentError: naming the taint and what is allowed.
    """
    if len(taints) > rules.MAXIMUM_TAINTS:
        raise InvalidArgumentError(
            TOO_MANY_TAINTS.refusal(where="'taints'", count=len(taints), maximum=rules.MAXIMUM_TAINTS)
        )
    seen = set()
    for taint in taints:
        if taint.key is None or taint.effect is None:
            raise InvalidArgumentError(TAINT_INCOMPLETE.refusal(where="'taints'", key=taint.key))
        _check_key("taints", taint.key)
        _check_value("taints", taint.key, taint.value or "", rules.is_taint_value)
        if (taint.key, taint.effect) in seen:
            raise InvalidArgumentError(SAME_TAINT.refusal(where="'taints'", key=taint.key))
        seen.add((taint.key, taint.effect))


def _check_key(argument: str, key: str) -> None:
    if not Token.is_unresolved(key) and not rules.is_key(key):
        raise InvalidArgumentError(ILL_FORMED_NODE_KEY.refusal(where=f"'{argument}'", key=key))


def _check_value(argument: str, key: str, value: str, accepts: Callable[[str], bool]) -> None:
    if not Token.is_unresolved(value) and not accepts(value):
        raise InvalidArgumentError(ILL_FORMED_LABEL_VALUE.refusal(where=f"'{argument}'", key=key, value=value))
