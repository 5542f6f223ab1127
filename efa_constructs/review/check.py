"""A check: finds where a rule is broken.

Most checks are a function of their own that yields violations. Where one walk comes upon several rules' mistakes, as
among the interfaces of a launch template, it is written once, yields a :class:`Fault` for each, and :func:`checks_of`
makes the rules' checks of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from ..rules import Rule
from .blueprint import Blueprint
from .manifests import KubernetesObject
from .pod_templates import PodTemplate
from .resource import Resource

__all__ = ["Check", "Fault", "Violation", "about", "about_pods", "checks_of", "fault"]


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Fault:
    """A rule, and where it is broken: of a search for several rules at once."""

    rule: Rule
    violation: Violation

    @property
    def problem(self) -> str:
        """What is wrong: a fact."""
        return self.rule.broken(**self.violation.values)


def about(one: KubernetesObject, /, **values: object) -> Violation:
    """A rule broken by a Kubernetes object. The rule's words know it as ``{object}``."""
    return Violation(resource=one.resource, kubernetes_object=one, values={"object": one.title, **values})


def about_pods(template: PodTemplate, /, **values: object) -> Violation:
    """A rule broken by the pods of an object. The rule's words know their part in it as ``{role}``."""
    return about(template.of, role=template.role, **values)


Search = Callable[[Blueprint], Iterable[Fault]]


def fault(rule: Rule, resource: Resource, path: str = "", /, **values: object) -> Fault:
    """A rule broken at a property of a resource. The rule's words know the property as ``{where}``."""
    return Fault(
        rule=rule, violation=Violation(resource=resource, path=path, values={"where": path or resource.name} | values)
    )


def checks_of(search: Search, *rules: Rule) -> tuple[Check, ...]:
    """The checks of rules that one search finds."""
    return tuple(Check(rule=rule, violations=partial(_of_rule, search, rule)) for rule in rules)


def _of_rule(search: Search, rule: Rule, blueprint: Blueprint) -> Iterator[Violation]:
    return (found.violation for found in blueprint.once(search) if found.rule is rule)
