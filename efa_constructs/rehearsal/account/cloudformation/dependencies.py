"""What the resources of a template refer to, and the order in which that lets them be made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import TemplateError
from .template import PSEUDO_PARAMETERS, Template, walk

__all__ = ["attributes_used", "check_references", "creation_order", "depends_on", "references"]

_PLACEHOLDER = re.compile(r"\$\{([^!${}][^{}]*)\}")


def references(value: Any) -> set[str]:
    """Names that a piece of a template refers to with Ref, Fn::GetAtt or Fn::Sub."""
    return set(_references(value))


def attributes_used(value: Any) -> set[tuple[str, str]]:
    """Logical id and attribute of each Fn::GetAtt whose attribute is plain text."""
    found = set()
    for key, argument in walk(value):
        if key == "Fn::GetAtt":
            name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            if isinstance(attribute, str):
                found.add((name, attribute))
        elif key == "Fn::Sub":
            found |= {tuple(name.split(".", 1)) for name in _placeholders(argument) if "." in name}  # type: ignore[misc]
    return found


def depends_on(definition: Mapping[str, Any]) -> set[str]:
    """Names that a resource needs before it: those it refers to, and those in its DependsOn."""
    explicit = definition.get("DependsOn", [])
    return references(definition.get("Properties")) | ({explicit} if isinstance(explicit, str) else set(explicit))


def check_references(template: Template) -> None:
    """Refuse references to what the template does not define, and circular ones."""
    names = set(template.parameters) | set(template.resources) | PSEUDO_PARAMETERS
    needed = set().union(*(depends_on(definition) for definition in template.resources.values()))
    _refuse_unresolved(needed - names, "Resources")
    _refuse_unresolved(references(template.document.get("Outputs")) - names, "Outputs")
    for section in ("Resources", "Outputs"):
        for definition in template.document.get(section, {}).values():
            condition = definition.get("Condition")
            if condition is not None and condition not in template.conditions:
                raise TemplateError(
                    f"Template format error: Unresolved condition dependency {condition} "
                    f"in the {section} block of the template"
                )
    creation_order(template.resources)


def creation_order(definitions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Logical ids so that each comes after what it depends on; otherwise as the template has them.

    :raises TemplateError: The dependencies are circular.
    """
    waiting = {name: depends_on(definition) & set(definitions) for name, definition in definitions.items()}
    order: list[str] = []
    while waiting:
        ready = [name for name, needs in waiting.items() if not needs & waiting.keys()]
        if not ready:
            raise TemplateError(f"Circular dependency between resources: [{', '.join(sorted(_cycle(waiting)))}]")
        order += ready
        for name in ready:
            del waiting[name]
    return order


def _cycle(waiting: Mapping[str, set[str]]) -> set[str]:
    """Of resources that wait for each other, those that nobody outside the circle waits for in vain."""
    left = set(waiting)
    while True:
        needed = {need for name in left for need in waiting[name]}
        if left <= needed:
            return left
        left &= needed


def _refuse_unresolved(names: set[str], section: str) -> None:
    if names:
        raise TemplateError(
            f"Template format error: Unresolved resource dependencies [{', '.join(sorted(names))}] "
            f"in the {section} block of the template"
        )


def _references(value: Any) -> Iterator[str]:
    for key, argument in walk(value):
        if key == "Ref" and isinstance(argument, str):
            yield argument
        elif key == "Fn::GetAtt":
            yield argument.split(".", 1)[0] if isinstance(argument, str) else argument[0]
        elif key == "Fn::Sub":
            yield from (name.split(".", 1)[0] for name in _placeholders(argument))


def _placeholders(argument: Any) -> set[str]:
    text, variables = argument if isinstance(argument, list) else (argument, {})
    return {match.strip() for match in _PLACEHOLDER.findall(text)} - set(variables)
