"""``efa instances``: which instance types have EFA, and what one of them gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import catalogue
from ..errors import InvalidArgumentError
from .cards import card_rows
from .facts import fact_lines
from .output import console, note, print_json, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from ..catalogue import InstanceType, NetworkInterface

__all__ = ["instances"]

UNKNOWN = "?"
# Columns of the list with numbers, and those that go onto a line of their own in a narrow terminal, in this order.
_RIGHT = (1, 2, 4, 5)
_FOLDABLE = (3, 7)
# Of arguments of catalogue.find that are not named like their option.
_OPTIONS = {"efa_interfaces": "--efa", "usage_class": "--usage-class"}


def instances(
    name: Annotated[str | None, typer.Argument(help="Show one type with its interfaces, such as p5.48xlarge.")] = None,
    family: Annotated[str | None, typer.Option(help="Such as p5en.")] = None,
    accelerator: Annotated[str | None, typer.Option(help="Maker, model or kind: nvidia, H100, neuron.")] = None,
    efa: Annotated[int | None, typer.Option("--efa", "--min-efa", help="At least this many EFA interfaces.")] = None,
    architecture: Annotated[str | None, typer.Option(help="x86_64 or arm64.")] = None,
    usage_class: Annotated[str | None, typer.Option(help="on-demand, spot or capacity-block.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """List the instance types that have EFA, or show one of them with the interfaces of each layout.

    Example: efa instances --accelerator nvidia --efa 8

    Exit code 1: no type is like that.
    """
    filters = {
        "family": family,
        "accelerator": accelerator,
        "efa_interfaces": efa,
        "architecture": architecture,
        "usage_class": usage_class,
    }
    given = {key: value for key, value in filters.items() if value is not None}
    if name is None:
        return _list(given, as_json)
    if given:
        raise InvalidArgumentError(f"give either a type, here '{name}', or filters, not both")
    return _show(catalogue.get(name), as_json)


def _list(filters: dict[str, Any], as_json: bool) -> int:
    found = _find(filters)
    if as_json:
        print_json({"instanceTypes": [facts(instance_type) for instance_type in found]})
    elif found:
        _print_list(found)
    if not found and not as_json:
        note("no instance type with EFA is like that")
    return 0 if found else 1


def _find(filters: dict[str, Any]) -> tuple[InstanceType, ...]:
    """Let errors name the option, where they name the argument that it became."""
    try:
        return catalogue.find(**filters)
    except InvalidArgumentError as error:
        message = str(error)
        for argument in filters:
            message = message.replace(f"'{argument}'", f"'{_OPTIONS.get(argument, f'--{argument}')}'")
        raise InvalidArgumentError(message) from None


def _print_list(found: Iterable[InstanceType]) -> None:
    # Not rich: it takes 0.1 s to lay out 300 rows, and the widths are known.
    rows: list[tuple[str, ...]] = [("TYPE", "EFA", "CARDS", "ACCELERATORS", "VCPU", "MEMORY", "ARCH", "ALSO AS")]
    rows += [
        (
            each.name,
            _or_unknown(each.maximum_efa_interfaces),
            str(len(each.network_cards)),
            _accelerators(each),
            str(each.vcpus),
            f"{each.memory_mib // 1024} GiB",
            each.architecture,
            _capacity(each),
        )
        for each in found
    ]
    for line in _table_lines(rows, width()):
        print(line)
    note(f"{len(rows) - 1} instance types; 'efa instances TYPE' shows the interfaces of one")


def _table_lines(rows: list[tuple[str, ...]], available: int) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    folded: list[int] = []
    beside = list(range(len(widths)))
    for column in _FOLDABLE:
        if sum(widths[one] + 2 for one in beside) - 2 <= available:
            break
        beside.remove(column)
        folded.append(column)
    for row in rows:
        cells = (row[one].rjust(widths[one]) if one in _RIGHT else row[one].ljust(widths[one]) for one in beside)
        yield "  ".join(cells).rstrip()
        below = "; ".join(row[one] for one in folded if row[one])
        if below:
            yield f"    {below}"


def _capacity(instance_type: InstanceType) -> str:
    """How it can be had beside on-demand, which is plain."""
    if not instance_type.usage_classes:
        return UNKNOWN
    classes = [name for name in instance_type.usage_classes if name != "on-demand"]
    only = [] if "on-demand" in instance_type.usage_classes else ["only"]
    return " ".join([{"capacity-block": "block"}.get(name, name) for name in classes] + only)


def _accelerators(instance_type: InstanceType) -> str:
    return ", ".join(f"{each.count} x {each.model}" for each in instance_type.accelerators)


def _or_unknown(value: int | None) -> str:
    return UNKNOWN if value is None else str(value)


def _show(instance_type: InstanceType, as_json: bool) -> int:
    layouts = {layout: _layout(instance_type, layout) for layout in catalogue.InterfaceLayout}
    if as_json:
        print_json(facts(instance_type) | {"layouts": {layout: found for layout, (found, _) in layouts.items()}})
        return 0
    out = console()
    out.print(f"[bold]{instance_type.name}[/]")
    for line in fact_lines(_summary(instance_type), width()):
        out.print(line, markup=False)
    for layout, (found, interfaces) in layouts.items():
        out.print()
        if "refused" in found:
            out.print(f"[bold]{layout}[/]: {found['refused']}")
            continue
        out.print(
            f"[bold]{layout}[/]: {found['efaInterfaces']} EFA of {len(interfaces)} interfaces, "
            f"{found['ipv4Addresses']} IPv4 a node, max pods {_or_unknown(found['maxPods'])}"
        )
        out.print(_interface_table(interfaces))
    return 0


def _summary(instance_type: InstanceType) -> list[tuple[str, str]]:
    cards: dict[str, int] = {}
    for card in instance_type.network_cards:
        speed = UNKNOWN if card.peak_bandwidth_gbps is None else f"{card.peak_bandwidth_gbps:g}"
        key = (
            f"{speed} Gbps, {_or_unknown(card.maximum_interfaces)} interfaces a card, {'/'.join(card.interface_types)}"
        )
        cards[key] = cards.get(key, 0) + 1
    lines = [
        ("EFA interfaces", _or_unknown(instance_type.maximum_efa_interfaces)),
        *(("network cards", f"{count} x {text}") for text, count in cards.items()),
        *(("accelerators", f"{_accelerators_with_memory(each)}") for each in instance_type.accelerators),
        ("vCPU", f"{instance_type.vcpus} ({_or_unknown(instance_type.cores)} cores, {instance_type.architecture})"),
        ("memory", f"{instance_type.memory_mib / 1024:g} GiB"),
        ("AMI type", catalogue.default_ami_type(instance_type).name),
        ("capacity", ", ".join(instance_type.usage_classes) or UNKNOWN),
        ("placement", ", ".join(instance_type.placement_strategies) or UNKNOWN),
    ]
    if instance_type.instance_store is not None:
        lines.append(("instance store", f"{instance_type.instance_store.total_size_gb} GB"))
    if instance_type.rdma is not None:
        lines.append(("RDMA", " and ".join(instance_type.rdma) or "none"))
    if instance_type.ami_limitation is not None:
        lines.append(("note", instance_type.ami_limitation))
    return lines


def _accelerators_with_memory(accelerator: catalogue.Accelerator) -> str:
    memory = "" if accelerator.memory_mib is None else f", {accelerator.memory_mib / 1024:g} GiB each"
    return f"{accelerator.count} x {accelerator.manufacturer} {accelerator.model}{memory}"


def _interface_table(interfaces: tuple[NetworkInterface, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.ASCII, show_edge=False, pad_edge=False)
    for heading in ("network card", "device", "type", "IPv4"):
        table.add_column(heading)
    rows = [
        (each.network_card_index, (str(each.device_index), each.interface_type, "yes" if each.has_ip_address else "-"))
        for each in interfaces
    ]
    for cards, cells in card_rows(rows):
        table.add_row(cards, *cells)
    return table


def _layout(
    instance_type: InstanceType, layout: catalogue.InterfaceLayout
) -> tuple[dict[str, Any], tuple[NetworkInterface, ...]]:
    try:
        interfaces = catalogue.network_interfaces(instance_type, layout)
    except InvalidArgumentError as error:
        return {"refused": str(error)}, ()
    pods = catalogue.max_pods(instance_type, interfaces)
    return {
        "efaInterfaces": catalogue.efa_interface_count(interfaces),
        "ipv4Addresses": catalogue.ipv4_addresses_used(interfaces),
        "maxPods": None if pods.usable is None else min(pods.usable, pods.managed_limit),
        "interfaces": [
            {
                "networkCardIndex": interface.network_card_index,
                "deviceIndex": interface.device_index,
                "interfaceType": interface.interface_type,
            }
            for interface in interfaces
        ],
    }, interfaces


def facts(instance_type: InstanceType) -> dict[str, Any]:
    """An instance type as a JSON object. ``null`` means that AWS publishes no value."""
    return {
        "name": instance_type.name,
        "maximumEfaInterfaces": instance_type.maximum_efa_interfaces,
        "networkCards": [
            {
                "index": card.index,
                "maximumInterfaces": card.maximum_interfaces,
                "interfaceTypes": list(card.interface_types),
                "peakBandwidthGbps": card.peak_bandwidth_gbps,
            }
            for card in instance_type.network_cards
        ],
        "accelerators": [
            {
                "kind": each.kind,
                "manufacturer": each.manufacturer,
                "model": each.model,
                "count": each.count,
                "memoryMiB": each.memory_mib,
                "neuronCores": each.neuron_cores,
            }
            for each in instance_type.accelerators
        ],
        "vcpus": instance_type.vcpus,
        "memoryMiB": instance_type.memory_mib,
        "architecture": instance_type.architecture,
        "usageClasses": list(instance_type.usage_classes),
        "placementStrategies": list(instance_type.placement_strategies),
        "instanceStoreGB": instance_type.instance_store.total_size_gb if instance_type.instance_store else None,
        "rdma": None if instance_type.rdma is None else list(instance_type.rdma),
        "source": instance_type.source,
        "amiType": catalogue.default_ami_type(instance_type).name,
    }
