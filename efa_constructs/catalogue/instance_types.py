"""What EC2 says about each instance type that has EFA: plain frozen records.

Named tuples, here and in all of the catalogue: importing dataclasses takes longer than reading the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Accelerator", "InstanceStore", "InstanceType", "NetworkCard"]


class NetworkCard(NamedTuple):
    """One network card. ``None`` means that AWS publishes no value."""

    index: int  # type: ignore[assignment]  # hides tuple.index
    # Network interfaces that fit on the card; device indices run from 0 to one less.
    maximum_interfaces: int | None
    # Of "interface" (ENA), "efa" (ENA and EFA) and "efa-only".
    interface_types: tuple[str, ...]
    baseline_bandwidth_gbps: float | None
    peak_bandwidth_gbps: float | None

    def supports(self, interface_type: str) -> bool:
        """Whether an interface of this type may be attached to the card."""
        return interface_type in self.interface_types

    def has_room_for(self, interfaces: int) -> bool:
        """Whether this many interfaces fit on the card. False when its limit is unknown, beyond the first."""
        return interfaces <= (1 if self.maximum_interfaces is None else self.maximum_interfaces)


class Accelerator(NamedTuple):
    """Accelerators of one model."""

    # "gpu", "neuron", "inference", "fpga" or "media": the part of DescribeInstanceTypes that lists it.
    kind: str
    manufacturer: str
    model: str
    count: int  # type: ignore[assignment]  # hides tuple.count
    # MiB on one accelerator; None: AWS publishes no value.
    memory_mib: int | None
    # Physical NeuronCores of one Neuron device; None of any other.
    neuron_cores: int | None = None
    # How many of these the Neuron runtime makes one logical NeuronCore of, unless NEURON_LOGICAL_NC_CONFIG says other.
    neuron_cores_a_logical_core: int = 1

    @property
    def logical_neuron_cores(self) -> int | None:
        """The NeuronCores of one Neuron device that programs see by default; None of any other accelerator."""
        return None if self.neuron_cores is None else self.neuron_cores // self.neuron_cores_a_logical_core


class InstanceStore(NamedTuple):
    """Disks that are part of the host: fast, and lost when the instance stops."""

    # (how many, GB each, "ssd" or "hdd")
    disks: tuple[tuple[int, int, str], ...]
    total_size_gb: int


class InstanceType(NamedTuple):
    """An EC2 instance type that has EFA. Where nothing else is said, ``None`` means unknown, never zero."""

    name: str
    vcpus: int
    cores: int | None
    memory_mib: int
    # "x86_64" or "arm64"
    architecture: str
    # "nitro"; None on bare metal, and where AWS publishes no value.
    hypervisor: str | None
    bare_metal: bool
    network_cards: tuple[NetworkCard, ...]
    # EFA interfaces (``efa`` and ``efa-only`` together) that one instance may have. It is not the number of cards.
    maximum_efa_interfaces: int | None
    maximum_network_interfaces: int | None
    ipv4_addresses_per_interface: int | None
    accelerators: tuple[Accelerator, ...]
    # None: it has none, as far as is known.
    instance_store: InstanceStore | None
    # Of "on-demand", "spot" and "capacity-block".
    usage_classes: tuple[str, ...]
    # Of "cluster", "partition" and "spread". Empty: none is known.
    placement_strategies: tuple[str, ...]
    # Gbps of the whole instance, in each direction, over EFA; its cards may promise more together than it can carry
    # (g6e.48xlarge), or less, where they count IP traffic (p6-b200.48xlarge).
    network_bandwidth_gbps: float | None = None
    # Of "read" and "write"; () is neither, None: not in AWS's table.
    rdma: tuple[str, ...] | None = None
    # "describe-instance-types", or "documentation" for a type that no public dump of the API has.
    source: str = "describe-instance-types"
    # The cards that AWS documents for EFA, where the API's maximum is unknown.
    documented_efa_cards: tuple[int, ...] = ()
    # The cards that get one more ENA interface in the ``bandwidth`` layout. None: every card but the first.
    bandwidth_cards: tuple[int, ...] | None = None
    # Whether it exchanges EFA traffic with instances of its own family only.
    efa_only_with_own_kind: bool = False
    # Whether its accelerators reach those of other instances by a link of their own (NVLink, NeuronLink), past EFA.
    accelerator_link_spans_instances: bool = False
    # What the current EKS AMIs lack for this type, as a sentence for the user.
    ami_limitation: str | None = None

    @property
    def family(self) -> str:
        """The part of the name before the dot, such as ``p5en``."""
        return self.name.partition(".")[0]

    @property
    def accelerator_count(self) -> int:
        """All accelerators together."""
        return sum(accelerator.count for accelerator in self.accelerators)

    @property
    def known_efa_interfaces(self) -> int:
        """EFA interfaces that one instance surely may have: where the maximum is unknown, as many as AWS documents."""
        if self.maximum_efa_interfaces is None:
            return len(self.documented_efa_cards)
        return self.maximum_efa_interfaces

    @property
    def has_nvidia_gpus(self) -> bool:
        """Whether its accelerators need NVIDIA's driver."""
        return any(accelerator.manufacturer == "NVIDIA" for accelerator in self.accelerators)

    @property
    def has_neuron_devices(self) -> bool:
        """Whether its accelerators (Inferentia, Trainium) need AWS Neuron's driver."""
        return any(accelerator.kind == "neuron" for accelerator in self.accelerators)


def instance_type_from_record(name: str, record: Mapping[str, Any]) -> InstanceType:
    """Make the object from one record of ``instance_types.json``, corrections applied."""
    store = record["instance_store"]
    return InstanceType(
        **{
            **record,
            "name": name,
            "network_cards": _network_cards(record["network_cards"]),
            "accelerators": tuple(Accelerator(**accelerator) for accelerator in record["accelerators"]),
            "instance_store": store and InstanceStore(tuple(map(tuple, store["disks"])), store["total_size_gb"]),
            "usage_classes": tuple(record["usage_classes"]),
            "placement_strategies": tuple(record["placement_strategies"]),
            "documented_efa_cards": tuple(record.get("documented_efa_cards", ())),
            "rdma": _tuple_or_none(record.get("rdma")),
            "bandwidth_cards": _tuple_or_none(record.get("bandwidth_cards")),
        }
    )


def _network_cards(runs: list[dict[str, Any]]) -> tuple[NetworkCard, ...]:
    """Cards are stored as runs of equal ones: p5.48xlarge has 32."""
    cards: list[NetworkCard] = []
    for run in runs:
        for _ in range(run["cards"]):
            cards.append(
                NetworkCard(
                    len(cards),
                    run["maximum_interfaces"],
                    tuple(run["interface_types"]),
                    run["baseline_bandwidth_gbps"],
                    run["peak_bandwidth_gbps"],
                )
            )
    return tuple(cards)


def _tuple_or_none(values: list[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)
