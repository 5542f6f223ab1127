"""What EKS and the kubelet accept as labels and taints of a managed node group."""

from __future__ import annotations

import re

__all__ = [
    "MAXIMUM_LENGTH",
    "MAXIMUM_TAINTS",
    "TAINT_EFFECTS",
    "is_key",
    "is_label_value",
    "is_taint_value",
    "reserved_domain",
]

# Characters of a whole key (with its domain) and of a value. Kubernetes alone would take 253 more for the domain.
# Amazon EKS API Reference, "Nodegroup" (labels) and "Taint" (key, value): labelKey, labelValue, taintKey, taintValue
MAXIMUM_LENGTH = 63
# EKS User Guide, "Place taints on nodes in a managed node group"
MAXIMUM_TAINTS = 50
# What Kubernetes calls the effects of taints, by what EKS calls them: Amazon EKS API Reference, "Taint"
TAINT_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}

# Kubernetes documentation, "Labels and Selectors", "Syntax and character set": [DNS subdomain/]name
_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_KEY = re.compile(rf"({_DNS_LABEL}(\.{_DNS_LABEL})*/)?{_NAME}")
_VALUE = re.compile(_NAME)

# EKS keeps the first for itself. Of the others, a kubelet may not set labels on its own node, but for those below.
# Kubernetes documentation, "Admission Control in Kubernetes", NodeRestriction
_RESERVED_DOMAINS = ("eks.amazonaws.com", "kubernetes.io", "k8s.io")
_DOMAINS_OF_THE_KUBELET = ("kubelet.kubernetes.io", "node.kubernetes.io")
_KEYS_OF_THE_KUBELET = frozenset(
    {
        "beta.kubernetes.io/instance-type",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    }
)


def is_key(text: str) -> bool:
    """Whether it may be the key of a label or a taint: ``[domain/]name``."""
    return len(text) <= MAXIMUM_LENGTH and _KEY.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """Whether it may be the value of a label. Unlike Kubernetes, EKS takes no empty one."""
    return len(text) <= MAXIMUM_LENGTH and _VALUE.fullmatch(text) is not None


def is_taint_value(text: str) -> bool:
    """Whether it may be the value of a taint, which may be empty."""
    return text == "" or is_label_value(text)


def reserved_domain(key: str) -> str | None:
    """Return the domain for whose sake a label with this key is refused, such as ``"k8s.io"``. None: it is not."""
    domain = key.rpartition("/")[0]
    if key in _KEYS_OF_THE_KUBELET or any(_lies_in(domain, allowed) for allowed in _DOMAINS_OF_THE_KUBELET):
        return None
    return next((reserved for reserved in _RESERVED_DOMAINS if _lies_in(domain, reserved)), None)


def _lies_in(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")
