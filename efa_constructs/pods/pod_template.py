"""The shape of a pod template: which fields there are, of which kind, and how two parts of a template become one.

It follows the schema that comes with the MPI Operator, which is Kubernetes' own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ..catalogue.nearest import nearest

__all__ = [
    "Schema",
    "instead_of",
    "merge",
    "mismatches",
    "one_of_conflicts",
    "schema",
    "useless_removals",
    "without_removals",
    "without_unknown_fields",
]

Schema = Mapping[str, Any]

# Of each of these, Kubernetes takes one. The API's documentation says so of each; the schema does not.
_HANDLERS = (
    frozenset({"exec", "grpc", "httpGet", "tcpSocket"}),
    frozenset({"exec", "httpGet", "sleep", "tcpSocket"}),
)
_VALUE = frozenset({"value", "valueFrom"})
_VALUE_SOURCES = frozenset({"configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"})
_INSTEAD = {
    "object": "a map",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "boolean": "True or False",
}
_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
}


@cache
def schema() -> Schema:
    """The schema of a pod template, as a structural schema of a CustomResourceDefinition."""
    document = json.loads((Path(__file__).parent / "pod_template_schema.json").read_text(encoding="utf-8"))
    template: Schema = document["schema"]
    return template


def mismatches(given: object, node: Schema, where: str = "") -> Iterator[str]:
    """What of a part of a template Kubernetes would drop or refuse: unknown fields, and values of the wrong kind.

    None, which removes a field, is of no kind: :func:`useless_removals` judges it.

    :param node: The schema of that part.
    :param where: Its path in the template, such as ``spec.containers[0]``; the template itself has none.
    """
    instead = instead_of(given, node)
    if instead is not None:
        yield f"has '{where}' {given!r}: give {instead}"
    elif isinstance(given, Mapping):
        yield from _mismatches_of_fields(given, node, where)
    elif node.get("type") == "array" and isinstance(given, Sequence):
        for index, entry in enumerate(given):
            yield from mismatches(entry, node["items"], f"{where}[{index}]")
            required = node["items"].get("required", ()) if isinstance(entry, Mapping) else ()
            for name in required:
                if name not in entry:
                    yield f"has '{where}[{index}]' without '{name}', which Kubernetes requires: give it"


def _mismatches_of_fields(given: Mapping[str, Any], node: Schema, where: str) -> Iterator[str]:
    fields: Mapping[str, Schema] | None = node.get("properties")
    for name, value in given.items():
        path = f"{where}.{name}" if where else str(name)
        if fields is not None and name not in fields:
            meant = nearest(str(name).replace("_", ""), fields, most=1)
            hint = f"; did you mean '{meant[0]}'?" if meant else f"; known are {', '.join(sorted(fields))}"
            yield f"has '{path}', which no pod has, and Kubernetes would drop it silently{hint}"
        # Metadata and specification as a whole are not for removing.
        elif value is not None or not where:
            yield from mismatches(value, _child(node, name), path)


def instead_of(given: object, node: Schema) -> str | None:
    """What to give in place of a value of the wrong kind. None: it is of the right one."""
    if node.get("x-kubernetes-int-or-string"):
        # Of quantities, Kubernetes takes fractions: 0.5 CPUs.
        kinds = (int, str, float) if "pattern" in node else (int, str)
        right = isinstance(given, kinds) and not isinstance(given, bool)
        instead = "a quantity such as '500m', '4Gi' or 8" if "pattern" in node else "a whole number or a string"
    else:
        kind = node["type"]
        right = isinstance(given, _PYTHON_TYPES[kind]) and (kind == "boolean" or not isinstance(given, bool))
        instead = _INSTEAD[kind]
    if right and "pattern" in node:
        right = re.fullmatch(node["pattern"], str(given)) is not None
    return None if right else instead


def one_of_conflicts(given: Mapping[str, Any], node: Schema, where: str = "") -> Iterator[str]:
    """Where a part of a template, right in its kinds, names two of what Kubernetes takes one of."""
    for group in _one_of_groups(node):
        both = [f"'{name}'" for name in given if name in group]
        if len(both) > 1:
            yield f"has {' and '.join(both)} in '{where}', of which Kubernetes takes one: leave one out"
    for name, value in given.items():
        child = _child(node, name)
        if isinstance(value, Mapping):
            yield from one_of_conflicts(value, child, f"{where}.{name}" if where else name)
        elif child.get("type") == "array" and child["items"].get("type") == "object":
            for index, entry in enumerate(value):
                path = f"{where}.{name}[{index}]" if where else f"{name}[{index}]"
                yield from one_of_conflicts(entry, child["items"], path)


def without_removals(given: Any) -> Any:
    """A part of a template without the fields that it removes."""
    if isinstance(given, Mapping):
        return {name: without_removals(value) for name, value in given.items() if value is not None}
    if isinstance(given, list | tuple):
        return [without_removals(entry) for entry in given]
    return given


def without_unknown_fields(given: Any, node: Schema) -> Any:
    """What the API server makes of a part of a template: it drops fields that it does not know."""
    if isinstance(given, Mapping):
        fields: Mapping[str, Schema] | None = node.get("properties")
        return {
            name: without_unknown_fields(value, _child(node, name))
            for name, value in given.items()
            if (name in fields if fields is not None else "additionalProperties" in node)
        }
    if isinstance(given, list | tuple) and "items" in node:
        return [without_unknown_fields(entry, node["items"]) for entry in given]
    return given


def useless_removals(over: Mapping[str, Any], base: Any, node: Schema, where: str = "") -> Iterator[str]:
    """What a part of a template would remove that is not there, or that must stay.

    :param over: Right in its kinds.
    :param base: The part that it is put on; anything but a map where there is none.
    """
    there = base if isinstance(base, Mapping) else {}
    for name, value in over.items():
        path = f"{where}.{name}" if where else name
        if value is None and name in node.get("required", ()):
            yield f"removes '{path}', which Kubernetes requires: leave it out"
        elif value is None and name not in there:
            yield f"removes '{path}', where there is nothing to remove: leave it out"
        elif isinstance(value, Mapping):
            yield from useless_removals(value, there.get(name), _child(node, name), path)
        elif value is not None and _child(node, name).get("type") == "array":
            yield from _useless_removals_of_entries(value, there.get(name, []), _child(node, name), path)


def _useless_removals_of_entries(over: Sequence[Any], base: Sequence[Any], node: Schema, where: str) -> Iterator[str]:
    for index, entry in enumerate(over):
        if isinstance(entry, Mapping):
            place = _place(entry, base, node)
            yield from useless_removals(
                entry, None if place is None else base[place], node["items"], f"{where}[{index}]"
            )


def merge(base: Any, over: Any, node: Schema) -> Any:
    """Put a part of a template on another, as ``kubectl patch`` does: maps are merged, entries of a list by their key.

    Entries of a list that has no key are added. Of fields that exclude each other, that of ``over`` stays. A field that
    is None in ``over`` is removed.

    :param node: The schema of both.
    """
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        excluded = {
            name for group in _one_of_groups(node) if not group.isdisjoint(over) for name in group.difference(over)
        }
        both = {name: value for name, value in base.items() if name not in excluded}
        for name, value in over.items():
            if value is None:
                both.pop(name, None)
            else:
                both[name] = merge(both[name], value, _child(node, name)) if name in both else value
        return both
    if node.get("type") == "array":
        return _merge_lists(base, over, node)
    return over


def _merge_lists(base: Sequence[Any], over: Sequence[Any], node: Schema) -> list[Any]:
    result = list(base)
    for entry in over:
        place = _place(entry, base, node)
        if place is None:
            result.append(entry)
        else:
            result[place] = merge(result[place], entry, node["items"])
    return result


def _place(entry: Any, base: Sequence[Any], node: Schema) -> int | None:
    """Where a list has the entry that another is put on."""
    keys: Sequence[str] = node.get("x-kubernetes-list-map-keys", ())
    same = (index for index, one in enumerate(base) if keys and _key(one, keys) == _key(entry, keys))
    return next(same, None)


def _key(entry: Mapping[str, Any], keys: Sequence[str]) -> tuple[object, ...]:
    """What Kubernetes tells the entries of a list apart by."""
    # A path is the same with a slash at its end; of a port, the protocol may be left out.
    return tuple("TCP" if key == "protocol" and key not in entry else _bare(entry.get(key)) for key in keys)


def _bare(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


def _child(node: Schema, name: str) -> Schema:
    child: Schema = node["properties"][name] if "properties" in node else node["additionalProperties"]
    return child


def _one_of_groups(node: Schema) -> Iterator[frozenset[str]]:
    """Fields of which a map of this schema may have one."""
    fields = node.get("properties", {})
    yield from (group for group in (*_HANDLERS, _VALUE, _VALUE_SOURCES, _volume_sources()) if group <= fields.keys())


@cache
def _volume_sources() -> frozenset[str]:
    volume = schema()["properties"]["spec"]["properties"]["volumes"]["items"]["properties"]
    return frozenset(volume) - {"name"}
