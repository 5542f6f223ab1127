"""The verdict on a log as JSON, which scripts rely on.

Sizes are in bytes, times in microseconds, bandwidths in GB/s. ``null``: the log does not say it.
"""

from __future__ import annotations

from typing import Any

from . import bandwidth
from .results import Measurement, Row
from .verdict import Reason
from .verified import VerifiedLog, VerifiedRun

__all__ = ["to_json"]


def to_json(verified: VerifiedLog) -> dict[str, Any]:
    """The fields of the run that decides about the log, and ``results``, the same of every run.

    Of a log without any, nothing but the verdict and its reasons is there; the rest is null.
    """
    results = [_result(run) for run in verified.runs]
    if verified.decisive is not None:
        return {**_result(verified.decisive), "results": results}
    return {
        **dict.fromkeys(_OF_A_RUN),
        "verdict": verified.verdict,
        "passes": False,
        "reasons": [_reason(reason) for reason in verified.reasons],
        "advice": list(verified.advice),
        "results": results,
    }


_OF_A_RUN = (
    *("verdict", "passes", "reasons", "advice", "causes", "rules", "collective", "ranks", "nodes", "hosts", "devices"),
    *(
        "pod",
        "rows",
        "peak_bus_bandwidth",
        "average_bus_bandwidth",
        "wrong_values",
        "truncated",
        "libfabric",
        "nccl",
        "plugin",
    ),
    *("interfaces", "instance_type", "bandwidth"),
)


def _result(verified: VerifiedRun) -> dict[str, Any]:
    run = verified.run
    return {
        "verdict": verified.verdict,
        "passes": verified.passes,
        "reasons": [_reason(reason) for reason in verified.reasons],
        "advice": list(verified.advice),
        "causes": [cause.code for cause in verified.causes],
        "rules": list(dict.fromkeys(cause.rule.id for cause in verified.causes if cause.rule)),
        "collective": run.collective,
        "ranks": run.ranks,
        "nodes": run.nodes,
        "hosts": list(run.hosts),
        "devices": list(run.devices),
        "pod": run.pod,
        "rows": [_row(row) for row in run.rows],
        "peak_bus_bandwidth": verified.peak_bus_bandwidth,
        "average_bus_bandwidth": run.average_bus_bandwidth,
        "wrong_values": verified.wrong_values,
        "truncated": run.truncated,
        "libfabric": verified.libfabric,
        "nccl": verified.nccl,
        "plugin": verified.plugin,
        "interfaces": {"found": verified.interfaces_found, "expected": verified.interfaces_expected},
        "instance_type": None if verified.instance_type is None else verified.instance_type.name,
        "bandwidth": bandwidth.to_json(verified.bandwidth),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    lines = [{"number": line.number, "text": line.text} for line in reason.lines]
    return {"statement": reason.statement, "count": reason.count, "lines": lines}


def _row(row: Row) -> dict[str, Any]:
    return {
        "size_bytes": row.size_bytes,
        "count": row.count,
        "data_type": row.data_type,
        "reduction": row.reduction,
        "root": row.root,
        "out_of_place": _measurement(row.out_of_place),
        "in_place": _measurement(row.in_place),
    }


def _measurement(measured: Measurement | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    return {
        "time_us": measured.time_us,
        "algorithm_bandwidth": measured.algorithm_bandwidth,
        "bus_bandwidth": measured.bus_bandwidth,
        "wrong_values": measured.wrong_values,
    }
