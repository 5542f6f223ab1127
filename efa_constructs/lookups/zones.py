"""Reads the zones of a Region that are enabled for the account."""

from __future__ import annotations

from dataclasses import dataclass

from .clients import AwsClients, aws_errors

__all__ = ["Zone", "read_zones", "zone_by_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An Availability Zone, Local Zone or Wavelength Zone. Which name has which id differs between accounts."""

    name: str
    # None: not known.
    zone_id: str | None
    # EC2's word: "availability-zone", "local-zone" or "wavelength-zone".
    kind: str

    @property
    def kind_in_words(self) -> str:
        """Such as "Local Zone"."""
        return " ".join(word.capitalize() for word in self.kind.split("-"))

    @property
    def is_availability_zone(self) -> bool:
        """Whether EKS may put a managed node group there: it does not in Local and Wavelength Zones.

        EKS User Guide, "Create a managed node group for your cluster".
        """
        return self.kind == "availability-zone"


def zone_by_name(name: str, region: str) -> Zone:
    """What the name alone tells: the kind. ``us-west-2b``, ``us-west-2-lax-1a``, ``us-west-2-wl1-las-wlz-1``.

    EC2 User Guide, "Regions and Zones".
    """
    place = name.removeprefix(region)
    kind = "wavelength-zone" if "-wlz-" in place else "local-zone" if "-" in place else "availability-zone"
    return Zone(name=name, zone_id=None, kind=kind)


def read_zones(clients: AwsClients) -> tuple[Zone, ...]:
    """Read the zones that are enabled for the account, by name.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        # It has no pages.
        found = clients.ec2.describe_availability_zones()["AvailabilityZones"]
        zones = [
            Zone(name=zone["ZoneName"], zone_id=zone.get("ZoneId"), kind=zone.get("ZoneType") or "availability-zone")
            for zone in found
        ]
    return tuple(sorted(zones, key=lambda zone: zone.name))
