"""Readings of counters before and after a run, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.verify.counter_readings import (
    CounterReading,
    judge_readings,
    read_counter_reading,
    traffic_of_nodes,
)
from efa_constructs.verify.efa_counters import CounterVerdict

from .real_logs import efa_run, lines, run, verified

GIB = 2**30


def reading(time: str = "2026-01-02T03:04:05+00:00", **sent_gib: float) -> CounterReading:
    """Of nodes with one device each."""
    return CounterReading(
        job="default/nccl-tests",
        time=time,
        nodes={
            node: {"rdmap16s27/1": {"rdma_write_bytes": int(sent * GIB), "rdma_write_recv_bytes": int(sent * GIB)}}
            for node, sent in sent_gib.items()
        },
    )


def test_a_reading_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = reading(a=1, b=2)
    file = tmp_path / "before.json"
    file.write_text(json.dumps(written.to_json()))
    assert read_counter_reading(file) == written


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it is not JSON"),
        ("\0\1", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "has no counters of nodes"),
        ("{}", "has no counters of nodes"),
        ('{"nodes": {"a": {"b": {"c": "d"}}}}', "has no counters of nodes"),
        ('{"nodes": {"a": {"b": 1}}}', "has no counters of nodes"),
        ('{"nodes": {"a": {"b": {"c": 18446744073709551616}}}}', "has no counters of nodes"),
        ('{"nodes": {"a": {"b": {"c": -1}}}}', "has no counters of nodes"),
        ('{"nodes": {}, "schemaVersion": 2}', "'schemaVersion' is 2, this version reads 1"),
    ],
)
def test_what_is_no_reading_is_refused_in_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "before.json"
    file.write_text(content)
    with pytest.raises(InvalidArgumentError) as refused:
        read_counter_reading(file)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(InvalidArgumentError, match="No such file"):
        read_counter_reading(tmp_path / "none")


def test_readings_of_other_nodes_or_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="only one has b, c; read them before and after"):
        traffic_of_nodes(reading(a=1, b=1), reading(a=1, c=1))
    with pytest.raises(InvalidArgumentError, match="swap the files"):
        traffic_of_nodes(reading(a=1), reading("2026-01-02T03:04:04+00:00", a=1))


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(45.0, CounterVerdict.PROVEN), (30.0, CounterVerdict.PARTLY), (1.0, CounterVerdict.UNUSED)],
)
def test_a_run_must_have_moved_what_its_rows_and_iterations_say(after: float, verdict: CounterVerdict) -> None:
    # 1 GiB, summed up between two nodes, 20 times out of place and in place: 40 GiB sent by each.
    runs = verified(lines(efa_run())).runs
    assert judge_readings(runs, reading(a=1, b=1), reading(a=after, b=after)).verdict is verdict


def test_what_several_runs_moved_adds_up() -> None:
    runs = verified(lines(efa_run(), efa_run(pid=99))).runs
    assert len(runs) == 2
    once: Any = reading(a=45, b=45), reading(a=90, b=90)
    assert judge_readings(runs, reading(a=0, b=0), once[0]).verdict is CounterVerdict.PARTLY
    assert judge_readings(runs, reading(a=0, b=0), once[1]).verdict is CounterVerdict.PROVEN


def test_a_run_of_which_nothing_is_known_proves_nothing() -> None:
    runs = verified(lines(efa_run(), run(collective="alltoallv", pid=99))).runs
    judged = judge_readings(runs, reading(a=0, b=0), reading(a=90, b=90))
    assert judged.verdict is CounterVerdict.UNKNOWN
    assert judged.required is None


def test_gpus_that_are_linked_past_efa_prove_nothing_by_its_counters() -> None:
    proof = lines(efa_run()).splitlines()
    for types, verdict in (
        (["p6e-gb200.36xlarge"], CounterVerdict.UNKNOWN),
        (["p5.48xlarge"], CounterVerdict.PARTLY),
        # Whichever it is, it is none that is known.
        (["p6e-gb200.36xlarge", "p5.48xlarge"], CounterVerdict.PARTLY),
    ):
        runs = [one for name in types for one in verified("\n".join(proof) + "\n", instance_type=name).runs]
        assert judge_readings(runs, reading(a=0, b=0), reading(a=1, b=1)).verdict is verdict


def test_a_counter_that_has_counted_nothing_is_one(tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    file.write_text('{"nodes": {"a": {"d/1": {"send_bytes": 0}}}, "schemaVersion": 1, "job": "j", "time": "t"}')
    assert read_counter_reading(file).nodes == {"a": {"d/1": {"send_bytes": 0}}}


def test_traffic_is_told_by_the_names_of_nodes() -> None:
    assert [node.node for node in traffic_of_nodes(reading(b=1, a=1), reading(b=1, a=2))] == ["a", "b"]
