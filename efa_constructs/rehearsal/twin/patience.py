"""Requests that go on until the API server has answered them, and many of them at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import TypeVar

from ...cluster.kubernetes_api import API_ERRORS, status_code

__all__ = ["for_each", "insist"]

T = TypeVar("T")
Item = TypeVar("Item")

_RETRY_SECONDS = 0.2
# A server that was killed is back within some seconds.
_LONGEST_SECONDS = 60.0
# More than these keep the server no busier.
_AT_ONCE = 32


async def insist(request: Callable[[], Awaitable[T]]) -> T:
    """Make a request again until the server has answered it, as everything on a node does while a server is away.

    :raises API_ERRORS: it refused, or did not answer for a minute.
    """
    end = time.monotonic() + _LONGEST_SECONDS
    while True:
        try:
            return await request()
        except API_ERRORS as error:
            if _is_final(error) or time.monotonic() > end:
                raise
        await asyncio.sleep(_RETRY_SECONDS)


async def for_each(work: Callable[[Item], Awaitable[object]], items: Iterable[Item]) -> None:
    """Do the same for many things, some at a time. All are done before the first error is raised."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(item: Item) -> None:
        async with limit:
            await work(item)

    results = await asyncio.gather(*(one(item) for item in items), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _is_final(error: Exception) -> bool:
    code = status_code(error)
    return code is not None and code < HTTPStatus.INTERNAL_SERVER_ERROR and code != HTTPStatus.TOO_MANY_REQUESTS
