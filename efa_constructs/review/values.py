"""Values of a template: what is not known before the deployment stands as a mark in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["Reference", "is_known", "marked", "references_in", "unknown"]

# No template has these characters, and people can read what stands between them.
_OPEN, _CLOSE = "⟨", "⟩"
_MARK = re.compile(rf"{_OPEN}(?P<stack>[^{_CLOSE}?:]*):(?P<logical_id>\w+)(?:\.(?P<attribute>[^{_CLOSE}]*))?{_CLOSE}")


class Reference(str):
    """What ``Ref`` or ``Fn::GetAtt`` of a resource gives: equal to another of the same attribute of the same resource.

    It is a text, so that a text may contain it: :func:`references_in` finds it there.
    """

    stack: str
    """Name of the stack that has the resource."""
    logical_id: str
    """Of the resource."""
    attribute: str | None
    """None: what ``Ref`` gives."""

    def __new__(cls, stack: str, logical_id: str, attribute: str | None = None) -> Reference:
        """:param attribute: Default: what ``Ref`` gives."""
        dot = f".{attribute}" if attribute is not None else ""
        self = super().__new__(cls, f"{_OPEN}{stack}:{logical_id}{dot}{_CLOSE}")
        self.stack, self.logical_id, self.attribute = stack, logical_id, attribute
        return self


def unknown(what: str) -> str:
    """The mark of a value that only the deployment knows, and that is no resource's.

    :param what: In words or by name: ``"AWS::Region"``.
    """
    return f"{_OPEN}?{what}{_CLOSE}"


def marked(text: str) -> str:
    """A text that may have marks: the reference itself, where it is nothing else."""
    mark = _MARK.fullmatch(text)
    return text if mark is None else Reference(mark["stack"], mark["logical_id"], mark["attribute"])


def is_known(value: Any) -> bool:
    """Whether nothing of a value is left for the deployment to know."""
    if isinstance(value, dict):
        return all(is_known(key) and is_known(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_known, value))
    return not (isinstance(value, str) and _OPEN in value)


def references_in(value: Any) -> Iterator[Reference]:
    """The references to resources anywhere in a value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)
    elif isinstance(value, str):
        for mark in _MARK.finditer(value):
            yield Reference(mark["stack"], mark["logical_id"], mark["attribute"])
