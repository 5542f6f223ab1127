"""Lets long names in tables break between their words: a hook of MkDocs."""

from __future__ import annotations

import re

__all__ = ["on_page_content"]

_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_CODE = re.compile(r"(<code>)(.*?)(</code>)", re.DOTALL)
# After punctuation that joins words, unless a closing bracket or a space follows, and before a word of CamelCase.
_BETWEEN_WORDS = re.compile(
    r"(?<=[a-z0-9][./:_@=-])(?=[A-Za-z$*])|(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])"
)
_TAG_OR_REFERENCE = re.compile(r"(<[^>]*>|&#?\w+;)")


def on_page_content(html: str, **_: object) -> str:
    """The page, with places for line breaks in the code of table cells."""
    return _CELL.sub(lambda cell: _CODE.sub(_with_breaks, cell[0]), html)


def _with_breaks(code: re.Match[str]) -> str:
    parts = _TAG_OR_REFERENCE.split(code[2])
    text = "".join(part if _TAG_OR_REFERENCE.fullmatch(part) else _BETWEEN_WORDS.sub("<wbr>", part) for part in parts)
    return f"{code[1]}{text}{code[3]}"
