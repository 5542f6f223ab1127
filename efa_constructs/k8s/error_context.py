"""Which job an error is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import EfaConstructsError

__all__ = ["errors_about"]


@contextmanager
def errors_about(where: str) -> Iterator[None]:
    """Let the messages of errors begin with what they are about, where they do not yet.

    :param where: Such as ``"MPIJob 'train'"``.
    """
    try:
        yield
    except EfaConstructsError as error:
        if not str(error).startswith(f"{where}: "):
            error.args = (f"{where}: {error}",)
        raise
