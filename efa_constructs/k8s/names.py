"""Names of objects, refused before the API server would refuse them."""

from __future__ import annotations

import re

from ..errors import InvalidArgumentError
from .tokens import has_token

__all__ = ["check_label_name"]

# Kubernetes documentation, "Object Names and IDs", "RFC 1123 Label Names"
_LABEL_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def check_label_name(argument: str, name: str) -> None:
    """Refuse what is no name of a namespace, or of an object whose name is also the value of a label.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it is none.
    """
    if not has_token(name) and _LABEL_NAME.fullmatch(name) is None:
        raise InvalidArgumentError(
            f"'{argument}' is {name!r}: a name is at most 63 lower-case letters, digits and '-', beginning and ending "
            "with a letter or digit"
        )
