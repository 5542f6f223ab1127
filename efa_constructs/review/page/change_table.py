"""Changes in words: property by property, what was and what will be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..comparison.changes import Change, ChangeKind, PropertyChange
from ..comparison.replacement import Replacement
from ..launch_template import decoded_user_data
from .names import Names

__all__ = ["ChangeRow", "change_rows"]

_LONGEST_VALUE = 240
_REPLACEMENTS = {
    Replacement.NO: "",
    Replacement.YES: "replaced",
    Replacement.MAYBE: "may be replaced",
    Replacement.UNKNOWN: "whether it is replaced is not known here",
}
_REPLACES = {
    Replacement.NO: "no",
    Replacement.YES: "yes: only a new one can have it",
    Replacement.MAYBE: "perhaps: it depends on the value",
    Replacement.UNKNOWN: "not known here",
}


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One change, as the page tells it."""

    kind: str
    name: str
    type: str
    stack: str
    replacement: str
    interrupts: str | None
    refusal: str | None
    because_of: str
    # What becomes of what the templates no longer have.
    becomes: str
    # Path, what was, what will be, and whether it is why the resource is replaced, in words.
    properties: tuple[tuple[str, str, str, str], ...]


def change_rows(changes: Sequence[Change], names: Names, old_names: Names) -> Iterator[ChangeRow]:
    """What is refused first, then what interrupts or replaces something, then in the order of the templates."""
    for change in sorted(changes, key=_rank):
        each = change.kubernetes_object
        yield ChangeRow(
            kind=str(change.kind),
            name=(old_names if change.kind is ChangeKind.REMOVED else names).of(change.resource)
            if each is None
            else each.title.partition(" ")[2],
            type=change.resource.type if each is None else each.kind,
            stack=change.resource.stack.name,
            replacement=_REPLACEMENTS[change.replacement],
            interrupts=change.interrupts,
            refusal=change.refusal,
            because_of=", ".join(names.of(cause) for cause in change.because_of),
            becomes=_becomes(change),
            properties=tuple(_property(one, change, names, old_names) for one in change.properties),
        )


def _rank(change: Change) -> tuple[bool, bool, bool, bool]:
    return (
        change.refusal is None,
        change.interrupts is None,
        not change.is_of_cluster_or_nodes,
        change.replacement is Replacement.NO,
    )


def _becomes(change: Change) -> str:
    if change.stack_is_gone:
        return "stays, until somebody deletes its stack, which is not in the new templates"
    return "stays, without a stack" if change.stays else "deleted"


def _property(change: PropertyChange, whole: Change, names: Names, old_names: Names) -> tuple[str, str, str, str]:
    shown = not _is_secret(change.path, whole)
    return (
        change.path,
        _value(change.path, change.before, old_names, shown=shown),
        _value(change.path, change.after, names, shown=shown),
        _REPLACES[change.replacement],
    )


def _is_secret(path: str, change: Change) -> bool:
    """Whether a page that is sent around had better not show a value."""
    if change.kubernetes_object is not None and change.kubernetes_object.kind == "Secret":
        return path.startswith(("data.", "stringData."))
    return path.lower().endswith(("password", "secretstring"))


def _value(path: str, value: Any, names: Names, *, shown: bool) -> str:
    if value is None:
        return "none"
    if not shown:
        return "not shown here"
    text = names.of_value(_decoded(value) if path.endswith("UserData") else value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text):,} characters)"


def _decoded(value: Any) -> Any:
    """What user data says, where it is a text; else as it stands there."""
    decoded = decoded_user_data(value)
    try:
        return value if decoded is None else decoded.decode()
    except UnicodeDecodeError:
        return value
