"""Reads the catalogue's data: the generated records with the hand-kept corrections applied to them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["FamilyWithoutEfa", "Refusal", "Records", "apply_corrections", "load_json", "load_records"]


@dataclass(frozen=True, slots=True)
class FamilyWithoutEfa:
    """The sizes of a family that have no EFA."""

    names: frozenset[str]
    # (kind, manufacturer, model)
    accelerator: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A type that users may have heard of and that cannot be used yet."""

    why: str
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """All the data, as JSON values."""

    # By instance type name, sorted.
    with_efa: Mapping[str, Mapping[str, Any]]
    # By family.
    without_efa: Mapping[str, FamilyWithoutEfa]
    # By instance type name.
    refused: Mapping[str, Refusal]


@cache
def load_records() -> Records:
    """Read and correct the data, once a process."""
    generated = load_json("instance_types.json")
    with_efa, refused = apply_corrections(generated["with_efa"], load_json("corrections.json")["corrections"])
    without_efa = {
        family: FamilyWithoutEfa(
            names=frozenset(f"{family}.{size}" for size in entry["sizes"].split()),
            accelerator=entry["accelerator"] and tuple(entry["accelerator"]),
        )
        for family, entry in generated["without_efa"].items()
    }
    return Records(dict(sorted(with_efa.items())), without_efa, refused)


def apply_corrections(
    generated: Mapping[str, Mapping[str, Any]], corrections: list[dict[str, Any]]
) -> tuple[dict[str, Mapping[str, Any]], dict[str, Refusal]]:
    """Return the corrected records, and the types that are refused. Later corrections win."""
    records = dict(generated)
    refused = {}
    for correction in corrections:
        for name in _names(correction["instance_types"], records):
            if "refused" in correction:
                refused[name] = Refusal(correction["refused"], tuple(correction["alternatives"]))
            else:
                records[name] = _corrected(records.get(name, {}), correction["facts"])
    return records, refused


def load_json(name: str) -> Any:
    """Read a data file that lies beside this module."""
    # Not pathlib or importlib.resources: they take longer to import than all the rest of the catalogue.
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:  # noqa: PTH118, PTH120, PTH123
        return json.load(file)


def _names(patterns: list[str], records: Mapping[str, Any]) -> Iterator[str]:
    for pattern in patterns:
        if pattern.endswith(".*"):
            yield from [name for name in records if name.startswith(pattern[:-1])]
        else:
            yield pattern


def _corrected(record: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts replace the record's; accelerators given by model only change that model's facts."""
    accelerators = facts.get("accelerators")
    if isinstance(accelerators, dict):
        facts = {
            **facts,
            "accelerators": [{**device, **accelerators.get(device["model"], {})} for device in record["accelerators"]],
        }
    return {**record, **facts}
