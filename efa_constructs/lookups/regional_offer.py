"""What a Region offers of the instance types in the catalogue, as far as AWS answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .. import catalogue
from ..errors import AwsRequestError
from .clients import AwsClients
from .efa_instance_types import Disagreement, EfaInstanceType, disagreements, read_efa_instance_types
from .instance_type_offerings import read_offerings
from .questions import ask, refusals
from .zones import Zone, read_zones, zone_by_name

__all__ = ["RegionalOffer", "read_regional_offer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalOffer:
    """What AWS says of a Region. None: it refused to say, and :attr:`refusals` has why."""

    region: str
    # By name.
    zones: Mapping[str, Zone] | None
    # Names of zones by type, for each type that was asked for.
    offerings: Mapping[str, tuple[str, ...]] | None
    # Types of the Region that have EFA, by name.
    efa_types: Mapping[str, EfaInstanceType] | None
    # What could not be had, in words, and why.
    refusals: Mapping[str, AwsRequestError]

    def offers(self, name: str) -> bool | None:
        """Whether any zone of the Region offers a type; None: not known."""
        if self.offerings is not None:
            return bool(self.offerings.get(name))
        # DescribeInstanceTypes has only types of the Region.
        return None if self.efa_types is None else name in self.efa_types

    def zones_offering(self, name: str) -> tuple[Zone, ...] | None:
        """The zones that offer a type, by name; None: not known."""
        if self.offerings is None:
            return None
        known = self.zones or {}
        return tuple(known.get(zone) or zone_by_name(zone, self.region) for zone in self.offerings.get(name, ()))

    def usage_classes(self, instance_type: catalogue.InstanceType) -> tuple[str, ...]:
        """How a type can be had: as AWS says, where it does, else as the catalogue does."""
        found = (self.efa_types or {}).get(instance_type.name)
        said = None if found is None else found.usage_classes
        return instance_type.usage_classes if said is None else said

    def disagreements(self, names: Iterable[str]) -> tuple[Disagreement, ...]:
        """Where AWS and the catalogue say different things of these types."""
        wanted = set(names)
        return tuple(one for one in disagreements(self.efa_types or {}) if one.instance_type in wanted)

    def unknown_to_catalogue(self) -> tuple[str, ...]:
        """Types of the Region that have EFA, and that the catalogue lacks."""
        known = {one.name for one in catalogue.all_instance_types()}
        return tuple(name for name in self.efa_types or {} if name not in known)


def read_regional_offer(clients: AwsClients, instance_types: Iterable[str]) -> RegionalOffer:
    """Ask for zones, offerings and types at the same time.

    :param instance_types: Names of the types whose zones are wanted.
    :raises AwsRequestError: AWS could not be asked, or refused to answer any of it.
    """
    zones = ask(read_zones, clients)
    offerings = ask(read_offerings, clients, instance_types)
    efa_types = ask(read_efa_instance_types, clients)
    if efa_types.refusal and offerings.refusal:
        raise offerings.refusal
    found = zones.value_or_none()
    return RegionalOffer(
        region=clients.region,
        zones=None if found is None else {zone.name: zone for zone in found},
        offerings=offerings.value_or_none(),
        efa_types=efa_types.value_or_none(),
        refusals=refusals(
            {
                "which zones the account has, and of which kind": zones,
                "which zones offer a type": offerings,
                "whether the catalogue is right": efa_types,
            }
        ),
    )
