"""What the counters of EFA devices prove."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from efa_constructs import catalogue
from efa_constructs.verify.efa_counters import (
    READ_COUNTERS,
    NodeTraffic,
    judge_traffic,
    parse_counters,
    required_traffic,
    to_json,
    traffic_between,
)

from .runs import GIB, MIB, measured, row, run_of

# A reading as the shell prints it, with what may stand around it.
READING = """\
/sys/class/infiniband/rdmap16s27/ports/1/hw_counters/lifespan:12
/sys/class/infiniband/rdmap16s27/ports/1/hw_counters/rdma_write_bytes:1000
/sys/class/infiniband/rdmap16s27/ports/1/hw_counters/rx_drops:0
/sys/class/infiniband/rdmap16s270/ports/1/hw_counters/rdma_write_bytes:3000
"""


def device(**counters: int) -> dict[str, int]:
    return {"send_bytes": 0, "recv_bytes": 0, "rdma_write_bytes": 0, "rdma_write_recv_bytes": 0} | counters


def node(name: str, sent: int, received: int | None = None, devices: int = 4) -> NodeTraffic:
    """A node of which each device wrote its share."""
    received = sent if received is None else received
    before = {f"rdmap{number}/1": device() for number in range(devices)}
    after = {
        f"rdmap{number}/1": device(rdma_write_bytes=sent // devices, rdma_write_recv_bytes=received // devices)
        for number in range(devices)
    }
    return traffic_between(name, before, after)


RUN = run_of([row(GIB, 250.0, 468.75, in_place=measured(GIB, 250.0, 468.75))])


def test_reads_counters_by_device_and_port() -> None:
    assert parse_counters(READING) == {
        "rdmap16s27/1": {"lifespan": 12, "rdma_write_bytes": 1000, "rx_drops": 0},
        "rdmap16s270/1": {"rdma_write_bytes": 3000},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "grep: /sys/class/infiniband/*: No such file\n",
        "/sys/class/infiniband/a/ports/1/hw_counters/b:x\n",
        "\x00\xff",
    ],
)
def test_other_lines_count_for_nothing(text: str) -> None:
    assert parse_counters(text) == {}
    assert parse_counters(text + READING.replace("\n", "\r\n") + "Defaulted container\n") == parse_counters(READING)


def shells() -> list[list[str]]:
    found = [["sh"]] if shutil.which("grep") else []
    return found + ([["busybox", "sh"]] if shutil.which("busybox") else [])


@pytest.mark.parametrize("shell", shells(), ids=lambda shell: shell[0])
def test_the_command_prints_what_is_parsed(shell: list[str], tmp_path: Path) -> None:
    """Of a folder that is laid out like sysfs, with a device that is a link, as there."""
    counters = tmp_path / "devices/rdmap16s27/ports/1/hw_counters"
    counters.mkdir(parents=True)
    (counters / "rdma_write_bytes").write_text("1000\n")
    (counters / "rx_drops").write_text("0\n")
    (tmp_path / "class/infiniband").mkdir(parents=True)
    (tmp_path / "class/infiniband/rdmap16s27").symlink_to(tmp_path / "devices/rdmap16s27")
    command = READ_COUNTERS[-1].replace("/sys/", f"{tmp_path}/")
    printed = subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True)
    assert printed.stderr == ""
    assert parse_counters(printed.stdout.replace(f"{tmp_path}/", "/sys/")) == {
        "rdmap16s27/1": {"rdma_write_bytes": 1000, "rx_drops": 0}
    }
    (counters / "rx_drops").unlink()
    single = subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True)
    assert single.stdout == f"{tmp_path}/class/infiniband/rdmap16s27/ports/1/hw_counters/rdma_write_bytes:1000\n"
    shutil.rmtree(tmp_path / "class")
    nothing = subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True)
    assert (nothing.stdout, nothing.stderr) == ("", "")


def test_what_a_device_sent_and_received_is_in_three_counters_each() -> None:
    after = {
        "rdmap0/1": {
            **dict.fromkeys(("send_bytes", "rdma_write_bytes", "rdma_read_resp_bytes"), 10),
            **dict.fromkeys(("recv_bytes", "rdma_write_recv_bytes", "rdma_read_bytes"), 7),
            **dict.fromkeys(("tx_bytes", "rx_bytes"), 1000),
        }
    }
    traffic = traffic_between("a", {"rdmap0/1": dict.fromkeys(after["rdmap0/1"], 1)}, after)
    assert (traffic.sent_bytes, traffic.received_bytes) == (27, 18)


def test_a_driver_that_counts_nothing_finer_has_bytes_at_least() -> None:
    traffic = traffic_between(
        "a", {"efa_0/1": {"tx_bytes": 5, "rx_bytes": 5}}, {"efa_0/1": {"tx_bytes": 9, "rx_bytes": 6}}
    )
    assert (traffic.sent_bytes, traffic.received_bytes) == (4, 1)


def test_counters_that_became_smaller_count_from_0() -> None:
    traffic = traffic_between("a", {"d/1": device(rdma_write_bytes=500)}, {"d/1": device(rdma_write_bytes=20)})
    assert traffic.sent_bytes == 20
    assert traffic.devices[0].restarted


def test_devices_come_and_go() -> None:
    traffic = traffic_between("a", {"old/1": device()}, {"new/1": device(send_bytes=5)})
    assert (traffic.gone, traffic.sent_bytes, traffic.devices[0].restarted) == (("old/1",), 5, True)


@pytest.mark.parametrize(
    ("collective", "total", "sent", "received"),
    [
        # Two places of 1 GiB, 20 times, in sizes of the message: total, by each node, at each node.
        ("all_reduce", 2, 1, 1),
        ("all_gather", 1, 1 / 2, 1 / 2),
        ("reduce_scatter", 1, 1 / 2, 1 / 2),
        ("alltoall", 8, 4, 4),
        ("sendrecv", 2, 1, 1),
        ("broadcast", 1, 0, 0),
    ],
)
def test_knows_the_least_that_a_run_moved(collective: str, total: float, sent: float, received: float) -> None:
    required = required_traffic(run_of(RUN.rows, collective), iterations=20)
    assert required is not None
    moved = 2 * GIB * 20
    assert required.total_bytes == total * moved
    assert required.sent_by_each_node_bytes == sent * moved
    assert required.received_by_each_node_bytes == received * moved


def test_missing_places_move_nothing_and_iterations_are_those_of_the_log() -> None:
    run = dataclasses.replace(run_of([row(MIB, 1.0, 1.88)]), iterations=100)
    required = required_traffic(run)
    assert required is not None and required.total_bytes == 2 * MIB * 100


@pytest.mark.parametrize(
    ("run", "iterations"),
    [
        (run_of(RUN.rows, nodes=1), 20),
        (run_of(RUN.rows, "alltoallv"), 20),
        (RUN, 0),
        (run_of(RUN.rows, ranks=None), 20),
        (run_of(RUN.rows, groups=2), 20),
    ],
    ids=["one node", "no fixed pattern", "no iterations", "ranks not known", "groups of ranks"],
)
def test_knows_no_bound_where_there_is_none(run, iterations: int) -> None:  # type: ignore[no-untyped-def]
    assert required_traffic(run, iterations=iterations) is None


def test_counters_that_reach_the_bound_prove_efa() -> None:
    required = required_traffic(RUN, iterations=20)
    assert required is not None
    judged = judge_traffic([node("a", 45 * GIB), node("b", 45 * GIB)], required)
    assert judged.verdict == "proven"
    assert "8 EFA devices of 2 nodes sent 96.64 GB, 100 % of it rdma_write_bytes" in judged.words[0]
    assert "at least the 85.9 GB that the run must have moved between its nodes: EFA carried it" in judged.words[1]


@pytest.mark.parametrize(
    ("nodes", "verdict", "words"),
    [
        ([node("a", 0), node("b", 0)], "unused", "EFA carried nothing of the run"),
        ([node("a", 4 * GIB), node("b", 4 * GIB)], "partly", "a part of it went another way than over EFA"),
        ([node("a", 90 * GIB), node("b", 4 * GIB)], "partly", "b sent 4.295 GB and received 4.295 GB, of at least"),
        ([node("a", 45 * GIB)], "unknown", "counters of 1 of the run's 2 nodes were read"),
        ([], "unknown", "no node has the counters of an EFA device"),
        ([traffic_between("a", {}, {})], "unknown", "no node has the counters of an EFA device"),
    ],
    ids=["nothing", "a part", "one node too little", "a node is missing", "no node", "no device"],
)
def test_less_proves_less(nodes: list[NodeTraffic], verdict: str, words: str) -> None:
    judged = judge_traffic(nodes, required_traffic(RUN, iterations=20))
    assert judged.verdict == verdict
    assert words in " ".join(judged.words)


def test_lost_counters_prove_nothing_but_what_is_left_may() -> None:
    required = required_traffic(RUN, iterations=20)
    gone = traffic_between("b", {"d/1": device(), "e/1": device()}, {"d/1": device(send_bytes=GIB, recv_bytes=GIB)})
    judged = judge_traffic([node("a", 45 * GIB), gone], required)
    assert judged.verdict == "unknown"
    assert "b: e/1 had counters before the run, and none after it" in judged.words
    enough = device(send_bytes=45 * GIB, recv_bytes=45 * GIB)
    restarted = traffic_between("b", {"d/1": device(send_bytes=99 * GIB, recv_bytes=99 * GIB)}, {"d/1": enough})
    judged = judge_traffic([node("a", 45 * GIB), restarted], required)
    assert judged.verdict == "proven"
    assert any("counted anew from 0" in words for words in judged.words)


def test_a_driver_loaded_anew_after_the_run_does_not_say_that_efa_carried_nothing() -> None:
    loaded_anew = [traffic_between(name, {"a/1": device(send_bytes=10)}, {"a/1": device()}) for name in "ab"]
    judged = judge_traffic(loaded_anew, required_traffic(RUN))
    assert judged.verdict == "unknown"
    assert not any("carried nothing of the run" in words for words in judged.words)


def test_a_node_that_only_received_does_not_say_that_efa_carried_nothing() -> None:
    broadcast = dataclasses.replace(RUN, collective="broadcast")
    judged = judge_traffic([node("b", 0, 1 << 50)], required_traffic(broadcast))
    assert judged.verdict == "unknown"
    assert judge_traffic([node("b", 0, 0)], required_traffic(broadcast)).verdict == "unused"


def test_traffic_without_a_bound_proves_nothing() -> None:
    judged = judge_traffic([node("a", GIB)], None)
    assert judged.verdict == "unknown"
    assert "how much the run must have moved between its nodes is not known" in judged.words[1]


def test_types_whose_gpus_are_linked_between_instances_need_not_use_efa() -> None:
    required = required_traffic(RUN, iterations=20)
    judged = judge_traffic([node("a", GIB), node("b", GIB)], required, catalogue.get("p6e-gb200.36xlarge"))
    assert (judged.verdict, judged.required) == ("unknown", None)
    assert "linked past EFA" in judged.words[1]


def test_names_devices_that_carried_nothing() -> None:
    after = {"d/1": device(send_bytes=90 * GIB, recv_bytes=90 * GIB), "e/1": device()}
    lopsided = traffic_between("b", {"d/1": device(), "e/1": device()}, after)
    judged = judge_traffic([node("a", 45 * GIB), lopsided], required_traffic(RUN, iterations=20))
    assert judged.verdict == "proven"
    assert "b: 1 of 2 EFA devices carried nothing (e/1)" in judged.words


def test_names_errors_and_packets_that_were_sent_again() -> None:
    before = {"d/1": device(retrans_pkts=5, rx_drops=2)}
    after = {"d/1": device(send_bytes=1, retrans_pkts=9, rx_drops=2, unresponsive_remote_events=1)}
    troubles = judge_traffic([traffic_between("a", before, after)], None).troubles
    assert troubles == (
        "retrans_pkts grew: packets were sent again (a 4)",
        "unresponsive_remote_events grew: the other side did not answer (a 1)",
    )


def test_becomes_json() -> None:
    judged = judge_traffic([node("a", 45 * GIB), node("b", 45 * GIB)], required_traffic(RUN, iterations=20))
    document = json.loads(json.dumps(to_json(judged)))
    assert document["verdict"] == "proven"
    assert document["required"]["total_bytes"] == 2 * 2 * GIB * 20
    assert document["nodes"][0]["devices"][0]["grown"]["rdma_write_bytes"] == 45 * GIB // 4
