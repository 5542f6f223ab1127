"""Which texts are ids of capacity reservations."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue.capacity_reservations import CAPACITY_RESERVATION_ID


@pytest.mark.parametrize("text", ["cr-0123456789abcdef0", "cr-01234567"])
def test_accepts_an_id(text):
    assert CAPACITY_RESERVATION_ID.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "cr-", "cr-0123456", "cr-0123456789abcdef01", "cr-0123456789ABCDEF0", "i-01234567"]
)
def test_refuses_anything_else(text):
    assert not CAPACITY_RESERVATION_ID.fullmatch(text)
