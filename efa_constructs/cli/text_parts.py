"""Parts of what commands print for people: headings, lists, facts, findings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..cluster.finding import Finding, Level
from .labelled_lines import fact_lines

__all__ = ["print_facts", "print_finding", "print_heading", "print_indented", "print_list"]

_STYLES = {Level.BLOCKS: "red", Level.FAULT: "red", Level.WARNING: "yellow"}


def print_heading(out: Console, text: str) -> None:
    """A heading, after an empty line."""
    out.print()
    out.print(Text(text, style="bold"))


def print_indented(out: Console, text: str | Text, by: int = 2) -> None:
    """Text, each of its lines so many columns from the left."""
    out.print(Padding(text if isinstance(text, Text) else Text(text), (0, 0, 0, by)))


def print_facts(out: Console, facts: Iterable[tuple[str, str]], by: int = 0) -> None:
    """Labels and their values, so many columns further to the right."""
    for line in fact_lines(facts, out.width - by):
        out.print(Text(" " * by + line))


def print_list(out: Console, heading: str, things: Iterable[str]) -> None:
    """A heading and a list under it. An empty list has no heading."""
    for number, thing in enumerate(things):
        if number == 0:
            print_heading(out, heading)
        for line in textwrap.wrap(
            thing, out.width, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
        ):
            out.print(Text(line))


def print_finding(out: Console, finding: Finding) -> None:
    """Something that is wrong, and what to do about it."""
    label = "warning" if finding.level is Level.WARNING else "fault"
    print_indented(out, Text.assemble((f"{label}: ", _STYLES[finding.level]), finding.problem))
    print_indented(out, f"fix: {finding.advice}", by=4)
