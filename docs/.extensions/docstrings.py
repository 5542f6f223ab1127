"""What the reference pages need beyond plain docstrings: the comments above fields, and links for Sphinx roles."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:class|func|mod|meth|attr):`~?([\w.]+)`")
_COMMENT = re.compile(r"\s*#\s?(.*)")


class Docstrings(griffe.Extension):
    """Fields of records and members of enumerations are documented by the comment above them."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Adapt the docstring of an object that has just been read."""
        if obj.docstring is None and obj.is_attribute and obj.parent is not None and obj.parent.is_class:
            comment = _comment_above(obj)
            if comment:
                obj.docstring = griffe.Docstring(comment, parent=obj)
        if obj.docstring is not None:
            obj.docstring.value = _ROLE.sub(_link, obj.docstring.value)


def _comment_above(obj: griffe.Object) -> str:
    lines: list[str] = []
    for line in reversed(obj.lines_collection[obj.filepath][: (obj.lineno or 1) - 1]):
        comment = _COMMENT.fullmatch(line)
        if comment is None:
            break
        lines.insert(0, comment[1])
    return "\n".join(lines)


def _link(role: re.Match[str]) -> str:
    target = role[1]
    return f"[`{target.rpartition('.')[2]}`][{target}]"
