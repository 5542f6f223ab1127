"""``efa instances``: which instance types have EFA, and what one of them gets."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import catalogue
from ..errors import InvalidArgumentError
from .interface_rows import card_rows
from .labelled_lines import fact_lines
from .output import console, note, print_json, width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from rich.table import Table

    from ..catalogue import InstanceType, NetworkInterface
    from ..lookups.regional_offer import RegionalOffer

__all__ = ["instances"]

UNKNOWN = "?"
# Columns of the list with numbers, and those that go onto a line of their own in a narrow terminal, in this order.
_RIGHT = (1, 2, 4, 5)
_FOLDABLE = (3, 7, 8)
# Of arguments of catalogue.find that are not named like their option.
_OPTIONS = {"efa_interfaces": "--efa", "usage_class": "--usage-class"}


def instances(
    name: Annotated[str | None, typer.Argument(help="Show one type with its interfaces, such as p5.48xlarge.")] = None,
    family: Annotated[str | None, typer.Option(help="Such as p5en.")] = None,
    accelerator: Annotated[str | None, typer.Option(help="Maker, model or kind: nvidia, H100, neuron.")] = None,
    efa: Annotated[int | None, typer.Option("--efa", "--min-efa", help="At least this many EFA interfaces.")] = None,
    architecture: Annotated[str | None, typer.Option(help="x86_64 or arm64.")] = None,
    usage_class: Annotated[str | None, typer.Option(help="on-demand, spot or capacity-block.")] = None,
    region: Annotated[str | None, typer.Option(help="Ask AWS what this Region offers, and in which zones.")] = None,
    profile: Annotated[str | None, typer.Option(help="Of the AWS configuration. Alone: ask in its Region.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """List the instance types that have EFA, or show one of them with the interfaces of each layout.

    Example: efa instances --accelerator nvidia --efa 8 --region us-west-2

    Exit code 1: no type is like that, or the Region does not offer it.
    """
    filters = {
        "family": family,
        "accelerator": accelerator,
        "efa_interfaces": efa,
        "architecture": architecture,
        "usage_class": usage_class,
    }
    given = {key: value for key, value in filters.items() if value is not None}
    if name is not None and given:
        raise InvalidArgumentError(f"give either a type, here '{name}', or filters, not both")
    found = _find(given) if name is None else (catalogue.get(name),)
    if region is None and profile is None:
        return _list(found, as_json) if name is None else _show(found[0], as_json)
    from . import regional_types

    # AWS may say more or less of a type's usage classes than the catalogue does.
    all_classes = _find({key: value for key, value in given.items() if key != "usage_class"}) if given else found
    offer = regional_types.read_offer([each.name for each in all_classes], region, profile)
    if name is None:
        return _list_offered(offer, all_classes, usage_class, as_json)
    return _show_offered(offer, found[0], as_json)


def _list(found: tuple[InstanceType, ...], as_json: bool) -> int:
    if as_json:
        print_json({"instanceTypes": [facts(instance_type) for instance_type in found]})
    elif found:
        _print_list(found)
        note(f"{len(found)} instance types; 'efa instances TYPE' shows the interfaces of one")
    else:
        note("no instance type with EFA is like that")
    return 0 if found else 1


def _list_offered(offer: RegionalOffer, asked: Collection[InstanceType], usage_class: str | None, as_json: bool) -> int:
    from . import regional_types

    found = regional_types.offered(offer, asked, usage_class)
    names = [each.name for each in found]
    elsewhere = [each.name for each in asked if not offer.offers(each.name)]
    refused = regional_types.had_in_the_catalogue_only(offer, asked, usage_class)
    if as_json:
        types = [facts(each) | {"availabilityZones": regional_types.zone_facts(offer, each.name)} for each in found]
        doubts = regional_types.offer_facts(offer, [*names, *refused])
        print_json({"region": offer.region, "instanceTypes": types, "notOffered": elsewhere, **doubts})
        return 0 if found else 1
    if found:
        _print_list(found, zones=[regional_types.zones_cell(offer, name) for name in names])
        print()
        print(f"Zones of {offer.region}")
        for line in fact_lines(regional_types.zone_legend(offer, names), width()):
            print(line)
    total = len(found) + len(elsewhere) + len(refused)
    note(f"{offer.region} offers {len(found)} of {total} instance types that are like that")
    regional_types.note_doubts(offer, [*names, *refused])
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


def _print_list(found: Iterable[InstanceType], zones: list[str] | None = None) -> None:
    # Not rich: it takes 0.1 s to lay out 300 rows, and the widths are known.
    heading: tuple[str, ...] = ("TYPE", "EFA", "CARDS", "ACCELERATORS", "VCPU", "MEMORY", "ARCH", "ALSO AS")
    rows: list[tuple[str, ...]] = [
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
    if zones is not None:
        heading = (*heading, "ZONES")
        rows = [(*row, of_row) for row, of_row in zip(rows, zones, strict=True)]
    for line in _table_lines([heading, *rows], width()):
        print(line)


def _table_lines(rows: list[tuple[str, ...]], available: int) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    folded: list[int] = []
    beside = list(range(len(widths)))
    for column in [column for column in _FOLDABLE if column < len(widths)]:
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


def _show_offered(offer: RegionalOffer, instance_type: InstanceType, as_json: bool) -> int:
    from . import regional_types

    name = instance_type.name
    _show(
        instance_type._replace(usage_classes=offer.usage_classes(instance_type)),
        as_json,
        lines=[("offered in", regional_types.zones_in_words(offer, name))],
        more={
            "region": offer.region,
            "availabilityZones": regional_types.zone_facts(offer, name),
            **regional_types.offer_facts(offer, [name]),
        },
    )
    if not as_json:
        regional_types.note_doubts(offer, [name])
    return 0 if offer.offers(name) else 1


def _show(
    instance_type: InstanceType,
    as_json: bool,
    lines: Iterable[tuple[str, str]] = (),
    more: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    layouts = {layout: _layout(instance_type, layout) for layout in catalogue.InterfaceLayout}
    if as_json:
        print_json({**facts(instance_type), **more, "layouts": {layout: each for layout, (each, _) in layouts.items()}})
        return 0
    out = console()
    out.print(f"[bold]{instance_type.name}[/]")
    for line in fact_lines([*_summary(instance_type), *lines], width()):
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
