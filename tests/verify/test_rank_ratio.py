"""How many ranks the ratio of the two bandwidths tells."""

from __future__ import annotations

import pytest

from efa_constructs.verify.rank_ratio import RanksByRatio, bus_bandwidth_factor, ranks_by_ratio

from .runs import GIB, MIB, measured, row, run_of, run_with


@pytest.mark.parametrize(
    ("algorithm", "bus", "ranks"),
    [(186.39, 369.86, 128), (276.03, 483.05, 8), (259.78, 487.09, 16), (16.57, 31.77, 24), (3.11, 3.11, 2)],
    ids=["p5en README", "p5 on AWS Batch", "p5 README", "p4d on three nodes", "g4dn, one GPU a node"],
)
def test_published_rows_tell_their_ranks(algorithm: float, bus: float, ranks: int) -> None:
    rows = [row(GIB, algorithm, bus)] + ([row(GIB, 186.16, 369.42)] if ranks == 128 else [])
    found = ranks_by_ratio(run_of(rows))
    assert found is not None and found.allows(ranks)
    assert found.certain == ranks or (ranks == 24 and found == RanksByRatio(lowest=23, highest=25))


@pytest.mark.parametrize("collective", ["all_reduce", "all_gather", "reduce_scatter", "alltoall", "gather", "scatter"])
@pytest.mark.parametrize("ranks", [2, 3, 8, 16, 24, 64])
def test_rounded_rows_allow_the_ranks_that_they_are_of(collective: str, ranks: int) -> None:
    run = run_with([(MIB, 3.21), (64 * MIB, 97.55), (GIB, 443.72)], collective, ranks)
    found = ranks_by_ratio(run)
    assert found is not None and found.allows(ranks)
    assert found.certain == ranks or ranks > 32
    assert not found.allows(2 * ranks)


def test_many_ranks_are_a_range() -> None:
    found = ranks_by_ratio(run_of([row(8 * GIB, 161.18, 321.10)]))
    assert found is not None
    assert found.certain is None and found.allows(256) and not found.allows(128)
    assert found.highest is not None and found.highest < 270


def test_a_slow_row_tells_only_the_least() -> None:
    found = ranks_by_ratio(run_of([row(1024, 0.10, 0.20)]))
    assert found is not None and found.highest is None and found.allows(100_000)


def test_small_messages_tell_nothing() -> None:
    assert ranks_by_ratio(run_of([row(8, 0.0, 0.0)])) is None


def test_the_factor_of_nvls_shows_by_itself() -> None:
    run = run_of([row(GIB, 300.00, 233.33)])
    assert ranks_by_ratio(run) == RanksByRatio(lowest=8, highest=8)
    assert bus_bandwidth_factor("all_reduce", 8, "NVLS") == pytest.approx(233.33 / 300, abs=1e-4)


def test_nccl_algo_says_which_factor_is_meant() -> None:
    run = run_of([row(GIB, 300.00, 299.99)])
    assert ranks_by_ratio(run) == RanksByRatio(lowest=2, highest=2)
    found = ranks_by_ratio(run, "NVLSTREE")
    assert found is not None and found.lowest > 1000


@pytest.mark.parametrize("collective", ["broadcast", "reduce", "sendrecv", "hypercube", "alltoallv", None])
def test_collectives_without_a_factor_tell_nothing(collective: str | None) -> None:
    assert ranks_by_ratio(run_of([row(GIB, 40.0, 40.0)], collective)) is None


def test_rows_of_two_runs_contradict_each_other() -> None:
    found = ranks_by_ratio(run_of([row(GIB, 259.78, 487.09), row(2 * GIB, 276.03, 483.05)]))
    assert found is not None and found.contradictory and not found.allows(16)


def test_no_number_of_ranks_doubles_a_bandwidth() -> None:
    found = ranks_by_ratio(run_of([row(GIB, 100.0, 300.0)]))
    assert found is not None and found.contradictory


def test_rows_in_place_count_as_well() -> None:
    rows = [row(GIB, 259.78, 487.09, in_place=measured(GIB, 276.20, 483.35))]
    found = ranks_by_ratio(run_of(rows))
    assert found is not None and found.contradictory
