"""The part of ``efa instances`` about what a Region offers, as AWS says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .not_checked import not_checked_facts, note_not_checked
from .output import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..catalogue import InstanceType
    from ..lookups.efa_instance_types import Disagreement
    from ..lookups.regional_offer import RegionalOffer
    from ..lookups.zones import Zone

__all__ = [
    "had_in_the_catalogue_only",
    "note_doubts",
    "offer_facts",
    "offered",
    "read_offer",
    "zone_facts",
    "zone_legend",
    "zones_cell",
    "zones_in_words",
]

_NO_NODE_GROUPS = "EKS has no managed node groups there"


def read_offer(names: Iterable[str], region: str | None, profile: str | None) -> RegionalOffer:
    """Ask AWS what the Region offers of these types.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    # 0.5 s, that only those wait for who ask AWS.
    from ..lookups.clients import aws_clients
    from ..lookups.regional_offer import read_regional_offer

    return read_regional_offer(aws_clients(region=region, profile=profile), names)


def offered(offer: RegionalOffer, found: Iterable[InstanceType], usage_class: str | None) -> list[InstanceType]:
    """Those of the types that the Region offers, in a way that is wanted, with the usage classes that AWS says."""
    here = [each._replace(usage_classes=offer.usage_classes(each)) for each in found if offer.offers(each.name)]
    return [each for each in here if usage_class in (None, *each.usage_classes)]


def had_in_the_catalogue_only(
    offer: RegionalOffer, asked: Iterable[InstanceType], usage_class: str | None
) -> list[str]:
    """Types that the Region offers, and that can be had in the way that is wanted as the catalogue says, not as AWS."""
    return [
        each.name
        for each in asked
        if usage_class in each.usage_classes
        and offer.offers(each.name)
        and usage_class not in offer.usage_classes(each)
    ]


def zones_cell(offer: RegionalOffer, name: str) -> str:
    """The zones of a type without the name of the Region: ``a b lax-1a``."""
    zones = offer.zones_offering(name)
    return "?" if zones is None else " ".join(_short(offer, zone) for zone in zones)


def zone_legend(offer: RegionalOffer, names: Iterable[str]) -> list[tuple[str, str]]:
    """What the short names of zones mean: ``("a", "us-west-2a, usw2-az2")``."""
    zones = {zone.name: zone for name in names for zone in offer.zones_offering(name) or ()}
    return [(_short(offer, zone), _in_words(zone)) for _, zone in sorted(zones.items())]


def zones_in_words(offer: RegionalOffer, name: str) -> str:
    """The zones of one type, such as ``us-west-2a (usw2-az2)``."""
    zones = offer.zones_offering(name)
    if zones is None:
        return "? (not known)"
    return "; ".join(map(_in_words, zones)) or f"no zone of {offer.region}"


def zone_facts(offer: RegionalOffer, name: str) -> list[dict[str, Any]] | None:
    """The zones of a type, for a JSON document. None: not known."""
    zones = offer.zones_offering(name)
    if zones is None:
        return None
    return [{"name": zone.name, "zoneId": zone.zone_id, "kind": zone.kind} for zone in zones]


def offer_facts(offer: RegionalOffer, names: Iterable[str]) -> dict[str, Any]:
    """The rest of what a JSON document says about the Region: where AWS and the catalogue differ."""
    return {
        "disagreements": [
            {
                "instanceType": one.instance_type,
                "fact": one.fact,
                "catalogue": one.of_catalogue,
                "account": one.of_account,
            }
            for one in offer.disagreements(names)
        ],
        "notInCatalogue": list(offer.unknown_to_catalogue()),
        "notChecked": not_checked_facts(offer.refusals),
    }


def note_doubts(offer: RegionalOffer, names: Iterable[str]) -> None:
    """Say where AWS and the catalogue differ, and what was not checked."""
    for one in offer.disagreements(names):
        note(f"warning: {_disagreement_in_words(one)}")
    unknown = offer.unknown_to_catalogue()
    if unknown:
        note(
            f"warning: {offer.region} has types with EFA that the catalogue lacks, and the constructs refuse: "
            f"{', '.join(unknown)}; a newer release may have them"
        )
    note_not_checked(offer.refusals)


def _disagreement_in_words(one: Disagreement) -> str:
    ours, theirs = one.of_catalogue, one.of_account
    what = {
        "maximumEfaInterfaces": "EFA interfaces",
        "networkCards": "network cards",
        "usageClasses": "usage classes",
    }[one.fact]
    if one.fact == "networkCards":
        if len(ours or ()) == len(theirs):
            index = next(index for index, (our, their) in enumerate(zip(ours, theirs, strict=True)) if our != their)
            what, ours, theirs = f"network card {index}", _card(ours[index]), _card(theirs[index])
        else:
            ours, theirs = len(ours or ()), len(theirs)
    elif one.fact == "usageClasses":
        ours, theirs = " ".join(ours or ()), " ".join(theirs)
    return f"{one.instance_type}: {what}: this account says {theirs or 'none'}, the catalogue {ours or 'nothing'}"


def _card(card: dict[str, Any]) -> str:
    return f"{card['maximumInterfaces']} interfaces of {'/'.join(card['interfaceTypes'])}"


def _short(offer: RegionalOffer, zone: Zone) -> str:
    return zone.name.removeprefix(offer.region).lstrip("-")


def _in_words(zone: Zone) -> str:
    zone_id = f" ({zone.zone_id})" if zone.zone_id else ""
    kind = "" if zone.is_availability_zone else f", a {zone.kind_in_words}: {_NO_NODE_GROUPS}"
    return f"{zone.name}{zone_id}{kind}"
