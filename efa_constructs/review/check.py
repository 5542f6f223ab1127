"""A check: finds where a rule is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ..rules import Rule
from .blueprint import Blueprint
from .manifests import KubernetesObject
from .templates import Resource

__all__ = ["Check", "Violation"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Violation:
    """One place where a rule is broken."""

    resource: Resource
    # Of the property, in the resource's: "LaunchTemplateData.NetworkInterfaces.1.InterfaceType". Default: the whole.
    path: str = ""
    # The Kubernetes object within the resource. Default: it is not about one.
    kubernetes_object: KubernetesObject | None = None
    # What the rule's words have in braces.
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Check:
    """How a rule is checked."""

    rule: Rule
    violations: Callable[[Blueprint], Iterator[Violation]]
