"""Regions and zones, from names alone."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.errors import InvalidArgumentError


def test_lists_the_zones_of_a_region():
    zones = catalogue.availability_zones("us-west-2")
    assert [zone.name for zone in zones] == ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]
    assert zones[0].zone_id == "usw2-az2"


def test_every_zone_is_in_its_region():
    for region in catalogue.regions():
        for zone in catalogue.availability_zones(region):
            assert catalogue.region_of_zone(zone.name) == region


def test_knows_the_zones_that_take_no_control_plane():
    refusing = [
        zone.name
        for region in ("us-east-1", "us-west-1", "ca-central-1")
        for zone in catalogue.availability_zones(region)
        if not zone.accepts_control_plane
    ]
    # usw1-az2 and cac1-az3 are not in the account that the mapping is from.
    assert refusing == ["us-east-1e"]
    assert not catalogue.AvailabilityZone("us-west-1c", "usw1-az2").accepts_control_plane
    assert not catalogue.AvailabilityZone("ca-central-1c", "cac1-az3").accepts_control_plane


def test_a_zone_that_another_account_has_is_fine():
    assert catalogue.region_of_zone("ap-northeast-1b") == "ap-northeast-1"
    assert catalogue.region_of_zone("us-gov-west-1a") == "us-gov-west-1"


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("us-west-2", "is a Region, not an Availability Zone; add the zone's letter, as in 'us-west-2a'"),
        ("usw2-az1", "is the id of an Availability Zone; give its name"),
        ("us-west-2-lax-1a", "is a Local or Wavelength Zone, where EKS has no managed node groups"),
        ("us-east-1-wl1-bos-wlz-1", "is a Local or Wavelength Zone"),
        ("us-wst-2b", "is not the name of an Availability Zone, such as 'us-west-2b'; did you mean us-west-2b, us-"),
        ("US-WEST-2B", "did you mean us-west-2a, us-"),
    ],
)
def test_refuses_what_is_no_zone(zone, message):
    with pytest.raises(InvalidArgumentError) as error:
        catalogue.region_of_zone(zone)
    assert message in str(error.value)


def test_makes_no_guess_at_what_is_like_no_zone():
    with pytest.raises(
        InvalidArgumentError, match=r"^'' is not the name of an Availability Zone, such as 'us-west-2b'$"
    ):
        catalogue.region_of_zone("")


def test_refuses_an_unknown_region():
    with pytest.raises(
        InvalidArgumentError, match="'region' is 'us-wset-2', which is not known; did you mean us-west-2, us-"
    ):
        catalogue.availability_zones("us-wset-2")
    with pytest.raises(InvalidArgumentError, match=r"^'region' is '', which is not known$"):
        catalogue.availability_zones("")
