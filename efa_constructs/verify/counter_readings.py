"""Readings of the counters of EFA devices, as files: one before a run, one after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InvalidArgumentError
from .efa_counters import (
    NodeTraffic,
    RequiredTraffic,
    TrafficJudgement,
    judge_traffic,
    required_traffic,
    traffic_between,
)
from .verified import VerifiedRun

__all__ = ["CounterReading", "judge_readings", "read_counter_reading", "traffic_of_nodes"]

_SCHEMA_VERSION = 1
# Counters are 64 bits wide.
_COUNTER_END = 1 << 64

# By device with its port, and by counter.
NodeCounters = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterReading:
    """What the devices of a job's nodes had counted at one moment."""

    # NAMESPACE/NAME
    job: str
    # RFC 3339.
    time: str
    # By the node's name.
    nodes: Mapping[str, NodeCounters]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"schemaVersion": _SCHEMA_VERSION, "job": self.job, "time": self.time, "nodes": self.nodes}


def read_counter_reading(file: Path) -> CounterReading:
    """Read a file that ``efa counters`` wrote.

    :raises InvalidArgumentError: it cannot be read, or is none.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidArgumentError(f"cannot read the counters '{file}': {error.strerror}") from None
    # RecursionError: brackets in brackets in brackets.
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise InvalidArgumentError(f"'{file}' has no counters: it is not JSON; write it with 'efa counters'") from None
    if not isinstance(document, dict) or not _are_counters(document.get("nodes"), depth=3):
        raise InvalidArgumentError(f"'{file}' has no counters of nodes: write it with 'efa counters'")
    if document.get("schemaVersion") != _SCHEMA_VERSION:
        raise InvalidArgumentError(
            f"'{file}': 'schemaVersion' is {document.get('schemaVersion')!r}, this version reads {_SCHEMA_VERSION}"
        )
    return CounterReading(job=str(document.get("job")), time=str(document.get("time")), nodes=document["nodes"])


def judge_readings(runs: Sequence[VerifiedRun], before: CounterReading, after: CounterReading) -> TrafficJudgement:
    """Say whether what the nodes counted between two readings is at least what the runs in between moved.

    :param runs: All of them: what they moved adds up.
    :raises InvalidArgumentError: the readings are not of the same nodes, or the second one is the older.
    """
    types = {run.instance_type.name: run.instance_type for run in runs if run.instance_type is not None}
    return judge_traffic(
        traffic_of_nodes(before, after),
        _together([required_traffic(run.run) for run in runs]),
        next(iter(types.values())) if len(types) == 1 else None,
    )


def _together(required: Sequence[RequiredTraffic | None]) -> RequiredTraffic | None:
    known = [one for one in required if one is not None]
    # What one of them moved is not known: the others say too little.
    if not known or len(known) < len(required):
        return None
    return RequiredTraffic(
        nodes=max(one.nodes for one in known),
        total_bytes=sum(one.total_bytes for one in known),
        sent_by_each_node_bytes=sum(one.sent_by_each_node_bytes for one in known),
        received_by_each_node_bytes=sum(one.received_by_each_node_bytes for one in known),
    )


def traffic_of_nodes(before: CounterReading, after: CounterReading) -> tuple[NodeTraffic, ...]:
    """What the nodes counted between two readings.

    :raises InvalidArgumentError: the readings are not of the same nodes, or the second one is the older.
    """
    if after.time < before.time:
        raise InvalidArgumentError(
            f"the counters after the run are of {after.time}, and those before it of {before.time}: swap the files"
        )
    others = sorted(set(before.nodes) ^ set(after.nodes))
    if others:
        raise InvalidArgumentError(
            f"the counters before and after the run are not of the same nodes: only one has {', '.join(others)}; read "
            "them before and after a run whose workers stay where they are"
        )
    return tuple(traffic_between(node, before.nodes[node], after.nodes[node]) for node in sorted(after.nodes))


def _are_counters(value: object, *, depth: int) -> bool:
    """Whether a value is what a counter may show, that many objects deep."""
    if depth == 0:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _COUNTER_END
    return isinstance(value, dict) and all(_are_counters(each, depth=depth - 1) for each in value.values())
