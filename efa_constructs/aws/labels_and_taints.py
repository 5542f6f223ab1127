"""What EKS and the kubelet accept as labels and taints of a managed node group."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aws_cdk import Token
from aws_cdk import aws_eks_v2 as eks

from ..errors import InvalidArgumentError

__all__ = ["check_labels", "check_taints"]

# Amazon EKS API Reference, "Nodegroup" (labels) and "Taint".
_KEY_LENGTH = 63
_LABEL_VALUE_LENGTH = 63
_TAINT_VALUE_LENGTH = 63
_TAINTS = 50

# Kubernetes documentation, "Labels and Selectors": an optional DNS subdomain, a slash, and a name.
_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?{_NAME}")
_VALUE = re.compile(rf"({_NAME})?")

# Set by EKS itself, or refused by the kubelet's NodeRestriction admission.
_RESERVED_PREFIXES = ("eks.amazonaws.com/", "kubernetes.io/", "k8s.io/")
_ALLOWED_PREFIXES = ("kubelet.kubernetes.io/", "node.kubernetes.io/")


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that EKS, or the API server when the node joins, would refuse.

    :raises InvalidArgumentError: naming the label and what is allowed.
    """
    for key, value in labels.items():
        _check_key("labels", key)
        if Token.is_unresolved(key):
            continue
        domain = key.partition("/")[0] + "/"
        if _is_reserved(domain):
            raise InvalidArgumentError(
                f"'labels' has the key '{key}', but '{domain}' is reserved for EKS and Kubernetes: use one of yours"
            )
        if value == "":
            raise InvalidArgumentError(f"'labels' has no value for '{key}', and EKS accepts no empty one: use 'true'")
        _check_value("labels", key, value, _LABEL_VALUE_LENGTH)


def check_taints(taints: Sequence[eks.TaintSpec]) -> None:
    """Refuse taints that EKS would refuse.

    :raises InvalidArgumentError: naming the taint and what is allowed.
    """
    if len(taints) > _TAINTS:
        raise InvalidArgumentError(f"'taints' has {len(taints)} entries, but EKS accepts at most {_TAINTS}")
    seen = set()
    for taint in taints:
        if taint.key is None or taint.effect is None:
            raise InvalidArgumentError(f"'taints' has an entry without key or effect ({taint.key!r}): give both")
        _check_key("taints", taint.key)
        _check_value("taints", taint.key, taint.value or "", _TAINT_VALUE_LENGTH)
        if (taint.key, taint.effect) in seen:
            raise InvalidArgumentError(f"'taints' has '{taint.key}' twice with the same effect: keep one of them")
        seen.add((taint.key, taint.effect))


def _is_reserved(domain: str) -> bool:
    reserved = any(domain == prefix or domain.endswith(f".{prefix}") for prefix in _RESERVED_PREFIXES)
    return reserved and not any(domain == prefix or domain.endswith(f".{prefix}") for prefix in _ALLOWED_PREFIXES)


def _check_key(argument: str, key: str) -> None:
    if Token.is_unresolved(key):
        return
    if len(key) > _KEY_LENGTH or not _KEY.fullmatch(key):
        raise InvalidArgumentError(
            f"'{argument}' has the key '{key}': a key is [domain/]name of at most {_KEY_LENGTH} letters, digits, "
            "'-', '_' and '.', beginning and ending with a letter or digit"
        )


def _check_value(argument: str, key: str, value: str, length: int) -> None:
    if Token.is_unresolved(value):
        return
    if len(value) > length or not _VALUE.fullmatch(value):
        raise InvalidArgumentError(
            f"'{argument}' has the value '{value}' for '{key}': a value is at most {length} letters, digits, '-', '_' "
            "and '.', beginning and ending with a letter or digit"
        )
