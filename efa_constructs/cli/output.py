"""Where the command's output goes: results to standard output, everything else to standard error."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "error", "note", "print_json", "why_nothing_can_be_printed", "width"]

# What writing ends with, and nothing else that a command does.
_OF_WRITING = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF))

# Of tables, where the output is no terminal: a line of a log is rarely cut before that.
_WIDTH = 100


def width() -> int:
    """Columns of standard output: ``COLUMNS`` of the environment, the terminal's, or enough for every table."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return _WIDTH
    return shutil.get_terminal_size((_WIDTH, 24)).columns


def console(*, stderr: bool = False) -> Console:
    """A console that respects ``NO_COLOR``, and does not depend on a terminal's width where there is none."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    made = Console(stderr=stderr, highlight=False, emoji=False)
    if not stream.isatty():
        made = Console(stderr=stderr, highlight=False, emoji=False, width=width(), color_system=None)
    return made


def print_json(document: Any) -> None:
    """The one JSON document of a command that was asked for one."""
    print(json.dumps(document, indent=2))


def why_nothing_can_be_printed(failure: OSError) -> str | None:
    """What is wrong with standard output, in words. None: the failure is of something else, such as a file."""
    if failure.filename is not None or failure.errno not in _OF_WRITING:
        return None
    return f"standard output cannot be written: {failure.strerror}"


def error(message: str) -> None:
    """Say what went wrong, on standard error."""
    print(f"error: {message}", file=sys.stderr)


def note(message: str) -> None:
    """Say something beside the result, on standard error."""
    print(message, file=sys.stderr)
