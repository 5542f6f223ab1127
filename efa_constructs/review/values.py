"""Values of a template: what is not known before the deployment stands as a mark in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = [
    "Reference",
    "is_known",
    "is_true",
    "known_text",
    "marked",
    "references_in",
    "unknown",
    "unknowns_in",
    "whole_number",
    "without_marks",
]

# No template has these characters, and people can read what stands between them.
_OPEN, _CLOSE = "⟨", "⟩"
_MARK = re.compile(rf"{_OPEN}(?P<stack>[^{_CLOSE}?:]*):(?P<logical_id>\w+)(?:\.(?P<attribute>[^{_CLOSE}]*))?{_CLOSE}")
_UNKNOWN = re.compile(rf"{_OPEN}\?(?P<what>[^{_CLOSE}]*){_CLOSE}")


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
    for text in _texts_in(value):
        for mark in _MARK.finditer(text):
            yield Reference(mark["stack"], mark["logical_id"], mark["attribute"])


def known_text(value: Any) -> str | None:
    """A text that is known. None: it is none, or only the deployment knows."""
    return value if isinstance(value, str) and is_known(value) else None


def whole_number(value: Any) -> int | None:
    """CloudFormation takes "2" for 2. None: it is no number, or only the deployment knows."""
    try:
        return None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def is_true(value: Any) -> bool:
    """Whether it is true, as CloudFormation reads it. What only the deployment knows is not."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def unknowns_in(value: Any) -> Iterator[str]:
    """What the deployment will know, and is no resource's, anywhere in a value: ``"AWS::AccountId"``."""
    return (mark["what"] for text in _texts_in(value) for mark in _UNKNOWN.finditer(text))


def without_marks(text: str, name: Callable[[Reference], str], name_unknown: Callable[[str], str]) -> str:
    """A text in which names stand in place of the marks."""
    named = _MARK.sub(lambda mark: name(Reference(mark["stack"], mark["logical_id"], mark["attribute"])), text)
    return _UNKNOWN.sub(lambda mark: name_unknown(mark["what"]), named)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, str):
        yield value
