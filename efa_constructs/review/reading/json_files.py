"""The files of a cloud assembly that are JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import InvalidArgumentError

__all__ = ["json_if_there", "required_json"]


def required_json(file: Path) -> Any:
    """What a file says.

    :raises InvalidArgumentError: it is not there, or is no JSON.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidArgumentError(f"cannot read '{file}' of the cloud assembly: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"'{file}' of the cloud assembly is not JSON: {error}") from None


def json_if_there(file: Path) -> Any:
    """What a file says that need not be there. None: it is not, or it is no JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
