"""Reading zones, and which of them offer an instance type."""

from __future__ import annotations

from typing import Any

from efa_constructs.lookups.instance_type_offerings import read_offerings
from efa_constructs.lookups.zones import read_zones

from .stubs import stubbed_account


def offering(name: str, zone: str) -> dict[str, Any]:
    return {"InstanceType": name, "LocationType": "availability-zone", "Location": zone}


def asked(*names: str) -> dict[str, Any]:
    return {"LocationType": "availability-zone", "Filters": [{"Name": "instance-type", "Values": list(names)}]}


def test_reads_the_zones_of_every_page() -> None:
    with stubbed_account() as account:
        first = [offering("p5.48xlarge", "us-east-1d"), offering("p4d.24xlarge", "us-east-1a")]
        wanted = asked("p4d.24xlarge", "p5.48xlarge", "p6.unknown")
        account.ec2.add_response(
            "describe_instance_type_offerings", {"InstanceTypeOfferings": first, "NextToken": "1"}, wanted
        )
        second = [offering("p5.48xlarge", "us-east-1b")]
        account.ec2.add_response(
            "describe_instance_type_offerings", {"InstanceTypeOfferings": second}, {**wanted, "NextToken": "1"}
        )
        found = read_offerings(account.clients, ["p5.48xlarge", "p6.unknown", "p4d.24xlarge"])
    assert found == {
        "p4d.24xlarge": ("us-east-1a",),
        "p5.48xlarge": ("us-east-1b", "us-east-1d"),
        "p6.unknown": (),
    }


def test_asks_for_no_more_types_at_once_than_ec2_takes() -> None:
    names = [f"x{number:03}.large" for number in range(201)]
    with stubbed_account() as account:
        nothing: dict[str, Any] = {"InstanceTypeOfferings": []}
        account.ec2.add_response("describe_instance_type_offerings", nothing, asked(*names[:200]))
        account.ec2.add_response("describe_instance_type_offerings", nothing, asked(names[200]))
        assert len(read_offerings(account.clients, names)) == 201


def test_tells_local_zones_from_availability_zones() -> None:
    zones = [
        {"ZoneName": "us-west-2-lax-1a", "ZoneId": "usw2-lax1-az1", "ZoneType": "local-zone"},
        {"ZoneName": "us-west-2a", "ZoneId": "usw2-az2", "ZoneType": "availability-zone"},
    ]
    with stubbed_account() as account:
        account.ec2.add_response("describe_availability_zones", {"AvailabilityZones": zones}, {})
        local, usual = read_zones(account.clients)
    assert (usual.name, usual.zone_id, usual.is_availability_zone) == ("us-west-2a", "usw2-az2", True)
    assert (local.name, local.kind_in_words, local.is_availability_zone) == ("us-west-2-lax-1a", "Local Zone", False)
