"""What EC2 knows about an instance type when it decides about a launch."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from ...catalogue import EFA_INTERFACE_TYPES, InstanceType
from ...catalogue.search import known_instance_type

__all__ = ["Card", "Hardware", "hardware", "offerings_are_own", "regions_offering", "set_offerings", "zones_offering"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """A network card: how many interfaces it carries, and of which types."""

    # None: AWS publishes no value, so nothing is refused for it.
    maximum_interfaces: int | None
    interface_types: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """An instance type."""

    name: str
    cards: Mapping[int, Card]
    # None as above; 0 without EFA.
    maximum_efa_interfaces: int | None
    architectures: frozenset[str]
    # "nvidia", "neuron", another maker of GPUs in lower case, or None.
    accelerator: str | None
    accelerator_count: int
    # Of all its Neuron devices, as programs see them.
    logical_neuron_cores: int
    vcpus: int
    # Nominal.
    memory_mib: int
    usage_classes: frozenset[str]
    placement_strategies: frozenset[str]

    @property
    def has_efa(self) -> bool:
        """Whether any card carries an EFA."""
        return any(not card.interface_types.isdisjoint(EFA_INTERFACE_TYPES) for card in self.cards.values())


@functools.cache
def hardware(name: str) -> Hardware | None:
    """The instance type with this name, or None if there is no such type."""
    known = known_instance_type(name)
    if known is not None:
        return _from_catalogue(known)
    # The catalogue has the types with EFA, corrected where DescribeInstanceTypes is wrong. moto has the others.
    record: dict[str, Any] | None = INSTANCE_TYPES.get(name)
    return None if record is None else _from_record(record)


def zones_offering(instance_type: str, region: str) -> frozenset[str] | None:
    """The Region's Availability Zones that offer a type; None where no data says."""
    offerings = INSTANCE_TYPE_OFFERINGS["availability-zone"]
    if region not in offerings or not any(
        offer["InstanceType"] == instance_type for offers in offerings.values() for offer in offers
    ):
        return None
    return frozenset(offer["Location"] for offer in offerings[region] if offer["InstanceType"] == instance_type)


def regions_offering(instance_type: str) -> tuple[str, ...]:
    """The Regions in which at least one zone offers a type, as far as data says."""
    tables = INSTANCE_TYPE_OFFERINGS["availability-zone"]
    return tuple(
        sorted(region for region in tables if any(offer["InstanceType"] == instance_type for offer in tables[region]))
    )


# Region and name of the types whose offerings the account's owner gave.
_OWN_OFFERINGS: set[tuple[str, str]] = set()


def set_offerings(region: str, offerings: Mapping[str, Iterable[str]]) -> None:
    """Let these zones of the Region, and no others, offer these types: the account's owner says so."""
    tables = INSTANCE_TYPE_OFFERINGS["availability-zone"]
    others = [offer for offer in tables.get(region, []) if offer["InstanceType"] not in offerings]
    tables[region] = others + [
        {"InstanceType": name, "Location": zone, "LocationType": "availability-zone"}
        for name, zones in offerings.items()
        for zone in zones
    ]
    _OWN_OFFERINGS.update((region, name) for name in offerings)


def offerings_are_own(instance_type: str, region: str) -> bool:
    """Whether the account's owner gave the zones that offer a type. Else they are of another account."""
    return (region, instance_type) in _OWN_OFFERINGS


def _from_catalogue(instance_type: InstanceType) -> Hardware:
    accelerator = "nvidia" if instance_type.has_nvidia_gpus else "neuron" if instance_type.has_neuron_devices else None
    return Hardware(
        name=instance_type.name,
        cards={
            card.index: Card(
                maximum_interfaces=card.maximum_interfaces, interface_types=frozenset(card.interface_types)
            )
            for card in instance_type.network_cards
        },
        maximum_efa_interfaces=instance_type.maximum_efa_interfaces,
        architectures=frozenset({instance_type.architecture}),
        accelerator=accelerator,
        accelerator_count=sum(one.count for one in instance_type.accelerators),
        logical_neuron_cores=sum(one.count * (one.logical_neuron_cores or 0) for one in instance_type.accelerators),
        vcpus=instance_type.vcpus,
        memory_mib=instance_type.memory_mib,
        usage_classes=frozenset(instance_type.usage_classes),
        placement_strategies=frozenset(instance_type.placement_strategies),
    )


def _from_record(record: Mapping[str, Any]) -> Hardware:
    network = record["NetworkInfo"]
    neuron_devices = record.get("NeuronInfo", {}).get("NeuronDevices", [])
    return Hardware(
        name=record["InstanceType"],
        cards={
            card["NetworkCardIndex"]: Card(
                maximum_interfaces=card["MaximumNetworkInterfaces"],
                interface_types=frozenset(card.get("InterfaceTypes") or ["interface"]),
            )
            for card in network["NetworkCards"]
        },
        maximum_efa_interfaces=network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 0),
        architectures=frozenset(record["ProcessorInfo"]["SupportedArchitectures"]),
        accelerator=_accelerator(record),
        accelerator_count=sum(
            device.get("Count", 0) for device in (*record.get("GpuInfo", {}).get("Gpus", []), *neuron_devices)
        ),
        # Of the types without EFA, none has logical cores of more than one physical one.
        logical_neuron_cores=sum(device["Count"] * device["CoreInfo"]["Count"] for device in neuron_devices),
        vcpus=record["VCpuInfo"]["DefaultVCpus"],
        memory_mib=record["MemoryInfo"]["SizeInMiB"],
        usage_classes=frozenset(record["SupportedUsageClasses"]),
        placement_strategies=frozenset(record["PlacementGroupInfo"]["SupportedStrategies"]),
    )


def _accelerator(record: Mapping[str, Any]) -> str | None:
    for gpu in record.get("GpuInfo", {}).get("Gpus", []):
        return str(gpu["Manufacturer"]).lower()
    return "neuron" if "NeuronInfo" in record else None
