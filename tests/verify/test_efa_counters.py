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
    RequiredTraffic,
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


def sent_and_received(name: str, sent: int, received: int) -> NodeTraffic:
    return traffic_between(name, {"d/1": device()}, {"d/1": device(send_bytes=sent, recv_bytes=received)})


@pytest.mark.parametrize(
    ("sent", "received", "verdict"),
    [(400, 400, "proven"), (400, 399, "partly"), (399, 400, "partly")],
    ids=["just enough", "received too little", "sent too little"],
)
def test_each_node_sends_and_receives_what_it_must(sent: int, received: int, verdict: str) -> None:
    required = RequiredTraffic(nodes=2, total_bytes=800, sent_by_each_node_bytes=400, received_by_each_node_bytes=400)
    assert judge_traffic([node("a", 400), sent_and_received("b", sent, received)], required).verdict == verdict


def test_all_nodes_together_send_what_they_must() -> None:
    required = RequiredTraffic(nodes=2, total_bytes=801, sent_by_each_node_bytes=400, received_by_each_node_bytes=400)
    assert judge_traffic([node("a", 400), node("b", 400)], required).verdict == "partly"


def test_an_operation_that_was_timed_once_moved_something() -> None:
    once, never = required_traffic(RUN, iterations=1), required_traffic(RUN)
    assert once is not None
    assert once.total_bytes == 2 * 2 * GIB
    assert never is None


def test_the_nodes_are_those_that_are_given_or_counted_or_listed() -> None:
    listed = dataclasses.replace(RUN, nodes=None)
    for required, nodes in (
        (required_traffic(RUN, nodes=4, iterations=1), 4),
        (required_traffic(RUN, iterations=1), 2),
        (required_traffic(listed, iterations=1), 2),
    ):
        assert required is not None
        assert required.nodes == nodes


def test_a_counter_that_is_new_in_the_second_reading_has_counted_from_0() -> None:
    (told,) = traffic_between(
        "a", {"d/1": {"send_bytes": 5}}, {"d/1": {"send_bytes": 7, "rdma_write_bytes": 0}}
    ).devices
    assert (told.restarted, told.grown) == (False, {"send_bytes": 2, "rdma_write_bytes": 0})


def test_a_device_without_any_of_the_counters_moved_nothing_that_is_known() -> None:
    (told,) = traffic_between("a", {"d/1": {}}, {"d/1": {"lifespan": 12}}).devices
    assert (told.sent_bytes, told.received_bytes) == (0, 0)


def test_says_all_in_words() -> None:
    required = required_traffic(RUN, iterations=20)
    proven = judge_traffic([node("a", 45 * GIB), node("b", 45 * GIB)], required)
    assert proven.words == (
        "8 EFA devices of 2 nodes sent 96.64 GB, 100 % of it rdma_write_bytes",
        "that is at least the 85.9 GB that the run must have moved between its nodes: EFA carried it",
    )
    assert judge_traffic([], required).words == (
        "no node has the counters of an EFA device: the pod sees no EFA, or the driver is not loaded",
    )
    assert judge_traffic([node("a", 0, devices=1), node("b", 0, devices=1)], required).words == (
        "2 EFA devices of 2 nodes sent 0 B",
        "EFA carried nothing of the run",
    )
    assert judge_traffic([node("a", GIB)], None).words == (
        "4 EFA devices of 1 nodes sent 1.074 GB, 100 % of it rdma_write_bytes",
        "how much the run must have moved between its nodes is not known: that proves nothing",
    )
    # A node that sent too little is named where that is why EFA carried a part only.
    assert judge_traffic([node("a", 45 * GIB)], required).words[2:] == ("counters of 1 of the run's 2 nodes were read",)
    assert judge_traffic([node("a", 4 * GIB)], required).words[2:] == ("counters of 1 of the run's 2 nodes were read",)


def test_names_three_devices_and_counts_the_others() -> None:
    for idle, named in (
        (3, "a: 3 of 4 EFA devices carried nothing (d0/1, d1/1, d2/1)"),
        (5, "a: 5 of 6 EFA devices carried nothing (d0/1, d1/1, d2/1 and 2 more)"),
    ):
        after = {f"d{number}/1": device() for number in range(idle)} | {"e/1": device(send_bytes=1, recv_bytes=1)}
        traffic = traffic_between("a", dict.fromkeys(after, device()), after)
        assert named in judge_traffic([traffic], None).words


def test_a_device_that_only_sent_is_not_idle() -> None:
    for one in (device(send_bytes=1), device(recv_bytes=1)):
        after = {"d/1": one, "e/1": device(send_bytes=1, recv_bytes=1)}
        traffic = traffic_between("a", dict.fromkeys(after, device()), after)
        assert not any("carried nothing (" in words for words in judge_traffic([traffic], None).words)


def test_where_every_device_is_idle_none_is_named() -> None:
    assert len(judge_traffic([node("a", 0), node("b", 5)], None).words) == 2


def test_becomes_json() -> None:
    before = {"d/1": {"send_bytes": 5}, "e/1": {"send_bytes": 1}}
    traffic = traffic_between("a", before, {"d/1": {"send_bytes": 7, "recv_bytes": 3, "rx_drops": 2}})
    judged = judge_traffic([traffic], required_traffic(RUN, iterations=20))
    assert json.loads(json.dumps(to_json(judged))) == {
        "verdict": "unknown",
        "required": {
            "nodes": 2,
            "total_bytes": 2 * 2 * GIB * 20,
            "sent_by_each_node_bytes": 2 * GIB * 20,
            "received_by_each_node_bytes": 2 * GIB * 20,
        },
        "nodes": [
            {
                "node": "a",
                "sent_bytes": 2,
                "received_bytes": 3,
                "gone": ["e/1"],
                "devices": [
                    {
                        "device": "d/1",
                        "sent_bytes": 2,
                        "received_bytes": 3,
                        "restarted": False,
                        "grown": {"send_bytes": 2, "recv_bytes": 3, "rx_drops": 2},
                    }
                ],
            }
        ],
        "words": [
            "1 EFA devices of 1 nodes sent 2 B, 100 % of it send_bytes",
            "the run must have moved 85.9 GB, and not all that was counted is known: that proves nothing",
            "counters of 1 of the run's 2 nodes were read",
            "a: e/1 had counters before the run, and none after it",
        ],
        "troubles": ["rx_drops grew: packets were received and dropped (a 2)"],
    }
    assert to_json(judge_traffic([traffic], None))["required"] is None
