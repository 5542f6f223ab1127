"""Reads the zones of a Region that are enabled for the account."""

from __future__ import annotations

from dataclasses import dataclass

from .clients import AwsClients, aws_errors

__all__ = ["Zone", "read_zones"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An Availability Zone, Local Zone or Wavelength Zone. Which name has which id differs between accounts."""

    name: str
    zone_id: str
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


def read_zones(clients: AwsClients) -> tuple[Zone, ...]:
    """Read the zones that are enabled for the account, by name.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        # It has no pages.
        found = clients.ec2.describe_availability_zones()["AvailabilityZones"]
    return tuple(
        sorted(
            (
                Zone(name=zone["ZoneName"], zone_id=zone["ZoneId"], kind=zone.get("ZoneType") or "availability-zone")
                for zone in found
            ),
            key=lambda zone: zone.name,
        )
    )
