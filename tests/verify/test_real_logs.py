"""Each real log gets the verdict that a person who reads it would give."""

from __future__ import annotations

from typing import Any

import pytest

from .real_logs import FOLDER, NAMES, facts, text_of, verified

EXPECTED: dict[str, dict[str, Any]] = {
    "a3mega_two_nodes.txt": {
        "verdict": "unproven",
        "collective": "all_reduce",
        "ranks": 16,
        "nodes": 2,
        "peak_bus_bandwidth": 338.82,
        "average_bus_bandwidth": 70.742,
        "wrong_values": 0,
        "truncated": False,
    },
    # In place, alltoall has no result to compare.
    "alltoall_bottlerocket_2024.txt": {"verdict": "unproven", "wrong_values": 0, "peak_bus_bandwidth": 2.31},
    # NCCL_DEBUG is there, and its network is InfiniBand.
    "azure_infiniband_2020.txt": {"verdict": "unproven"},
    # Comments that quote what a good log has.
    "commented_lines.txt": {"verdict": "not-nccl-tests"},
    "dgx_wrong_values_2024.txt": {"verdict": "unproven", "wrong_values": 475_896, "peak_bus_bandwidth": 0.81},
    "g4dn_two_nodes_2022.txt": {
        "verdict": "efa-no-gdr",
        "collective": "all_reduce",
        "ranks": 2,
        "nodes": 2,
        "peak_bus_bandwidth": 3.15,
        "average_bus_bandwidth": 1.15327,
        "wrong_values": 0,
        "truncated": False,
        "nccl": "2.12.7",
        "plugin": "1.5.0aws",
        "libfabric": None,
        "interfaces": {"found": 1, "expected": None},
    },
    "g5_one_node_markdown_2024.txt": {"verdict": "single-node", "ranks": 1, "truncated": True},
    "g7e_stopped_2026.txt": {
        "verdict": "efa-no-gdr",
        "collective": "all_reduce",
        "rows": [],
        "truncated": True,
        "nccl": "2.29.2",
        "plugin": "1.18.0",
        "libfabric": "2.3",
        "instance_type": "g7e.8xlarge",
        "interfaces": {"found": 1, "expected": 1},
        "causes": ["stopped"],
    },
    "gtx_two_collectives_2020.txt": {"verdict": "single-node", "wrong_values": 0},
    # GPUDirect RDMA over EFA, between GPUs of one node: its NVLink was switched off.
    "h200_one_node_2025.txt": {"verdict": "single-node", "nccl": "2.23.4"},
    "nccom_test.txt": {"verdict": "not-nccl-tests"},
    "osu_allreduce.txt": {"verdict": "not-nccl-tests"},
    "p3dn_tcp_provider_2019.txt": {"verdict": "tcp", "nodes": 2, "collective": "all_reduce", "nccl": "2.4.6"},
    "p4d_cloudwatch_gdr_disabled_2025.txt": {"verdict": "not-nccl-tests"},
    "p4d_docker_tcp_2025.txt": {"verdict": "tcp", "libfabric": "1.22", "causes": ["shared-memory-option"]},
    # Of 16 ranks, one is in this piece of a log, and another one names the type.
    "p4d_pdsh_2021.txt": {"verdict": "unproven", "ranks": None, "nodes": None, "instance_type": None},
    "p4d_two_nodes_2021.txt": {
        "verdict": "efa-gdr",
        "passes": True,
        "collective": "all_reduce",
        "ranks": 16,
        "nodes": 2,
        "hosts": ["nccl-tests-efa-worker-0", "nccl-tests-efa-worker-1"],
        "devices": ["A100-SXM4-40GB"],
        "peak_bus_bandwidth": 32.71,
        "average_bus_bandwidth": 7.80081,
        "wrong_values": 0,
        "truncated": False,
        "nccl": "2.8.3",
        "instance_type": "p4d.24xlarge",
        "interfaces": {"found": None, "expected": 4},
        "advice": [],
    },
    "p4d_without_gdr_2021.txt": {
        "verdict": "efa-no-gdr",
        "passes": False,
        "interfaces": {"found": None, "expected": None},
    },
    "p4de_two_nodes_srun_label.txt": {"verdict": "unproven", "peak_bus_bandwidth": 78.33, "truncated": True},
    "p5_two_nodes_indented_2024.txt": {
        "verdict": "unproven",
        "peak_bus_bandwidth": 444.31,
        "average_bus_bandwidth": 79.9352,
        "wrong_values": 0,
        "truncated": False,
    },
    "rtx_2019_milliseconds.txt": {"verdict": "single-node", "wrong_values": None, "ranks": 2},
    "training_over_efa_2025.txt": {"verdict": "not-nccl-tests"},
    # Both hosts are called "ubuntu": they are not one.
    "two_nodes_of_one_name_2023.txt": {"verdict": "tcp", "ranks": 2, "nodes": None, "causes": ["plugin-not-found"]},
    "v100_broadcast_unchecked_2021.txt": {"verdict": "unproven", "collective": "broadcast", "wrong_values": None},
    "v100_without_mpi_2022.txt": {"verdict": "single-node", "ranks": 1, "nodes": 1, "causes": ["without-mpi"]},
}


def test_every_log_is_judged_here_and_its_origin_is_written_down() -> None:
    assert sorted(EXPECTED) == NAMES
    origins = (FOLDER / "README.md").read_text()
    assert [name for name in NAMES if f"`{name}`" not in origins] == []


@pytest.mark.parametrize("name", NAMES)
def test_gets_the_verdict_of_a_person(name: str) -> None:
    told = facts(text_of(name))
    assert {key: told[key] for key in EXPECTED[name]} == EXPECTED[name]


def test_two_runs_are_two_results() -> None:
    first, second = verified(text_of("gtx_two_collectives_2020.txt")).runs
    assert (first.run.average_bus_bandwidth, second.run.average_bus_bandwidth) == (0.347488, 0.698235)
    assert (len(first.run.rows), len(second.run.rows)) == (3, 4)
    assert [row.root for row in second.run.rows] == [0, 0, 0, 0]


def test_times_of_release_2_0_are_milliseconds() -> None:
    (run,) = verified(text_of("rtx_2019_milliseconds.txt")).runs
    assert [row.out_of_place and row.out_of_place.time_us for row in run.run.rows] == [9.0, 10.0, 10.0]


@pytest.mark.parametrize("name", NAMES)
def test_a_log_that_ends_anywhere_never_has_a_better_verdict(name: str) -> None:
    text = text_of(name)
    for end in range(1, len(text), 211):
        whole, part = facts(text), facts(text[:end])
        assert whole["passes"] or not part["passes"]
        rows = [row for result in whole["results"] for row in result["rows"]]
        assert all(row in rows for result in part["results"] for row in result["rows"])
