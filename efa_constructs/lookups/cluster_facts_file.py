"""Writes cluster facts files, and writes over nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..errors import InvalidConfigurationError

__all__ = ["check_target", "write_text"]


def check_target(path: Path) -> None:
    """Make sure that a cluster facts file may be written there.

    :raises InvalidConfigurationError: there is something else, or no folder for it.
    """
    if not path.parent.is_dir():
        raise InvalidConfigurationError(f"'{path}' cannot be written: there is no folder '{path.parent}', make it")
    if not path.exists():
        return
    if not path.is_file():
        raise InvalidConfigurationError(f"'{path}' is no file, give the name of a file, or - for standard output")
    try:
        found = json.loads(path.read_text(encoding="utf-8") or "{}")
    except OSError as error:
        raise InvalidConfigurationError(f"'{path}' cannot be read: {error.strerror}") from None
    except ValueError:
        found = None
    if found != {} and not (isinstance(found, dict) and {"schemaVersion", "cluster"} <= found.keys()):
        raise InvalidConfigurationError(
            f"'{path}' is there and is no cluster facts file: give another name, or remove it"
        )


def write_text(path: Path, text: str) -> bool:
    """Write a file as a whole or not at all, whatever happens meanwhile.

    :returns: False, if the file had this text already, and was left alone.
    :raises InvalidConfigurationError: it cannot be written.
    """
    # Not the link, if it is one.
    target = path.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        if target.is_file() and target.read_bytes() == text.encode():
            return False
        try:
            new.write_text(text, encoding="utf-8", newline="\n")
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidConfigurationError(f"'{path}' cannot be written: {error.strerror}") from None
    return True
