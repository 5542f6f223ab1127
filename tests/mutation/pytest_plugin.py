"""A plugin of pytest: what was computed before hides neither a mutant nor which tests reach it.

mutmut runs every test once, to see which functions it calls, and then forks that process for each mutant: caches of the
package are full by then. They are emptied before each test while calls are recorded, and once where a mutant runs.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator

import pytest
from mutmut.mutation.trampoline import get_mutant_under_test
from mutmut.state import state

OURS = ("efa_constructs", "tests")


def caches() -> Iterator[functools._lru_cache_wrapper[object]]:
    """Every cache of a function or a method of ours."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in OURS:
            holders = [module, *(value for value in vars(module).values() if isinstance(value, type))]
            for holder in holders:
                for value in vars(holder).values():
                    if isinstance(value, functools._lru_cache_wrapper):
                        yield value


def empty_caches() -> None:
    for cache in caches():
        cache.cache_clear()


def is_recording() -> bool:
    return get_mutant_under_test() == "stats"


def pytest_collection_finish(session: pytest.Session) -> None:
    empty_caches()
    if is_recording():
        # What imports called is no work of the first test.
        state()._stats.clear()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if is_recording():
        empty_caches()
