"""Traffic that EFA devices counted during a run, against what the run must have moved.

Logs say what NCCL meant to use; counters say what the device sent. They are read before and after a run, on every node,
with ``READ_COUNTERS``, and count since the driver started, for every program of the node: a run alone on its nodes is
what they tell of best.

========  ============================================================================================================
sent      ``send_bytes``, ``rdma_write_bytes`` (written to others), ``rdma_read_resp_bytes`` (sent because others read)
received  ``recv_bytes``, ``rdma_write_recv_bytes``, ``rdma_read_bytes``
========  ============================================================================================================

Sources: Amazon EC2 User Guide, Monitor an Elastic Fabric Adapter
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-working-monitor.html), and the driver, amzn/amzn-drivers:
kernel/linux/efa/src/efa_verbs.c (names; all are 64 bits wide, so that a smaller value means that they started anew).
Which of them NCCL's traffic moves follows from the plugin: its RDMA protocol, on types whose EFA writes (p5 and newer),
writes; its SENDRECV protocol, on the others, sends, and libfabric reads large messages where EFA can read (p4d).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..catalogue import InstanceType
from .in_words import bytes_in_words
from .network_traffic import network_traffic
from .results import NcclTestsRun

__all__ = [
    "READ_COUNTERS",
    "CounterVerdict",
    "DeviceTraffic",
    "NodeTraffic",
    "RequiredTraffic",
    "TrafficJudgement",
    "judge_traffic",
    "parse_counters",
    "required_traffic",
    "to_json",
    "traffic_between",
]

# Run in a container of the node. GNU's and BusyBox's grep both know -H (name of the file, also of a single one) and -s
# (no complaint about files that are not there); that nothing is found is no failure of the command.
READ_COUNTERS = ("sh", "-c", "grep -Hs . /sys/class/infiniband/*/ports/*/hw_counters/* || true")

_LINE = re.compile(r"/sys/class/infiniband/([^/\s]+)/ports/(\d+)/hw_counters/(\w+):[ \t]*(\d+)\s*$")

_SENT = ("send_bytes", "rdma_write_bytes", "rdma_read_resp_bytes")
_RECEIVED = ("recv_bytes", "rdma_write_recv_bytes", "rdma_read_bytes")
# What all bytes of the device count as, headers included: for a driver that counts nothing finer.
_ALL_SENT, _ALL_RECEIVED = "tx_bytes", "rx_bytes"
_TROUBLES: Mapping[str, str] = {
    "rx_drops": "packets were received and dropped",
    "rdma_read_wr_err": "RDMA reads failed",
    "rdma_write_wr_err": "RDMA writes failed",
    "retrans_pkts": "packets were sent again",
    "retrans_timeout_events": "the other side did not confirm packets in time",
    "impaired_remote_conn_events": "a connection was impaired for a while",
    "unresponsive_remote_events": "the other side did not answer",
}

Counters = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTraffic:
    """What one device counted between two readings."""

    # Such as rdmap16s27/1, with its port.
    device: str
    sent_bytes: int
    received_bytes: int
    # How much each counter grew.
    grown: Mapping[str, int]
    # It counted anew from 0 in between: what it says is the least that passed.
    restarted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTraffic:
    """What the devices of one node counted between two readings."""

    node: str
    devices: tuple[DeviceTraffic, ...]
    # Devices that the second reading has no more.
    gone: tuple[str, ...]

    @property
    def sent_bytes(self) -> int:
        """Sent over all devices."""
        return sum(device.sent_bytes for device in self.devices)

    @property
    def received_bytes(self) -> int:
        """Received over all devices."""
        return sum(device.received_bytes for device in self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredTraffic:
    """The least that a run moved between its nodes, in bytes."""

    # That the run was on.
    nodes: int
    # Sent by all nodes together.
    total_bytes: int
    sent_by_each_node_bytes: int
    received_by_each_node_bytes: int


class CounterVerdict(StrEnum):
    """What the counters prove."""

    # Every node, and all together, moved what the run must have moved: it went over EFA.
    PROVEN = "proven"
    # EFA carried less than the run must have moved: the rest went another way.
    PARTLY = "partly"
    # EFA carried nothing.
    UNUSED = "unused"
    # No device, or what must have been moved is not known.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficJudgement:
    """What the counters of all nodes prove about a run."""

    verdict: CounterVerdict
    nodes: tuple[NodeTraffic, ...]
    required: RequiredTraffic | None
    # Sentences for people.
    words: tuple[str, ...]
    # Errors and packets that were sent again, in sentences.
    troubles: tuple[str, ...]


def parse_counters(text: str) -> dict[str, dict[str, int]]:
    """Return the counters of each device with its port, as ``READ_COUNTERS`` printed them; skip other lines."""
    devices: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        match = _LINE.search(line)
        if match is not None:
            device, port, counter, value = match.groups()
            devices.setdefault(f"{device}/{port}", {})[counter] = int(value)
    return devices


def traffic_between(node: str, before: Counters, after: Counters) -> NodeTraffic:
    """Return what the devices of a node counted between two readings.

    A device that only the second reading has counts from 0, as one does whose counters became smaller.

    :param node: Its name.
    :param before: The first reading, from :func:`parse_counters`.
    :param after: The second one.
    """
    return NodeTraffic(
        node=node,
        devices=tuple(_device_traffic(device, before.get(device), after[device]) for device in sorted(after)),
        gone=tuple(sorted(set(before) - set(after))),
    )


def _device_traffic(device: str, before: Mapping[str, int] | None, after: Mapping[str, int]) -> DeviceTraffic:
    restarted = before is None or any(value < before.get(counter, 0) for counter, value in after.items())
    start = {} if restarted or before is None else before
    grown = {counter: value - start.get(counter, 0) for counter, value in after.items()}
    return DeviceTraffic(
        device=device,
        sent_bytes=_sum_of(grown, _SENT, _ALL_SENT),
        received_bytes=_sum_of(grown, _RECEIVED, _ALL_RECEIVED),
        grown=grown,
        restarted=restarted,
    )


def _sum_of(grown: Mapping[str, int], counters: Sequence[str], otherwise: str) -> int:
    present = [grown[counter] for counter in counters if counter in grown]
    return sum(present) if present else grown.get(otherwise, 0)


def required_traffic(
    run: NcclTestsRun, *, nodes: int | None = None, iterations: int | None = None
) -> RequiredTraffic | None:
    """Return the least that a run moved between its nodes. None: no bound is known.

    Each operation of each row, out of place and in place, was timed so many times. Warm-up, the first call and the
    checks of values come on top of it (BenchTime and TimeTest in NVIDIA/nccl-tests:src/common.cu); a bound that leaves
    them out holds with any release. See ``network_traffic`` for what one operation moves.

    :param run: The run, whose rows all were measured.
    :param nodes: Default: what the log says.
    :param iterations: What its header calls ``iters``, times what it calls ``agg iters``. Default: what the log says.
    """
    iterations = iterations or run.iterations or 0
    nodes = nodes or run.nodes or len(run.hosts)
    # Groups of ranks (NCCL_TESTS_SPLIT) may each be on one node, and move nothing between them.
    traffic = network_traffic(run.collective, nodes, run.ranks) if run.ranks and run.groups == 1 else None
    if traffic is None or iterations < 1:
        return None
    places = sum(row.size_bytes * sum(one is not None for one in (row.out_of_place, row.in_place)) for row in run.rows)
    moved = places * iterations
    return RequiredTraffic(
        nodes=nodes,
        total_bytes=int(traffic.total * moved),
        sent_by_each_node_bytes=int(traffic.sent_by_each_node * moved),
        received_by_each_node_bytes=int(traffic.received_by_each_node * moved),
    )


def judge_traffic(
    nodes: Sequence[NodeTraffic], required: RequiredTraffic | None, instance_type: InstanceType | None = None
) -> TrafficJudgement:
    """Say whether the counters prove that EFA carried a run.

    :param nodes: What the devices of every node of the run counted.
    :param required: What the run must have moved. None: it is not known.
    :param instance_type: Of the nodes. Default: not known. Where accelerators reach those of other instances past EFA,
        nothing must have crossed it.
    """
    if instance_type is not None and instance_type.accelerator_link_spans_instances:
        required = None
    verdict = _verdict(nodes, required)
    return TrafficJudgement(
        verdict=verdict,
        nodes=tuple(nodes),
        required=required,
        words=tuple(_in_words(verdict, nodes, required, instance_type)),
        troubles=tuple(_troubles(nodes)),
    )


def _verdict(nodes: Sequence[NodeTraffic], required: RequiredTraffic | None) -> CounterVerdict:
    if not any(node.devices for node in nodes):
        return CounterVerdict.UNKNOWN
    # A node of the run whose devices neither sent nor received is enough, whether or not all nodes were read.
    if not any(node.sent_bytes or node.received_bytes for node in nodes):
        return CounterVerdict.UNKNOWN if _lost(nodes) else CounterVerdict.UNUSED
    if required is None:
        return CounterVerdict.UNKNOWN
    sent = sum(node.sent_bytes for node in nodes)
    if sent >= required.total_bytes and not any(_too_little(node, required) for node in nodes):
        return CounterVerdict.PROVEN
    all_known = len(nodes) >= required.nodes and not _lost(nodes)
    return CounterVerdict.PARTLY if all_known else CounterVerdict.UNKNOWN


def _lost(nodes: Sequence[NodeTraffic]) -> bool:
    """Whether some of what was counted is not known: devices are gone, or counted anew."""
    return any(node.gone or any(device.restarted for device in node.devices) for node in nodes)


def _too_little(node: NodeTraffic, required: RequiredTraffic) -> bool:
    return (
        node.sent_bytes < required.sent_by_each_node_bytes or node.received_bytes < required.received_by_each_node_bytes
    )


def _in_words(
    verdict: CounterVerdict,
    nodes: Sequence[NodeTraffic],
    required: RequiredTraffic | None,
    instance_type: InstanceType | None,
) -> Iterator[str]:
    if not any(node.devices for node in nodes):
        yield "no node has the counters of an EFA device: the pod sees no EFA, or the driver is not loaded"
        return
    sent = sum(node.sent_bytes for node in nodes)
    devices = sum(len(node.devices) for node in nodes)
    yield f"{devices} EFA devices of {len(nodes)} nodes sent {bytes_in_words(sent)}{_carried_by(nodes)}"
    yield _proof_in_words(verdict, required, instance_type)
    if required is not None and len(nodes) < required.nodes:
        yield f"counters of {len(nodes)} of the run's {required.nodes} nodes were read"
    for node in nodes:
        yield from _node_in_words(node, required if verdict is CounterVerdict.PARTLY else None)


def _carried_by(nodes: Sequence[NodeTraffic]) -> str:
    """Which counter most of it is in."""
    totals = {
        counter: sum(device.grown.get(counter, 0) for node in nodes for device in node.devices) for counter in _SENT
    }
    most = max(totals, key=lambda counter: totals[counter])
    if not totals[most]:
        return ""
    return f", {round(100 * totals[most] / sum(totals.values()))} % of it {most}"


def _proof_in_words(
    verdict: CounterVerdict, required: RequiredTraffic | None, instance_type: InstanceType | None
) -> str:
    least = bytes_in_words(required.total_bytes) if required is not None else None
    match verdict:
        case CounterVerdict.PROVEN:
            return f"that is at least the {least} that the run must have moved between its nodes: EFA carried it"
        case CounterVerdict.PARTLY:
            return f"the run must have moved {least} between its nodes: a part of it went another way than over EFA"
        case CounterVerdict.UNUSED:
            return "EFA carried nothing of the run"
    if instance_type is not None and instance_type.accelerator_link_spans_instances:
        return f"GPUs of several {instance_type.name} are linked past EFA: how much must have crossed it is not known"
    if required is None:
        return "how much the run must have moved between its nodes is not known: that proves nothing"
    return f"the run must have moved {least}, and not all that was counted is known: that proves nothing"


def _node_in_words(node: NodeTraffic, required: RequiredTraffic | None) -> Iterator[str]:
    if required is not None and _too_little(node, required):
        yield (
            f"{node.node} sent {bytes_in_words(node.sent_bytes)} and received {bytes_in_words(node.received_bytes)}, "
            f"of at least {bytes_in_words(required.sent_by_each_node_bytes)} and "
            f"{bytes_in_words(required.received_by_each_node_bytes)}"
        )
    idle = [device.device for device in node.devices if not device.sent_bytes and not device.received_bytes]
    if idle and len(idle) < len(node.devices):
        yield f"{node.node}: {len(idle)} of {len(node.devices)} EFA devices carried nothing ({_some(idle)})"
    if node.gone:
        yield f"{node.node}: {_some(node.gone)} had counters before the run, and none after it"
    restarted = [device.device for device in node.devices if device.restarted]
    if restarted:
        yield f"{node.node}: {_some(restarted)} counted anew from 0, so that what is said is the least"


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _troubles(nodes: Sequence[NodeTraffic]) -> Iterator[str]:
    for counter, meaning in _TROUBLES.items():
        counts = {node.node: sum(device.grown.get(counter, 0) for device in node.devices) for node in nodes}
        hit = [f"{node} {count}" for node, count in counts.items() if count]
        if hit:
            yield f"{counter} grew: {meaning} ({_some(hit)})"


def to_json(judgement: TrafficJudgement) -> dict[str, Any]:
    """The judgement as a JSON object."""
    required = judgement.required
    return {
        "verdict": judgement.verdict.value,
        "required": required
        and {
            "nodes": required.nodes,
            "total_bytes": required.total_bytes,
            "sent_by_each_node_bytes": required.sent_by_each_node_bytes,
            "received_by_each_node_bytes": required.received_by_each_node_bytes,
        },
        "nodes": [
            {
                "node": node.node,
                "sent_bytes": node.sent_bytes,
                "received_bytes": node.received_bytes,
                "gone": list(node.gone),
                "devices": [
                    {
                        "device": device.device,
                        "sent_bytes": device.sent_bytes,
                        "received_bytes": device.received_bytes,
                        "restarted": device.restarted,
                        "grown": dict(device.grown),
                    }
                    for device in node.devices
                ],
            }
            for node in judgement.nodes
        ],
        "words": list(judgement.words),
        "troubles": list(judgement.troubles),
    }
