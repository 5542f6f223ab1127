"""Rewrite the generated data of the catalogue.

    python -m efa_constructs.catalogue.generate                        from moto's copy of DescribeInstanceTypes
    python -m efa_constructs.catalogue.generate --from-file dump.json  from your own account

The second form reads what ``aws ec2 describe-instance-types --output json`` printed. What AWS's documentation knows
better than the API is in ``corrections.json``, which is kept by hand and applied when the catalogue loads, not here.

moto's copy also gives the Availability Zones of each Region, and those that offer a type: only the first form rewrites
them.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import itertools
import json
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..errors import EfaConstructsError, InvalidArgumentError

__all__ = ["main", "write_availability_zones", "write_instance_types", "write_offered_zones"]

# The first release whose records have NetworkCards[].InterfaceTypes.
_OLDEST_MOTO = (5, 2, 5)
_HERE = Path(__file__).parent

# Where DescribeInstanceTypes lists accelerators: key, list, kind, and who makes them when the list does not say.
# A device that is in two lists (Inferentia) counts once, as the first kind.
_ACCELERATORS = (
    ("GpuInfo", "Gpus", "gpu", None),
    ("NeuronInfo", "NeuronDevices", "neuron", "AWS"),
    ("InferenceAcceleratorInfo", "Accelerators", "inference", None),
    ("FpgaInfo", "Fpgas", "fpga", None),
    ("MediaAcceleratorInfo", "Accelerators", "media", None),
)


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.catalogue.generate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--from-file", type=Path, metavar="JSON", help="a saved `aws ec2 describe-instance-types`")
    parser.add_argument("--to", type=Path, default=_HERE, metavar="DIR", help="where to write (default: the catalogue)")
    options = parser.parse_args(arguments)
    try:
        write_instance_types(options.to / "instance_types.json", options.from_file)
        if options.from_file is None:
            write_availability_zones(options.to / "availability_zones.json")
            write_offered_zones(options.to / "offered_zones.json")
    except EfaConstructsError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    return 0


def write_instance_types(path: Path, dump: Path | None = None) -> None:
    """Write ``instance_types.json``, the same bytes for the same input.

    :param path: The file to write.
    :param dump: A saved ``aws ec2 describe-instance-types``. Default: moto's copy.
    """
    records = sorted(_records_of_dump(dump) if dump else _records_of_moto(), key=lambda record: record["InstanceType"])
    with_efa = [record for record in records if record["NetworkInfo"].get("EfaSupported")]
    if not with_efa:
        raise InvalidArgumentError(f"'--from-file' {dump} has no instance type with EFA; save the answer unfiltered")
    without_efa = [record for record in records if not record["NetworkInfo"].get("EfaSupported")]
    source = "a saved DescribeInstanceTypes" if dump else f"DescribeInstanceTypes as recorded in moto {version('moto')}"
    _write(
        path,
        made_by="python -m efa_constructs.catalogue.generate",
        made_from=source,
        with_efa={record["InstanceType"]: _facts(record) for record in with_efa},
        without_efa=dict(_families(without_efa)),
    )


def write_availability_zones(path: Path) -> None:
    """Write ``availability_zones.json``, the same bytes for the same moto and botocore."""
    _require_moto()
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    zones = RegionsAndZonesBackend.zones
    _write(
        path,
        made_by="python -m efa_constructs.catalogue.generate",
        made_from=f"moto {version('moto')}",
        regions={region: [[zone.name, zone.zone_id] for zone in zones[region]] for region in sorted(zones)},
    )


def write_offered_zones(path: Path) -> None:
    """Write ``offered_zones.json``, the same bytes for the same moto: zones that offer a type with EFA, as letters."""
    with_efa = {record["InstanceType"] for record in _records_of_moto() if record["NetworkInfo"].get("EfaSupported")}
    offered: dict[str, dict[str, str]] = {}
    for file in sorted((_moto_resources() / "instance_type_offerings" / "availability-zone").iterdir()):
        region = file.name.partition(".")[0]
        with gzip.open(file) as content:
            offers = json.load(content)
        for name in sorted({offer["InstanceType"] for offer in offers} & with_efa):
            zones = (offer["Location"] for offer in offers if offer["InstanceType"] == name)
            # Local Zones and Wavelength Zones have no managed node groups.
            letters = (match[1] for match in (re.fullmatch(rf"{region}([a-z])", zone) for zone in zones) if match)
            offered.setdefault(name, {})[region] = "".join(sorted(letters))
    _write(
        path,
        made_by="python -m efa_constructs.catalogue.generate",
        made_from=f"DescribeInstanceTypeOfferings as recorded in moto {version('moto')}",
        zones={
            name: {region: letters for region, letters in offered[name].items() if letters} for name in sorted(offered)
        },
    )


def _records_of_moto() -> list[dict[str, Any]]:
    _require_moto()
    with gzip.open(_moto_resources() / "instance_types.json.gz") as file:
        return list(json.load(file).values())


def _moto_resources() -> Path:
    package = importlib.util.find_spec("moto")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "ec2" / "resources"


def _require_moto() -> None:
    try:
        found = version("moto")
    except PackageNotFoundError:
        raise InvalidArgumentError("moto is not installed; install 'moto[ec2]>=5.2.5', or give '--from-file'") from None
    if tuple(int(part) for part in found.split(".")[:3] if part.isdigit()) < _OLDEST_MOTO:
        raise InvalidArgumentError(
            f"moto {found} does not know which interface types a network card supports; install moto>=5.2.5"
        )


def _records_of_dump(path: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"'--from-file' {path} cannot be read: {error}") from None
    records = document.get("InstanceTypes") if isinstance(document, dict) else None
    if not records:
        raise InvalidArgumentError(
            f"'--from-file' {path} is no answer of DescribeInstanceTypes: it has no 'InstanceTypes'"
        )
    if any("InterfaceTypes" not in card for record in records for card in record["NetworkInfo"]["NetworkCards"]):
        raise InvalidArgumentError(f"'--from-file' {path} lacks 'InterfaceTypes'; save it with a newer aws-cli")
    return list(records)


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the catalogue keeps of one record."""
    network = record["NetworkInfo"]
    store = record.get("InstanceStorageInfo")
    return {
        "vcpus": record["VCpuInfo"]["DefaultVCpus"],
        "cores": record["VCpuInfo"].get("DefaultCores"),
        "memory_mib": record["MemoryInfo"]["SizeInMiB"],
        "architecture": _architecture(record),
        "hypervisor": record.get("Hypervisor"),
        "bare_metal": record["BareMetal"],
        "network_cards": list(_card_runs(record["InstanceType"], network["NetworkCards"])),
        "maximum_efa_interfaces": network["EfaInfo"]["MaximumEfaInterfaces"],
        "network_bandwidth_gbps": _network_bandwidth(network["NetworkPerformance"]),
        "maximum_network_interfaces": network["MaximumNetworkInterfaces"],
        "ipv4_addresses_per_interface": network["Ipv4AddressesPerInterface"],
        "accelerators": list(_accelerators(record)),
        "instance_store": store
        and {
            "disks": [[disk["Count"], disk["SizeInGB"], disk["Type"]] for disk in store["Disks"]],
            "total_size_gb": store["TotalSizeInGB"],
        },
        "usage_classes": sorted(record["SupportedUsageClasses"]),
        "placement_strategies": sorted(record["PlacementGroupInfo"]["SupportedStrategies"]),
    }


def _architecture(record: Mapping[str, Any]) -> str:
    """The 64-bit architecture: the oldest x86 types also list i386."""
    return str(next(name for name in record["ProcessorInfo"]["SupportedArchitectures"] if name in ("x86_64", "arm64")))


def _card_runs(name: str, cards: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Neighbouring equal cards as one entry with their number."""
    cards = sorted(cards, key=lambda card: int(card["NetworkCardIndex"]))
    if [card["NetworkCardIndex"] for card in cards] != list(range(len(cards))):
        raise InvalidArgumentError(f"the network cards of {name} are not numbered from 0 without a gap")
    facts = (
        {
            "maximum_interfaces": card["MaximumNetworkInterfaces"],
            "interface_types": card["InterfaceTypes"],
            "baseline_bandwidth_gbps": card.get("BaselineBandwidthInGbps"),
            "peak_bandwidth_gbps": card.get("PeakBandwidthInGbps"),
        }
        for card in cards
    )
    for fact, run in itertools.groupby(facts):
        yield {"cards": len(list(run)), **fact}


def _network_bandwidth(performance: str) -> float | None:
    """What ``4x 100 Gigabit`` or ``3200 Gigabit`` is in Gbps. None: it is a word, such as High."""
    match = re.fullmatch(r"(?:Up to )?(?:(\d+)x )?(\d+(?:\.\d+)?) Gigabit", performance)
    return match and int(match[1] or 1) * float(match[2])


def _accelerators(record: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    seen = set()
    for info, devices, kind, maker in _ACCELERATORS:
        for device in record.get(info, {}).get(devices, ()):
            if device["Name"] in seen:
                continue
            seen.add(device["Name"])
            yield {
                "kind": kind,
                "manufacturer": maker or device["Manufacturer"],
                "model": device["Name"],
                "count": device["Count"],
                "memory_mib": device.get("MemoryInfo", {}).get("SizeInMiB"),
                **({"neuron_cores": device["CoreInfo"]["Count"]} if "CoreInfo" in device else {}),
            }


def _families(records: list[dict[str, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The sizes of each family without EFA, and its accelerator, from which a similar type with EFA is found."""
    for family, members in itertools.groupby(records, key=lambda record: record["InstanceType"].partition(".")[0]):
        kept = list(members)
        accelerator = next(itertools.chain.from_iterable(map(_accelerators, kept)), None)
        yield (
            family,
            {
                "sizes": " ".join(record["InstanceType"].partition(".")[2] for record in kept),
                "accelerator": accelerator and [accelerator[key] for key in ("kind", "manufacturer", "model")],
            },
        )


def _write(path: Path, *, made_by: str, made_from: str, **sections: Mapping[str, Any]) -> None:
    """Write JSON with one record a line, so that a diff shows which records changed."""
    lines = [f'"made_by": {json.dumps(made_by)}', f'"made_from": {json.dumps(made_from)}']
    for name, section in sections.items():
        rows = ",\n".join(
            f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in section.items()
        )
        lines.append(f'"{name}": {{\n{rows}\n}}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    sys.exit(main())
