"""The defaults that ``efa preflight`` takes from an app's configuration, as the app itself reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.cli.app_configuration import AppConfiguration
from efa_constructs.cli.preflight import _capacity
from efa_constructs.errors import InvalidConfigurationError

RESERVATION, BLOCK = "cr-0123456789abcdef0", "cr-0fedcba9876543210"


def configuration(folder: Path, **context: Any) -> AppConfiguration:
    keys = {f"efa:{name}": value for name, value in context.items()}
    (folder / "cdk.json").write_text(json.dumps({"app": "x", "context": keys}))
    return AppConfiguration(folder)


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"instancetype": "p4d.24xlarge"}, "is no key of the app: did you mean efa:instanceType?"),
        (
            {"capacityReservationId": RESERVATION, "capacityBlockId": BLOCK},
            "has both 'efa:capacityReservationId' and 'efa:capacityBlockId', which exclude each other",
        ),
    ],
)
def test_what_the_app_refuses_is_refused(tmp_path: Path, context: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidConfigurationError) as refused:
        configuration(tmp_path, **context)
    assert sentence in str(refused.value)


def test_a_largest_number_of_nodes_is_at_least_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigurationError) as refused:
        configuration(tmp_path, maxSize=0).number("efa:maxSize", None)
    assert "the value must be a whole number from 1, got 0" in str(refused.value)


@pytest.mark.parametrize(
    ("context", "capacity", "expected"),
    [
        ({"capacityBlockId": BLOCK}, "capacity-block", ("capacity-block", BLOCK)),
        ({"capacityBlockId": BLOCK}, None, ("capacity-block", BLOCK)),
        ({"capacityReservationId": RESERVATION}, "on-demand", ("on-demand", RESERVATION)),
        ({"capacityReservationId": RESERVATION}, None, ("on-demand", RESERVATION)),
        ({"capacityBlockId": BLOCK}, "on-demand", ("on-demand", None)),
        ({"capacityReservationId": RESERVATION}, "spot", ("spot", None)),
    ],
)
def test_a_reservation_of_the_app_goes_with_the_capacity_that_is_asked_for(
    tmp_path: Path, context: dict[str, Any], capacity: str | None, expected: tuple[str, str | None]
) -> None:
    found = _capacity(configuration(tmp_path, **context), capacity, None)
    assert (found["capacity"], found["capacity_reservation_id"]) == expected
