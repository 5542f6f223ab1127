"""The page about bandwidth says what the catalogue and the code say."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs import catalogue
from efa_constructs.verify.bandwidth import BandwidthVerdict, ceiling, judge_bandwidth, to_json
from efa_constructs.verify.comparison import RunComparison, compare
from efa_constructs.verify.comparison import to_json as comparison_to_json
from efa_constructs.verify.efa_counters import judge_traffic, traffic_between
from efa_constructs.verify.in_words import size_in_words
from efa_constructs.verify.network_traffic import network_traffic
from efa_constructs.verify.rank_ratio import bus_bandwidth_factor
from tests.verify.runs import GIB, run_with

from . import shown
from .pages import ROOT, quoted, section, table

PAGE = "explanation/bandwidth.md"
RUNS = catalogue.published_runs()
RUN = run_with([(2 * GIB, 443.72)])
JUDGED = judge_bandwidth(RUN, instance_type="p5.48xlarge")


def share(run: catalogue.PublishedRun) -> float | None:
    bound = ceiling(catalogue.get(run.instance_type), run.collective, run.nodes, run.ranks)
    return None if bound is None else run.peak[1] / bound


def expected_row(run: catalogue.PublishedRun) -> list[str]:
    size, bandwidth = run.peak
    sources = run.source if run.source.startswith("https://") else f"`{run.source}`"
    remarks = "; ".join(filter(None, (run.date, run.versions, run.remark)))
    of_ceiling = share(run)
    return [
        f"{run.instance_type}{'' if run.comparable else ' ✗'}",
        f"{run.nodes} x {run.ranks_a_node}",
        f"`{run.collective}`",
        f"{bandwidth:g} at {size_in_words(size)}",
        "-" if of_ceiling is None else f"{of_ceiling:.0%}".replace("%", " %"),
        sources,
        remarks or "-",
    ]


def test_the_table_has_every_published_run() -> None:
    assert table(section(PAGE, "## What others published")) == [expected_row(run) for run in RUNS]


def test_the_shares_in_the_text_are_those_of_the_runs() -> None:
    shares = [found for run in RUNS if run.nodes > 1 and run.comparable and (found := share(run)) is not None]
    text = " ".join(section(PAGE, "## The judgement").split())
    assert f"between {min(shares):.0%} (without".replace("%", " %") in text
    assert f"and {max(shares):.0%} of it".replace("%", " %") in text


def test_types_without_a_published_run_are_named() -> None:
    text = section(PAGE, "## What others published")
    for instance_type in ("p5e.48xlarge", "p6e-gb200.36xlarge"):
        assert not catalogue.published_runs(instance_type)
        assert instance_type in text.partition("Nothing was found")[2]


FACTORS = {name: row[1] for row in table(section(PAGE, "## What nccl-tests prints")) for name in quoted(row[0])}
THROUGH = {name: row[1] for row in table(section(PAGE, "## The ceiling")) for name in quoted(row[0])}


@pytest.mark.parametrize("collective", FACTORS)
def test_the_factor_is_that_of_the_code(collective: str) -> None:
    formulas = {"2 (n-1) / n": 30 / 16, "(n-1) / n": 15 / 16, "1": 1.0}
    assert bus_bandwidth_factor(collective, 16) == formulas[FACTORS[collective].partition(";")[0]]


@pytest.mark.parametrize("collective", THROUGH)
def test_what_passes_the_busiest_node_is_that_of_the_code(collective: str) -> None:
    nodes, ranks = 4, 32
    formulas = {"2 S (N-1) / N": 1.5, "S (N-1) / N": 0.75, "(n/N) S (N-1) / N": 6.0, "S": 1.0}
    traffic = network_traffic(collective, nodes, ranks)
    assert traffic is not None and traffic.busiest_node == formulas[THROUGH[collective]]


def test_both_tables_have_the_same_collectives() -> None:
    assert set(FACTORS) == set(THROUGH)


def test_every_verdict_is_explained() -> None:
    listed = [quoted(row[0])[0] for row in table(section(PAGE, "## The judgement"))]
    assert listed == [verdict.value for verdict in BandwidthVerdict]


def test_the_counters_are_those_that_are_added_up() -> None:
    for direction, counters in table(section(PAGE, "## Counters")):
        grown = dict.fromkeys(quoted(counters), 1)
        traffic = traffic_between("a", {"d/1": dict.fromkeys(grown, 0)}, {"d/1": grown})
        assert getattr(judge_traffic([traffic], None).nodes[0], f"{direction}_bytes") == len(grown) == 3


COMPARED = RunComparison(run=0, other_run=0, comparison=compare(RUN, RUN))


@pytest.mark.parametrize(
    ("fields", "document"),
    [("bandwidth", to_json(JUDGED)), ("comparisons", comparison_to_json(COMPARED))],
    ids=["bandwidth", "comparisons"],
)
def test_the_reference_lists_every_field(fields: str, document: dict[str, Any]) -> None:
    page = (ROOT / "docs/reference/command.md").read_text()
    _, _, rest = page.partition(f"Fields of `{fields}`:\n")
    rows = table(rest.strip().partition("\n\n")[0])
    assert [name for row in rows for name in quoted(row[0])] == list(document)
    (listed,) = [row[1] for row in rows if "list of" in row[1]]
    (items,) = [
        value for value in document.values() if value and isinstance(value, list) and isinstance(value[0], dict)
    ]
    assert [name for name in quoted(listed.partition("list of")[2]) if name in items[0]] == list(items[0])


def test_the_page_is_found() -> None:
    assert "explanation/bandwidth.md" in (ROOT / "mkdocs.yml").read_text()


def test_the_formula_is_that_of_the_code() -> None:
    text = shown.CEILING.block.text
    assert "B  N (n-1) / ((N-1) n)" in text
    p4d = catalogue.get("p4d.24xlarge")
    for nodes in (2, 3, 64):
        of_nodes = ceiling(p4d, "all_reduce", nodes, 8 * nodes)
        # Of 4 network cards with 100 Gbit/s.
        assert of_nodes == pytest.approx(50 * nodes * (8 * nodes - 1) / ((nodes - 1) * 8 * nodes))
    assert "2 nodes with 8 GPUs: 1.875 B" in text
    assert ceiling(p4d, "all_reduce", 2, 16) == pytest.approx(1.875 * 50)
