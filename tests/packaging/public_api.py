"""The public API as text, one name a line: what an importer may write, and so what a change may break.

Read from the sources, not from the imported classes: attributes that a constructor sets are API, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import griffe

from .programs import ROOT

MODULES = ("efa_constructs.aws", "efa_constructs.catalogue", "efa_constructs.errors", "efa_constructs.k8s")

# Of a constant whose value is data that grows, only the type is API.
_LONGEST_VALUE = 60


def public_api() -> list[str]:
    return [line for path, found in _public_names() for line in _object(path, found)]


def defined_at() -> list[str]:
    """Where each public name is defined, such as ``efa_constructs.catalogue.search.get``."""
    return [found.canonical_path for _, found in _public_names()]


@cache
def _public_names() -> list[tuple[str, griffe.Object | griffe.Alias]]:
    # Among the extensions is one that gives a dataclass its initializer.
    loader = griffe.GriffeLoader(search_paths=[ROOT], extensions=griffe.load_extensions())
    loader.load("efa_constructs")
    loader.resolve_aliases(external=False)
    return [name for module in MODULES for name in _names_of(loader.modules_collection[module])]


def _names_of(module: griffe.Module) -> Iterator[tuple[str, griffe.Object | griffe.Alias]]:
    for name in sorted(str(export) for export in module.exports or ()):
        found = module[name]
        # A function that is called like the module that it is from.
        yield f"{module.path}.{name}", found[name] if found.is_module else found


def _object(path: str, found: griffe.Object | griffe.Alias) -> Iterator[str]:
    if found.is_class:
        yield from _class(path, found)
    elif found.is_function:
        yield f"{path}{_signature(found)}"
    else:
        yield f"{path}{_type_and_value(found)}"


def _class(path: str, found: griffe.Object | griffe.Alias) -> Iterator[str]:
    members = found.all_members
    bases = ", ".join(str(base) for base in found.bases)
    yield f"class {path}({bases})"
    if "__init__" in members:
        yield f"{path}{_signature(members['__init__'], bound=True)}"
    for name in sorted(members):
        if not name.startswith("_"):
            member = members[name]
            if member.is_function:
                yield f"{path}.{name}{_signature(member, bound='staticmethod' not in member.labels)}"
            else:
                yield f"{path}.{name}{_type_and_value(member)}"


def _signature(function: griffe.Object | griffe.Alias, *, bound: bool = False) -> str:
    parts: list[str] = []
    starred = False
    for parameter in list(function.parameters)[1 if bound else 0 :]:
        if parameter.kind is griffe.ParameterKind.keyword_only and not starred:
            parts.append("*")
            starred = True
        star = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
        text = f"{star.get(parameter.kind, '')}{parameter.name}: {parameter.annotation}"
        plain = parameter.default is None or parameter.kind in star
        parts.append(text if plain else f"{text} = {parameter.default}")
    result = "" if function.returns is None else f" -> {function.returns}"
    return f"({', '.join(parts)}){result}"


def _type_and_value(attribute: griffe.Object | griffe.Alias) -> str:
    annotation = f": {attribute.annotation}" if attribute.annotation is not None else ""
    value = None if attribute.is_function else getattr(attribute, "value", None)
    # What a constructor computes is its own affair; what stands in a class or module is what users compare with.
    in_class_or_module = attribute.labels & {"class-attribute", "module-attribute"}
    shown = value is not None and in_class_or_module and len(str(value)) <= _LONGEST_VALUE
    return f"{annotation} = {value}" if shown else annotation
