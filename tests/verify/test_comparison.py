"""Two runs side by side."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from efa_constructs.verify.comparison import Comparison, RunComparison, compare, to_json

from .runs import GIB, MIB, measured, row, run_of, run_with

EFA = run_with([(MIB, 16.43), (64 * MIB, 214.29), (2 * GIB, 444.31)])
TCP = run_with([(MIB, 0.9), (64 * MIB, 2.1), (2 * GIB, 2.23)])


def test_efa_against_tcp_is_faster_at_every_size() -> None:
    comparison = compare(TCP, EFA)
    assert [size.change for size in comparison.sizes] == ["faster"] * 3
    assert comparison.sizes[-1].speed == pytest.approx(444.31 / 2.23, rel=0.01)
    assert comparison.sizes[-1].difference == pytest.approx(442.08)
    assert "at 2 GiB: 2.23 GB/s, and 444.3 GB/s in the other run (199 times as fast)" in comparison.words[0]
    assert comparison.slower == ()
    assert [size.size_bytes for size in compare(EFA, TCP).slower] == [MIB, 64 * MIB, 2 * GIB]


def test_names_the_sizes_that_got_worse_by_more_than_noise() -> None:
    worse = run_with([(MIB, 15.5), (64 * MIB, 150.0), (2 * GIB, 441.0)])
    comparison = compare(EFA, worse)
    assert [size.change for size in comparison.sizes] == ["same", "slower", "same"]
    assert "slower by more than noise at 1 of 3 sizes: 64 MiB (0.7 times as fast)" in comparison.words


def test_two_equal_runs_differ_by_nothing() -> None:
    comparison = compare(EFA, EFA)
    assert {size.speed for size in comparison.sizes} == {1.0}
    assert "no size differs by more than noise, of 3" in comparison.words


def test_a_row_whose_two_places_differ_is_noisier() -> None:
    steady = run_of([row(GIB, 100.0, 187.5, in_place=measured(GIB, 100.0, 187.5))])
    unsteady = run_of([row(GIB, 80.0, 150.0, in_place=measured(GIB, 104.0, 195.0))])
    (size,) = compare(steady, unsteady).sizes
    assert (size.change, round(size.noise, 2)) == ("same", 0.3)
    assert compare(steady, run_of([row(GIB, 80.0, 150.0)])).slower


def test_places_of_an_alltoall_differ_for_another_reason() -> None:
    one = run_of([row(GIB, 80.0, 75.0, in_place=measured(GIB, 40.0, 37.5))], "alltoall")
    other = run_of([row(GIB, 60.0, 56.25, in_place=measured(GIB, 40.0, 37.5))], "alltoall")
    assert compare(one, other).slower


def test_small_messages_are_told_apart_by_their_times() -> None:
    def run(time_us: float):  # type: ignore[no-untyped-def]
        one = dataclasses.replace(row(8, 0.0, 0.0), out_of_place=measured(8, 0.0, 0.0, time_us))
        return run_of([one, row(GIB, 250.0, 468.75)])

    comparison = compare(run(65.0), run(130.0))
    assert [size.size_bytes for size in comparison.slower] == [8]


def test_rows_of_old_and_new_releases_are_of_one_kind() -> None:
    old = run_of([dataclasses.replace(row(GIB, 100.0, 187.5), root=None)], devices=("A100-SXM4-40GB",))
    new = run_of([row(GIB, 100.0, 187.5)], devices=("NVIDIA A100-SXM4-40GB",))
    assert len(compare(old, new).sizes) == 1


@pytest.mark.parametrize(
    ("other", "obstacle"),
    [
        (
            run_with([(GIB, 400.0)], "all_gather"),
            "the collective is all_reduce in one run, and all_gather in the other",
        ),
        (run_with([(GIB, 400.0)], ranks=32, nodes=4), "the number of ranks is 16 in one run, and 32 in the other"),
        (run_with([(GIB, 400.0)], ranks=16, nodes=4), "the number of nodes is 2 in one run, and 4 in the other"),
        (run_with([(GIB, 400.0)], devices=("NVIDIA H200",)), "the kind of accelerator is H100 80GB HBM3 in one run"),
        (run_with([(3 * GIB, 400.0)]), "no size was measured in both runs"),
    ],
)
def test_says_why_two_runs_are_not_comparable(other, obstacle: str) -> None:  # type: ignore[no-untyped-def]
    comparison = compare(EFA, other)
    assert any(obstacle in found for found in comparison.obstacles)
    assert comparison.sizes == ()
    assert comparison.words[0].startswith("not comparable: ")


def test_what_is_no_time_is_not_compared() -> None:
    one = run_of([row(GIB, 1.0, 1.88, in_place=measured(GIB, 1.0, 1.88, 1e-300)), row(MIB, 1.0, 1.88)])
    other = run_of([row(GIB, 1.0, 1.88, in_place=measured(GIB, 1.0, 1.88, 1e300)), row(MIB, 1.0, 1.88)])
    endless = run_of([dataclasses.replace(one.rows[0], out_of_place=measured(GIB, 1.0, 1.88, 1e300)), one.rows[1]])
    for compared, sizes in ((compare(one, other), [MIB, GIB]), (compare(one, endless), [MIB])):
        assert [size.size_bytes for size in compared.sizes] == sizes
        json.dumps(to_json(RunComparison(run=0, other_run=0, comparison=compared)), allow_nan=False)


def test_runs_in_different_numbers_of_groups_are_not_comparable() -> None:
    one = run_of([row(GIB, 200.0, 375.0)])
    other = run_of([row(GIB, 47.9, 47.9)], groups=8)
    assert "the number of groups of ranks is 1 in one run, and 8 in the other" in compare(one, other).obstacles


def test_runs_on_different_types_are_not_comparable() -> None:
    comparison = compare(EFA, EFA, instance_type="p5.48xlarge", other_instance_type="p5e.48xlarge")
    assert "the instance type is p5.48xlarge in one run, and p5e.48xlarge in the other" in comparison.obstacles


def test_says_what_makes_a_comparison_less_certain() -> None:
    other = run_of([row(MIB, 8.7, 16.31), row(4 * GIB, 250.0, 468.75)], ranks=None, nodes=None, truncated=True)
    remarks = " ".join(compare(EFA, other).remarks)
    assert "the number of ranks is not in both logs" in remarks
    assert "3 sizes were measured in one run only" in remarks
    assert "a log ends within the run" in remarks


def as_json(comparison: Comparison) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(to_json(RunComparison(run=0, other_run=1, comparison=comparison))))
    return document


def test_becomes_json() -> None:
    noisy = run_of([row(GIB, 80.0, 150.0, in_place=measured(GIB, 104.0, 195.0))], truncated=True)
    assert as_json(compare(run_of([row(GIB, 100.0, 187.5)]), noisy)) == {
        "run": 0,
        "other_run": 1,
        "comparable": True,
        "obstacles": [],
        "remarks": ["a log ends within the run: its last sizes are missing"],
        "sizes": [
            {
                "size_bytes": GIB,
                "data_type": "float",
                "reduction": "sum",
                "bus_bandwidth": 187.5,
                "other_bus_bandwidth": 150.0,
                "difference": -37.5,
                "speed": 0.8,
                "noise": 0.3,
                "change": "same",
            }
        ],
        "words": [
            "at 1 GiB: 187.5 GB/s, and 150.0 GB/s in the other run (0.8 times as fast)",
            "no size differs by more than noise, of 1",
            "a log ends within the run: its last sizes are missing",
        ],
    }
    refused = as_json(compare(EFA, run_with([(GIB, 400.0)], "all_gather")))
    obstacles = [
        "the collective is all_reduce in one run, and all_gather in the other",
        "no size was measured in both runs",
    ]
    assert refused == {
        "run": 0,
        "other_run": 1,
        "comparable": False,
        "obstacles": obstacles,
        "remarks": [],
        "sizes": [],
        "words": [f"not comparable: {obstacle}" for obstacle in obstacles],
    }


def test_numbers_of_the_json_are_rounded_to_what_measurements_repeat() -> None:
    (size,) = as_json(compare(run_of([row(GIB, 90.003, 187.503)]), run_of([row(GIB, 100.0, 200.007)])))["sizes"]
    assert (size["difference"], size["speed"], size["noise"]) == (12.5, 1.1111, 0.1)


def test_hosts_are_counted_where_nobody_counts_nodes() -> None:
    listed = dataclasses.replace(EFA, nodes=None)
    assert compare(listed, EFA).obstacles == ()
    other = dataclasses.replace(EFA, nodes=None, hosts=("a", "b", "c", "d"))
    assert "the number of nodes is 2 in one run, and 4 in the other" in compare(listed, other).obstacles


def test_names_six_sizes_and_no_more() -> None:
    for count, named in ((6, "64 MiB (0.5 times as fast)"), (7, "64 MiB (0.5 times as fast) ...")):
        sizes = [2**power * MIB for power in range(1, count + 1)]
        one, other = (run_with([(size, bandwidth) for size in sizes]) for bandwidth in (100.0, 50.0))
        (words,) = [words for words in compare(one, other).words if words.startswith("slower")]
        assert words.startswith(f"slower by more than noise at {count} of {count} sizes: 2 MiB")
        assert words.endswith(named)
