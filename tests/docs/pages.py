"""Reads the Markdown of the documentation: its code blocks and its tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ ", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced code block."""

    page: Path
    line: int
    # Empty: it names none.
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return top + sorted((ROOT / "docs").rglob("*.md"))


def all_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks_of(page, page.read_text())]


def blocks(*languages: str) -> list[Block]:
    return [block for block in all_blocks() if block.language in languages]


def blocks_of(page: Path, text: str) -> list[Block]:
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[2], re.sub(f"^{match[1]}", "", match[3], flags=re.M))
        for match in _BLOCK.finditer(text)
    ]


def prose(page: Path) -> str:
    return _BLOCK.sub("", page.read_text())


def section(page: str, heading: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    _, _, rest = (ROOT / "docs" / page).read_text().partition(f"\n{heading}\n")
    assert rest, f"{page} has no heading '{heading}'"
    following = _HEADING.search(rest)
    return rest[: following.start()] if following else rest


def table(text: str) -> list[list[str]]:
    """The rows of the only table in a text, without its heading."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def quoted(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)
