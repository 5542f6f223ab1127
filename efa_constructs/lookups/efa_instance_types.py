"""Reads which instance types of a Region have EFA, and compares them with the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import catalogue
from .clients import AwsClients, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeInfoTypeDef

__all__ = ["Disagreement", "EfaInstanceType", "disagreements", "read_efa_instance_types"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EfaInstanceType:
    """What DescribeInstanceTypes says of a type, as far as interfaces and capacity follow from it."""

    name: str
    # None, of this and the last: AWS does not say.
    maximum_efa_interfaces: int | None
    # Of each network card, by its index: how many interfaces fit on it, and of which types.
    network_cards: tuple[tuple[int, tuple[str, ...]], ...]
    # Of "on-demand", "spot" and "capacity-block".
    usage_classes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A fact about an instance type of which the catalogue and AWS say different things."""

    instance_type: str
    # As 'efa instances --json' names it: "maximumEfaInterfaces", "networkCards" or "usageClasses".
    fact: str
    # None: the catalogue does not know.
    of_catalogue: Any
    of_account: Any


def read_efa_instance_types(clients: AwsClients) -> dict[str, EfaInstanceType]:
    """Read the instance types of the Region that have EFA, by name.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_instance_types").paginate(
            Filters=[{"Name": "network-info.efa-supported", "Values": ["true"]}]
        )
        found = [_instance_type(record) for page in pages for record in page["InstanceTypes"]]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def disagreements(found: Mapping[str, EfaInstanceType]) -> tuple[Disagreement, ...]:
    """Compare what AWS says with the catalogue. Types that the catalogue does not have are left out."""
    known = {one.name: one for one in catalogue.all_instance_types()}
    return tuple(
        disagreement for one in found.values() if one.name in known for disagreement in _compare(one, known[one.name])
    )


def _compare(found: EfaInstanceType, known: catalogue.InstanceType) -> Iterator[Disagreement]:
    cards = [(card.maximum_interfaces, card.interface_types) for card in known.network_cards]
    for fact, of_catalogue, of_account in (
        ("maximumEfaInterfaces", known.maximum_efa_interfaces, found.maximum_efa_interfaces),
        ("networkCards", _cards(cards), _cards(found.network_cards)),
        ("usageClasses", sorted(known.usage_classes), _sorted(found.usage_classes)),
    ):
        if of_account is not None and of_catalogue != of_account:
            yield Disagreement(
                instance_type=found.name, fact=fact, of_catalogue=of_catalogue or None, of_account=of_account
            )


def _sorted(usage_classes: tuple[str, ...] | None) -> list[str] | None:
    return None if usage_classes is None else sorted(usage_classes)


def _cards(cards: Any) -> list[dict[str, Any]]:
    return [
        {"maximumInterfaces": maximum, "interfaceTypes": sorted(interface_types)} for maximum, interface_types in cards
    ]


def _instance_type(record: InstanceTypeInfoTypeDef) -> EfaInstanceType:
    network, classes = record["NetworkInfo"], record.get("SupportedUsageClasses")
    cards = sorted(network["NetworkCards"], key=lambda card: card["NetworkCardIndex"])
    return EfaInstanceType(
        name=record["InstanceType"],
        maximum_efa_interfaces=network.get("EfaInfo", {}).get("MaximumEfaInterfaces"),
        network_cards=tuple(
            (card["MaximumNetworkInterfaces"], tuple(card.get("InterfaceTypes", ()))) for card in cards
        ),
        usage_classes=None if classes is None else tuple(sorted(classes)),
    )
