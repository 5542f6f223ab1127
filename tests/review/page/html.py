"""Reads a page: its tables, its pictures, its links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import html5lib

__all__ = ["Page"]

_NAMESPACES = {"html": "http://www.w3.org/1999/xhtml", "svg": "http://www.w3.org/2000/svg"}


class Page:
    """A page, read by the parser of the HTML specification, which raises at the first error."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree: Any = html5lib.HTMLParser(strict=True).parse(text)

    def all(self, tag: str) -> list[Any]:
        """All elements of a tag, such as ``"table"`` or ``"svg:title"``."""
        space, _, name = tag.rpartition(":")
        return list(self.tree.iter(f"{{{_NAMESPACES[space or 'html']}}}{name}"))

    def by_id(self, name: str) -> Any:
        """The element of an id."""
        [found] = [element for element in self.tree.iter() if element.get("id") == name]
        return found

    def section(self, name: str) -> str:
        """The text of a section, in one line."""
        return words(self.by_id(name))

    def rows(self, caption: str) -> list[list[str]]:
        """The cells of the body of the table whose caption begins so. A cell of several rows is in the first."""
        tables = [table for table in self.all("table") if words(table[0]).startswith(caption)]
        assert tables, f"no table '{caption}' among {[words(table[0]) for table in self.all('table')]}"
        return [[words(cell) for cell in row] for table in tables for row in _body_rows(table)]

    def picture(self, name: str) -> Any:
        """The picture whose title and description have ids that begin so."""
        [found] = [svg for svg in self.all("svg:svg") if svg.get("aria-labelledby").startswith(f"{name}-title ")]
        return found


def words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _body_rows(table: Any) -> Iterator[Any]:
    for part in table:
        if part.tag.endswith("tbody"):
            yield from part
