"""What EKS refuses about the Kubernetes labels and taints of a node group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....catalogue import node_label_rules as rules
from ..eks_refusals import invalid_parameter

__all__ = ["check", "check_labels", "check_taints"]


def check(request: Mapping[str, Any]) -> None:
    """Refuse the labels and taints of CreateNodegroup that EKS refuses."""
    check_labels(request.get("labels") or {})
    check_taints(request.get("taints") or [])


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that Kubernetes has no place for, or that a kubelet may not set."""
    for key, value in labels.items():
        _check_key(key, "Label")
        if not rules.is_label_value(value):
            raise invalid_parameter(f"Label value {value} is not a valid Kubernetes label value")
        if rules.reserved_domain(key) is not None:
            # In these words: https://github.com/eksctl-io/eksctl/issues/4007
            raise invalid_parameter(
                f"Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]: {key}"
            )


def check_taints(taints: list[Mapping[str, str]]) -> None:
    """Refuse taints that Kubernetes has no place for, and too many of them."""
    if len(taints) > rules.MAXIMUM_TAINTS:
        raise invalid_parameter(f"Taints per nodegroup cannot exceed {rules.MAXIMUM_TAINTS}")
    seen = set()
    for taint in taints:
        key, value = taint.get("key", ""), taint.get("value") or ""
        if "effect" not in taint:
            raise invalid_parameter(f"Taint effect is missing for key {key}")
        _check_key(key, "Taint")
        if not rules.is_taint_value(value):
            raise invalid_parameter(f"Taint value {value} is not a valid Kubernetes taint value")
        if (key, taint["effect"]) in seen:
            raise invalid_parameter(f"Taint with key {key} and effect {taint['effect']} is specified more than once")
        seen.add((key, taint["effect"]))


def _check_key(key: str, what: str) -> None:
    if not rules.is_key(key):
        raise invalid_parameter(f"{what} key {key} is not a valid Kubernetes {what.lower()} key")
