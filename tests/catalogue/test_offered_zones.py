"""What is recorded about the zones that offer a type."""

from __future__ import annotations

from efa_constructs.catalogue import all_instance_types, region_of_zone
from efa_constructs.catalogue.offered_zones import offered_zones


def test_knows_the_zones_of_a_type_by_region() -> None:
    offered = offered_zones("p4d.24xlarge")
    assert offered is not None
    assert offered["us-east-2"] == ("us-east-2a", "us-east-2b", "us-east-2c")
    assert "eu-west-3" not in offered


def test_says_nothing_of_a_type_that_no_record_has() -> None:
    assert offered_zones("p6e-gb200.36xlarge") is None


def test_names_zones_by_the_regions_that_they_are_in() -> None:
    for instance in all_instance_types():
        for region, zones in (offered_zones(instance.name) or {}).items():
            assert zones
            assert {region_of_zone(zone) for zone in zones} == {region}


def test_has_a_record_of_nearly_every_type() -> None:
    unknown = {each.name for each in all_instance_types() if offered_zones(each.name) is None}
    assert unknown == {"dl1.24xlarge", "p6e-gb200.36xlarge"}
