"""The JSON of nccl-tests -J, by itself or within a log."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from efa_constructs.verify.group_layout import GroupLayout
from efa_constructs.verify.results import Measurement, NcclTestsRun, Row

from .real_logs import EFA, channel, facts, lines, nccl, run, verified

KINDS = ("out_of_place", "in_place")


def report(**changes: Any) -> dict[str, Any]:
    """As src/util.cu of nccl-tests writes it, version 3, of two processes on two nodes."""
    return {
        "version": 3,
        "start_time": "2026-03-12 14:17:56",
        "args": ["/opt/nccl-tests/build/all_reduce_perf", "-b", "1G", "-e", "1G", "-J", "/tmp/x.json"],
        "env": ["FI_PROVIDER=efa", 'BRACES={"}', "PATH=\\/usr\\/bin"],
        "nccl_version": 22707,
        "config": {
            "nthreads": 1,
            "ngpus": 1,
            "minimum_bytes": 1073741824,
            "iterations": 20,
            "aggregated_iterations": 2,
            "validation": 1,
            "blocking_collectives": "false",
            "devices": [
                {
                    "rank": rank,
                    "group": 0,
                    "pid": 21,
                    "hostname": f"node-{rank + 1}",
                    "device": 0,
                    "device_hex": "0000:53:00",
                    "device_info": "NVIDIA H100 80GB HBM3",
                }
                for rank in (0, 1)
            ],
        },
        "results": [
            {
                "size": 1073741824,
                "count": 268435456,
                "type": "float",
                "redop": "sum",
                "root": "    -1",
                "out_of_place": {"time": 245734.0, "alg_bw": 4.369512, "bus_bw": 4.369512, "nwrong": 0.0},
                "in_place": {"time": 243500.0, "alg_bw": 4.409602, "bus_bw": 4.409602, "nwrong": 0.0},
                "actual_iterations": 20,
                "experiment_name": "AllReduce",
            }
        ],
        "out_of_bounds": {"count": 0, "okay": "true"},
        "average_bus_bandwidth": {"bandwidth": 4.369512, "okay": "unchecked"},
        "errors": [""],
        "end_time": "2026-03-12 14:18:00",
        **changes,
    }


def one_line(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


SPELLINGS = {
    "as nccl-tests writes it": one_line(report()),
    "jq": json.dumps(report(), indent=2) + "\n",
    "jq --sort-keys": json.dumps(report(), indent=2, sort_keys=True) + "\n",
    "python -m json.tool": json.dumps(report(), indent=4) + "\n",
    "indented in Markdown": "".join(f"    {line}\n" for line in json.dumps(report(), indent=2).splitlines()),
    "mpirun --tag-output": "".join(f"[1,0]<stdout>:{line}\n" for line in json.dumps(report(), indent=2).splitlines()),
    "kubectl logs --prefix": f"[pod/nccl-tests-worker-0/worker] {one_line(report())}\n",
    "after cat": f"+ cat /tmp/x.json\n{one_line(report())}\n+ exit 0\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_reads_a_report_in_every_spelling(spelling: str) -> None:
    told = facts(SPELLINGS[spelling])
    assert len(told["results"]) == 1
    expected = {
        "verdict": "unproven",
        "collective": "all_reduce",
        "ranks": 2,
        "nodes": 2,
        "hosts": ["node-1", "node-2"],
        "peak_bus_bandwidth": 4.369512,
        "average_bus_bandwidth": 4.369512,
        "wrong_values": 0,
        "truncated": False,
        "nccl": "2.27.7",
    }
    assert {key: told[key] for key in expected} == expected
    assert told["rows"][0]["root"] is None
    assert told["rows"][0]["in_place"] == {
        "time_us": 243500.0,
        "algorithm_bandwidth": 4.409602,
        "bus_bandwidth": 4.409602,
        "wrong_values": 0,
    }


def only_run(document: dict[str, Any]) -> NcclTestsRun:
    (told,) = verified(one_line(document)).runs
    return told.run


def test_takes_all_that_a_report_says() -> None:
    assert only_run(report()) == NcclTestsRun(
        collective="all_reduce",
        ranks=2,
        hosts=("node-1", "node-2"),
        nodes=2,
        iterations=40,
        devices=("NVIDIA H100 80GB HBM3",),
        rows=(
            Row(
                size_bytes=1073741824,
                count=268435456,
                data_type="float",
                reduction="sum",
                root=None,
                out_of_place=Measurement(
                    time_us=245734.0, algorithm_bandwidth=4.369512, bus_bandwidth=4.369512, wrong_values=0
                ),
                in_place=Measurement(
                    time_us=243500.0, algorithm_bandwidth=4.409602, bus_bandwidth=4.409602, wrong_values=0
                ),
            ),
        ),
        average_bus_bandwidth=4.369512,
        out_of_bounds=0,
        truncated=False,
    )


def test_takes_what_other_collectives_and_settings_say() -> None:
    operation = {"cpu_time": 12.5, "alg_bw": 4.0, "bus_bw": 3.0, "nwrong": None}
    row = {"size": 8, "count": 2, "type": "half", "redop": "none", "root": "3"}
    told = only_run(report(results=[{**row, "out_of_place": operation, "in_place": None}]))
    assert told.rows == (
        Row(
            size_bytes=8,
            count=2,
            data_type="half",
            reduction=None,
            root=3,
            out_of_place=Measurement(time_us=12.5, algorithm_bandwidth=4.0, bus_bandwidth=3.0, wrong_values=None),
            in_place=None,
        ),
    )
    config = report()["config"]
    devices = [{**device, "group": device["rank"]} for device in config["devices"]]
    split = only_run(report(config={**config, "devices": devices}))
    assert (split.groups, split.group_layout) == (2, GroupLayout(nodes=1, on_a_node=1))
    del config["aggregated_iterations"]
    assert only_run(report(config=config)).iterations == 20
    del config["iterations"]
    assert only_run(report(config=config)).iterations is None


def test_what_nccl_printed_before_proves_it() -> None:
    said = [line for host in ("node-1", "node-2") for line in (nccl(host, EFA), channel(host, "Libfabric"))]
    assert facts(lines(said, [one_line(report())]))["verdict"] == "efa-gdr"


def test_a_report_of_the_table_above_it_is_not_another_run() -> None:
    table = run()
    assert len(facts(lines(table, [one_line(report())]))["results"]) == 1
    slower = report()
    slower["results"][0]["out_of_place"]["bus_bw"] = 4.0
    assert len(facts(lines(table, [one_line(slower)]))["results"]) == 2


@pytest.mark.parametrize("okay", ["true", "false", "unchecked"])
def test_a_report_says_whether_nccl_tests_calls_the_run_too_slow(okay: str) -> None:
    said = [line for host in ("node-1", "node-2") for line in (nccl(host, EFA), channel(host, "Libfabric"))]
    average = {"bandwidth": 4.369512, "okay": okay}
    assert verified(lines(said, [one_line(report(average_bus_bandwidth=average))])).passes is (okay != "false")


def test_the_last_error_of_nccl_is_shown_and_fails_nothing() -> None:
    said = [line for host in ("node-1", "node-2") for line in (nccl(host, EFA), channel(host, "Libfabric"))]
    as_json = lines(said, [one_line(report(errors=["a plugin is old"]))])
    as_text = lines(run(*said), ["# error: a plugin is old"])
    for log in (as_json, as_text):
        result = verified(log)
        (only,) = result.runs
        assert result.passes
        assert only.reasons[-1].statement.endswith("which need not have harmed the run: a plugin is old")


def test_knows_how_often_operations_were_timed() -> None:
    (only,) = verified(json.dumps(report())).runs
    assert only.run.iterations == 40


def test_two_reports_are_two_runs() -> None:
    other = report(args=["./all_gather_perf_mpi"])
    assert [one["collective"] for one in facts(lines([one_line(report()), one_line(other)]))["results"]] == [
        "all_reduce",
        "all_gather",
    ]


@pytest.mark.parametrize("glue", ["", " ", "\n", ",\n", "\n\n\n"])
@pytest.mark.parametrize("indent", [None, 2])
def test_reports_that_are_glued_or_listed_are_several_runs(glue: str, indent: int | None) -> None:
    other = report(args=["./all_gather_perf"])
    text = glue.join(json.dumps(one, indent=indent) for one in (report(), other))
    listed = json.dumps([report(), other], indent=indent)
    for log in (f"{text}\n", f"[{text}]\n", f"{listed}\n", f"[1,0]<stdout>:{listed}\n" if indent is None else listed):
        assert [one["collective"] for one in facts(log)["results"]] == ["all_reduce", "all_gather"]


@pytest.mark.parametrize("start", ['{"version": 1, "x": {', '{\n"version": 3,\n"config": {', "{\n", '{"version": 3,'])
@pytest.mark.parametrize("noise", ["", "foo\n", "\n\n"])
def test_what_never_ended_does_not_hide_a_report(start: str, noise: str) -> None:
    for spelling in ("as nccl-tests writes it", "jq", "mpirun --tag-output"):
        assert len(facts(f"{start}\n{noise}{SPELLINGS[spelling]}")["results"]) == 1


def test_empty_lines_cost_nothing_where_a_report_never_ends() -> None:
    start = time.process_time()
    assert facts('{\n"version": 3,\n' + "\n" * 1_000_000)["verdict"] == "not-nccl-tests"
    assert time.process_time() - start < 3


def test_counts_ranks_of_processes_with_several_gpus() -> None:
    config = report()["config"]
    devices = [{**config["devices"][0], "rank": rank, "hostname": f"node-{rank // 8}"} for rank in (0, 8, 16)]
    assert facts(one_line(report(config={**config, "ngpus": 8, "devices": devices})))["ranks"] == 24


def test_reads_cpu_time_and_what_is_null_or_no_number() -> None:
    results = report()["results"]
    results[0]["out_of_place"] = {"cpu_time": 12.5, "alg_bw": 4.37, "bus_bw": 4.37, "nwrong": None}
    results.append({**results[0], "out_of_place": None})
    results.append({**results[0], "out_of_place": {"time": 1.0, "alg_bw": "nan", "bus_bw": "nan", "nwrong": 0.0}})
    told = facts(one_line(report(results=results)))
    assert [row["out_of_place"] for row in told["rows"]] == [
        {"time_us": 12.5, "algorithm_bandwidth": 4.37, "bus_bandwidth": 4.37, "wrong_values": None},
        None,
        None,
    ]


def test_a_report_that_was_closed_without_results_is_truncated() -> None:
    part = {
        key: value for key, value in report(results=[]).items() if key not in ("out_of_bounds", "average_bus_bandwidth")
    }
    assert facts(one_line(part))["truncated"]


def test_versions_of_nccl_before_2_9_have_one_digit_for_the_minor() -> None:
    assert facts(one_line(report(nccl_version=2804)))["nccl"] == "2.8.4"


def test_refuses_a_report_that_ends_in_the_middle() -> None:
    for text in (SPELLINGS["as nccl-tests writes it"], SPELLINGS["jq"]):
        for end in range(text.index("nccl_version") + 20, len(text.rstrip()) - 1, 97):
            told = verified(text[:end])
            assert (told.verdict, told.runs) == ("not-nccl-tests", ())
            assert told.reasons[0].statement.endswith("ends in the middle")


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 3}',
        '{"version": 3, "nccl_version": "x"}',
        '{"version": 3, "nccl_version": 22707, "config": []}',
        '{"version": 3, "nccl_version": 22707, "config": {"devices": 5}}',
        one_line(report(results=[{}])),
        one_line(report(results=[[]])),
        one_line(report(args=5)),
        '{"version": 3, "nccl_version": 1e999, "a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{\n"loss": {\n"nccl_version": 1}}',
    ],
)
def test_other_json_is_no_run(text: str) -> None:
    assert facts(text + "\n")["verdict"] == "not-nccl-tests"


@pytest.mark.parametrize("key", ["size", "count", "root"])
def test_numbers_beyond_64_bits_are_not_of_nccl_tests(key: str) -> None:
    row = {**report()["results"][0], key: 10**40}
    assert facts(one_line(report(results=[row])))["verdict"] == "not-nccl-tests"


@pytest.mark.parametrize("number", [-1e308, "inf", "-nan"])
def test_what_is_no_bandwidth_is_left_out(number: object) -> None:
    measured = {"time": 10.0, "alg_bw": 1.0, "bus_bw": number, "nwrong": 0}
    row = {**report()["results"][0], "out_of_place": measured, "in_place": measured}
    told = facts(one_line(report(results=[row])))
    assert (told["rows"][0]["out_of_place"], told["rows"][0]["in_place"]) == (None, None)


def test_ranks_beyond_64_bits_are_not_of_nccl_tests() -> None:
    config = report()["config"]
    devices = [*config["devices"], {**config["devices"][0], "rank": 10**40}]
    assert facts(one_line(report(config={**config, "devices": devices})))["verdict"] == "not-nccl-tests"


def test_braces_of_other_programs_do_not_hide_a_run() -> None:
    braces = ["{", "{'loss': 1.2", '{"version": {"a": 1', "}}}", "{"]
    assert len(facts(lines(braces, run()))["results"]) == 1
    assert len(facts(lines(braces[:2], [one_line(report())]))["results"]) == 1


def test_what_another_program_says_is_no_evidence_of_a_report() -> None:
    for pid, verdict in ((21, "efa-gdr"), (5000, "unproven")):
        said = [
            line
            for host in ("node-1", "node-2")
            for line in (nccl(host, EFA, pid=pid), channel(host, "Libfabric", pid=pid))
        ]
        assert facts(lines(said, [one_line(report())]))["verdict"] == verdict
