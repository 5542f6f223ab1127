"""Where in a template's text a resource stands."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from .templates import Resource

__all__ = ["line_of"]

_KEY = re.compile(r"\s*[\"']?(?P<name>\w+)[\"']?\s*:")


def line_of(resource: Resource) -> int:
    """The line of a resource in its template's file, from 1. 1 where it is not found."""
    lines = _lines_of_resources(resource.stack.file)
    return lines.get(resource.logical_id, 1)


@functools.lru_cache(maxsize=64)
def _lines_of_resources(file: Path) -> dict[str, int]:
    """The first line after ``Resources`` that has nothing before a name, in JSON or YAML."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found: dict[str, int] = {}
    within = False
    for number, line in enumerate(lines, start=1):
        match = _KEY.match(line)
        if match is None:
            continue
        within = within or match["name"] == "Resources"
        if within:
            found.setdefault(match["name"], number)
    return found
