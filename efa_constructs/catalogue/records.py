"""Reads the catalogue's data: the generated records with the hand-kept corrections applied to them."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

__all__ = [
    "RECORDED",
    "apply_corrections",
    "is_known_family",
    "load_json",
    "records_with_efa",
    "refused_types",
    "sizes_without_efa",
]

RECORDED = "2026-10-27"
"""When what the generated records were made from was published: later instance types are not among them."""


@cache
def records_with_efa() -> Mapping[str, Mapping[str, Any]]:
    """Return the corrected record of each instance type that has EFA, by name and in that order."""
    return dict(sorted(apply_corrections(_generated()["with_efa"], _corrections()).items()))


@cache
def refused_types() -> Mapping[str, Mapping[str, Any]]:
    """Return the correction (``refused``, ``alternatives``) of each type that is known only by name."""
    refusals = [correction for correction in _corrections() if "refused" in correction]
    return {name: refusal for refusal in refusals for name in refusal["instance_types"]}


def sizes_without_efa(family: str) -> tuple[tuple[str, ...], tuple[str, str, str] | None]:
    """Return the names of a family's types that have no EFA, and their accelerator (kind, manufacturer, model)."""
    entry = _generated()["without_efa"].get(family)
    if entry is None:
        return (), None
    accelerator = entry["accelerator"]
    return tuple(f"{family}.{size}" for size in entry["sizes"].split()), accelerator and tuple(accelerator)


def is_known_family(family: str) -> bool:
    """Whether there are types of a family, such as ``p5en``, with EFA or without."""
    names = itertools.chain(records_with_efa(), refused_types())
    return family in _generated()["without_efa"] or any(name.startswith(f"{family}.") for name in names)


def apply_corrections(
    records: Mapping[str, Mapping[str, Any]], corrections: list[dict[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Return the records with the facts of the corrections. A name without a record becomes one; later facts win."""
    corrected = dict(records)
    for correction in corrections:
        for name in _names(correction["instance_types"], corrected):
            if "facts" in correction:
                corrected[name] = _corrected(corrected.get(name, {}), correction["facts"])
    return corrected


def load_json(name: str) -> Any:
    """Read a data file that lies beside this module."""
    # Not pathlib or importlib.resources: they take longer to import than all the rest of the catalogue.
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:  # noqa: PTH118, PTH120, PTH123
        return json.load(file)


@cache
def _generated() -> dict[str, Any]:
    generated: dict[str, Any] = load_json("instance_types.json")
    return generated


@cache
def _corrections() -> list[dict[str, Any]]:
    corrections: list[dict[str, Any]] = load_json("corrections.json")["corrections"]
    return corrections


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
