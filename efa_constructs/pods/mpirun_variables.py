"""Which environment variables a mpirun hands on to the ranks that it starts on other nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["handed_on_variables"]

# -x NAME, -x NAME=VALUE. Open MPI manual, mpirun(1), 4.1
_OPTION = re.compile(r"(?:^|\s)--?x\s+[\"']?(?P<name>[A-Za-z_]\w*)(?:=(?P<value>[^\s\"']*))?")


def handed_on_variables(command: Sequence[str]) -> Mapping[str, str | None]:
    """Variables that a command with Open MPI's mpirun in it hands on: their values, or None for those of its own.

    :param command: Its words, of which one may be the script of a shell.
    """
    return {match["name"]: match["value"] for match in _OPTION.finditer(" ".join(command))}
