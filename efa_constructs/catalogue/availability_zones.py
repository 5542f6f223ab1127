"""Regions and their Availability Zones, as far as names alone can tell."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ..errors import InvalidArgumentError
from .nearest import nearest
from .records import load_json

__all__ = [
    "ZONE_IDS_WITHOUT_CONTROL_PLANE",
    "AvailabilityZone",
    "availability_zones",
    "region_of_zone",
    "regions",
]

# Zones in which EKS does not accept a subnet of the cluster itself; nodes may be there.
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets
ZONE_IDS_WITHOUT_CONTROL_PLANE = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})


class AvailabilityZone(NamedTuple):
    """A zone of a Region. Which name has which id differs from account to account: this is one account's mapping."""

    name: str
    zone_id: str

    @property
    def accepts_control_plane(self) -> bool:
        """Whether EKS accepts a subnet of this zone as a cluster subnet."""
        return self.zone_id not in ZONE_IDS_WITHOUT_CONTROL_PLANE


def regions() -> tuple[str, ...]:
    """Return the Regions that are known, by name."""
    return tuple(_zones())


def availability_zones(region: str) -> tuple[AvailabilityZone, ...]:
    """Return the zones of a Region, such as ``"us-west-2"``, by name.

    :raises InvalidArgumentError: The Region is not known.
    """
    if region not in _zones():
        meant = nearest(region, _zones())
        hint = f"; did you mean {', '.join(meant)}?" if meant else ""
        raise InvalidArgumentError(f"'region' is '{region}', which is not known{hint}")
    return tuple(AvailabilityZone(name, zone_id) for name, zone_id in _zones()[region])


def region_of_zone(zone: str) -> str:
    """Return the Region of an Availability Zone: ``"us-west-2b"`` is in ``"us-west-2"``.

    Any letter is accepted, because accounts differ in which zones of a Region they have.

    :raises InvalidArgumentError: It is no Availability Zone: a Local or Wavelength Zone, a zone id, a Region, a typo.
    """
    region, letter = zone[:-1], zone[-1:]
    if region in _zones() and letter.islower():
        return region
    raise InvalidArgumentError(f"'{zone}' is {_what_instead(zone)}")


def _what_instead(zone: str) -> str:
    if zone in _zones():
        return f"a Region, not an Availability Zone; add the zone's letter, as in '{zone}a'"
    if any(zone == zone_id for zones in _zones().values() for _, zone_id in zones):
        return (
            "the id of an Availability Zone; give its name: 'aws ec2 describe-availability-zones' shows your account's"
        )
    if any(zone.startswith(f"{region}-") for region in _zones()):
        return "a Local or Wavelength Zone, where EKS has no managed node groups; give a zone such as 'us-west-2b'"
    letter = zone[-1:] if zone[-1:].islower() else "a"
    meant = [region + letter for region in nearest(zone[:-1], _zones())]
    hint = f"; did you mean {', '.join(meant)}?" if meant else ""
    return f"not the name of an Availability Zone, such as 'us-west-2b'{hint}"


@cache
def _zones() -> dict[str, list[list[str]]]:
    zones: dict[str, list[list[str]]] = load_json("availability_zones.json")["regions"]
    return zones
