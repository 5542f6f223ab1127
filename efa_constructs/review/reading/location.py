"""Where in a template's text a property stands."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml  # type: ignore[import-untyped]

from ..resource import Resource
from .loops import LOOP

__all__ = ["Place", "place_of"]


class Place(NamedTuple):
    """The name of a resource or property in a file. Lines and columns begin at 1."""

    line: int
    column: int
    # The column after it.
    end_column: int


# What follows are a function's arguments: "!If [Condition, ...]". Tags of YAML itself begin with "tag:".
_FUNCTION = "!"
_NOWHERE = Place(line=1, column=1, end_column=2)


def place_of(resource: Resource, path: str = "") -> Place:
    """Where a property of a resource stands, or the nearest that is there around it; the first line if none is.

    :param path: ``"LaunchTemplateData.NetworkInterfaces.1"``. Default: the resource itself.
    """
    *_, found = (_NOWHERE, *_places(resource, path))
    return found


def _places(resource: Resource, path: str) -> Iterator[Place]:
    node = _root(resource.stack.file)
    for depth, name in enumerate(("Resources", resource.logical_id, "Properties", *path.split("."))):
        key, inner = _inner(node, name)
        if key is None and depth == 1:
            key, inner = _of_loop(node, name)
        if key is None:
            return
        node = inner
        # Neither of the sections says which resource, or which property.
        if depth not in (0, 2):
            yield _place(key)


def _place(node: yaml.Node) -> Place:
    start, end = node.start_mark, node.end_mark
    # A part of a list begins where it begins, and may end lines below.
    last = end.column if end.line == start.line else start.column + 1
    return Place(line=start.line + 1, column=start.column + 1, end_column=last + 1)


def _inner(node: yaml.Node | None, name: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """What names a part of a node, and the part. None: it has no such part."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == name), (None, None))
    if isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
        if node.tag.startswith(_FUNCTION) or any(map(_may_be_left_out, node.value[: int(name) + 1])):
            return None, None
        return node.value[int(name)], node.value[int(name)]
    return None, None


def _may_be_left_out(node: yaml.Node) -> bool:
    """Whether a part of a list depends on a condition, so that others may move up."""
    return node.tag == "!If" or (
        isinstance(node, yaml.MappingNode) and any(key.value == "Fn::If" for key, _ in node.value)
    )


def _of_loop(node: yaml.Node | None, logical_id: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """What a loop makes a resource of, by its name: ``Nodes${Zone}``."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if str(key.value).startswith(LOOP) and isinstance(value, yaml.SequenceNode) and value.value:
            body = value.value[-1]
            for name, made in body.value if isinstance(body, yaml.MappingNode) else ():
                if re.fullmatch(re.sub(r"(\\\$|\\&)\\\{.*?\\\}", ".+", re.escape(str(name.value))), logical_id):
                    return name, made
            found = _of_loop(body, logical_id)
            if found[0] is not None:
                return found
    return None, None


@functools.lru_cache(maxsize=64)
def _root(file: Path) -> yaml.Node | None:
    """A JSON text is YAML, too, but for some escapes of characters: of a text that has those, nothing is known."""
    try:
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError):
        return None
