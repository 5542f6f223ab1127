"""What EKS refuses about the Kubernetes labels and taints of a node group."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..eks_refusals import invalid_parameter

__all__ = ["check", "check_labels", "check_taints"]

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
# "Limit of 50 taints on one node group": "Place taints on nodes in a managed node group", EKS User Guide.
_MOST_TAINTS = 50
# Kubelets may not set other labels of these domains on their own node: the NodeRestriction admission plugin.
_RESTRICTED = re.compile(r"(.*\.)?(kubernetes\.io|k8s\.io)")
_ALLOWED = re.compile(r"(.*\.)?(kubelet|node)\.kubernetes\.io")
_ALLOWED_KEYS = {
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "node.kubernetes.io/instance-type",
}


def check(request: Mapping[str, Any]) -> None:
    """Refuse the labels and taints of CreateNodegroup that EKS refuses."""
    check_labels(request.get("labels") or {})
    check_taints(request.get("taints") or [])


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that Kubernetes has no place for, or that a kubelet may not set."""
    for key, value in labels.items():
        prefix = _check_key(key, "Label")
        if value and not _NAME.fullmatch(value):
            raise invalid_parameter(f"Label value {value} is not a valid Kubernetes label value")
        if prefix.endswith("eks.amazonaws.com"):
            raise invalid_parameter(f"Label cannot contain reserved prefix eks.amazonaws.com: {key}")
        if _RESTRICTED.fullmatch(prefix) and not _ALLOWED.fullmatch(prefix) and key not in _ALLOWED_KEYS:
            raise invalid_parameter(f"Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/]: {key}")


def check_taints(taints: list[Mapping[str, str]]) -> None:
    """Refuse taints that Kubernetes has no place for, and too many of them."""
    if len(taints) > _MOST_TAINTS:
        raise invalid_parameter(f"Taints per nodegroup cannot exceed {_MOST_TAINTS}")
    seen = set()
    for taint in taints:
        key, value = taint.get("key", ""), taint.get("value") or ""
        if "effect" not in taint:
            raise invalid_parameter(f"Taint effect is missing for key {key}")
        _check_key(key, "Taint")
        if value and not _NAME.fullmatch(value):
            raise invalid_parameter(f"Taint value {value} is not a valid Kubernetes taint value")
        if (key, taint["effect"]) in seen:
            raise invalid_parameter(f"Taint with key {key} and effect {taint['effect']} is specified more than once")
        seen.add((key, taint["effect"]))


def _check_key(key: str, what: str) -> str:
    prefix, _, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or ("/" in key and not _PREFIX.fullmatch(prefix)):
        raise invalid_parameter(f"{what} key {key} is not a valid Kubernetes {what.lower()} key")
    return prefix
