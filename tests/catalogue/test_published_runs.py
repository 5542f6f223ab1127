"""What others published of their bandwidth, and whether it can be true."""

from __future__ import annotations

import re

import pytest

from efa_constructs import catalogue
from efa_constructs.verify.bandwidth import ceiling

GIB = 1 << 30
RUNS = catalogue.published_runs()


def name(run: catalogue.PublishedRun) -> str:
    return f"{run.instance_type} x{run.nodes} {run.collective} {run.source}"


@pytest.mark.parametrize("run", RUNS, ids=name)
def test_a_run_says_where_it_is_from_and_fits_its_type(run: catalogue.PublishedRun) -> None:
    assert re.fullmatch(r"https://\S+|[\w.-]+/[\w.-]+:[\w./-]+( at \w{7})?", run.source)
    assert run.date is None or re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", run.date)
    assert run.ranks % run.nodes == 0
    assert run.ranks_a_node <= catalogue.get(run.instance_type).accelerator_count
    sizes = [size for size, _ in run.bus_bandwidths]
    assert sizes == sorted(set(sizes)) and sizes[0] >= 1 << 20
    assert all(bandwidth > 0 for _, bandwidth in run.bus_bandwidths)


@pytest.mark.parametrize("run", [run for run in RUNS if run.nodes > 1], ids=name)
def test_no_run_is_faster_than_the_interfaces_of_its_nodes(run: catalogue.PublishedRun) -> None:
    bound = ceiling(catalogue.get(run.instance_type), run.collective, run.nodes, run.ranks)
    assert bound is not None
    # None is far below either: a bound ten times what anybody reached would tell nothing.
    assert bound / 10 < run.peak[1] < bound


def test_a_run_that_is_not_to_be_compared_with_says_why() -> None:
    odd = catalogue.published_runs(comparable=False)
    assert odd and all(run.remark for run in odd)
    assert all(run in odd for run in RUNS if run.nodes == 1)


def test_finds_runs_by_type_and_collective() -> None:
    found = catalogue.published_runs("p5.48xlarge", "alltoall")
    assert [run.nodes for run in found] == [2, 4, 8, 16, 32]
    assert found[0].peak == (2 * GIB, 79.25)
    assert catalogue.published_runs("p5e.48xlarge") == ()


def test_knows_what_the_readme_of_p5_prints() -> None:
    (run,) = [run for run in catalogue.published_runs("p5.48xlarge", "all_reduce") if run.peak[1] == 487.09]
    assert dict(run.bus_bandwidths)[2 * GIB] == 443.72
    assert (run.nodes, run.ranks, run.ranks_a_node, run.comparable) == (2, 16, 8, True)


def test_the_peak_is_not_always_at_the_largest_message() -> None:
    run = RUNS[0]._replace(bus_bandwidths=((1 << 20, 1.0), (1 << 21, 9.0), (1 << 22, 5.0)), ranks=16, nodes=2)
    assert run.peak == (1 << 21, 9.0)
    assert str(run.ranks_a_node) == "8"
