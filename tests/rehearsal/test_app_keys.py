"""The keys that a rehearsal shares with the app."""

from __future__ import annotations

from efa_constructs.rehearsal import app_keys
from stacks.settings import KEYS


def test_every_key_is_one_of_the_app() -> None:
    assert {getattr(app_keys, name) for name in app_keys.__all__} <= set(KEYS)
