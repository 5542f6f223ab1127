"""The Availability Zones that an app asks for."""

from __future__ import annotations

from efa_constructs.rehearsal.inputs.zone_context import zones_asked_for

KEY = "availability-zones:account=111122223333:region=eu-central-1"


def test_answers_what_asks_for_zones_and_nothing_else() -> None:
    asked = (KEY, "vpc-provider:account=111122223333:region=eu-central-1", "availability-zones:account=1:region=moon-1")
    assert zones_asked_for(asked) == {KEY: ["eu-central-1a", "eu-central-1b", "eu-central-1c"]}
