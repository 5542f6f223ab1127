"""What CloudFormation makes before a resource."""

from __future__ import annotations

from collections.abc import Iterator

from .resource import Resource
from .templates import Templates
from .values import references_in

__all__ = ["needs_of"]


def needs_of(templates: Templates, resource: Resource) -> set[Resource]:
    """All that CloudFormation makes before a resource, and what is in other stacks that it refers to."""
    found: set[Resource] = set()
    waiting = [resource]
    while waiting:
        each = waiting.pop()
        for next_one in _needed_directly(templates, each):
            if next_one not in found:
                found.add(next_one)
                waiting.append(next_one)
    return found


def _needed_directly(templates: Templates, resource: Resource) -> Iterator[Resource]:
    for reference in references_in(resource.properties):
        found = templates.at(reference)
        if found is not None:
            yield found
    depends = resource.definition.get("DependsOn")
    for name in depends if isinstance(depends, list) else [depends]:
        found = templates.named(resource.stack, name) if isinstance(name, str) else None
        if found is not None:
            yield found
