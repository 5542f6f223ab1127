"""How a bandwidth stands against published runs and the ceiling."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from efa_constructs import catalogue
from efa_constructs.verify.bandwidth import BandwidthVerdict, ceiling, judge_bandwidth, to_json
from efa_constructs.verify.group_layout import GroupLayout, group_layout
from efa_constructs.verify.results import NcclTestsRun

from .runs import GIB, MIB, measured, row, run_of, run_with


@pytest.mark.parametrize(
    ("instance_type", "collective", "nodes", "bound"),
    [
        # 4 x 100 Gbps are 50 GB/s: 1.875 times as much with two nodes, 1 with many.
        ("p4d.24xlarge", "all_reduce", 2, 93.75),
        ("p4d.24xlarge", "all_reduce", 1000, 50.04),
        ("p5.48xlarge", "all_reduce", 2, 750.0),
        ("p5.48xlarge", "all_gather", 2, 750.0),
        ("p5.48xlarge", "reduce_scatter", 2, 750.0),
        ("p5.48xlarge", "hypercube", 2, 750.0),
        # Eight ranks share what a node sends to others.
        ("p5.48xlarge", "alltoall", 2, 93.75),
        ("p5.48xlarge", "broadcast", 4, 400.0),
        ("p5.48xlarge", "sendrecv", 4, 400.0),
        # Its API says 200 Gbps a card, which is IP traffic; EFA has 400.
        ("p6-b200.48xlarge", "all_reduce", 2, 750.0),
        # 16 EFA cards of 400 Gbps, and one for IP alone.
        ("p6-b300.48xlarge", "all_reduce", 2, 1500.0),
        # Four cards of 400 Gbps, in an instance of 400 Gbps.
        ("g6e.48xlarge", "all_reduce", 2, 93.75),
    ],
)
def test_the_ceiling_follows_from_type_collective_and_nodes(
    instance_type: str, collective: str, nodes: int, bound: float
) -> None:
    assert ceiling(catalogue.get(instance_type), collective, nodes, 8 * nodes) == pytest.approx(bound, rel=1e-3)


def test_the_factor_of_nvls_lowers_the_ceiling_as_it_lowers_what_is_printed() -> None:
    p5 = catalogue.get("p5.48xlarge")
    assert ceiling(p5, "all_reduce", 2, 16, "NVLSTREE") == pytest.approx(400 * 15 / 17)


@pytest.mark.parametrize(
    ("instance_type", "collective", "nodes", "ranks"),
    [
        ("p5.48xlarge", "all_reduce", 1, 8),
        ("p5.48xlarge", "all_reduce", 3, 16),
        ("p5.48xlarge", "alltoallv", 2, 16),
        ("p6e-gb200.36xlarge", "all_reduce", 2, 8),
    ],
    ids=["one node", "uneven", "no fixed pattern", "NVLink between instances"],
)
def test_no_ceiling_is_guessed(instance_type: str, collective: str, nodes: int, ranks: int) -> None:
    assert ceiling(catalogue.get(instance_type), collective, nodes, ranks) is None


@pytest.mark.parametrize(
    ("bandwidth", "verdict", "words"),
    [
        (443.72, "in-line", "443.7 GB/s at 2 GiB is in line with what others published (438.9 GB/s to 445.1 GB/s)"),
        (396.0, "in-line", "396.0 GB/s at 2 GiB is in line"),
        (390.0, "below", "below what others published: 89 % of the lowest"),
        (250.0, "below", "57 % of the lowest"),
        (219.0, "half", "half of what others published, or less: 49 % of the middle one"),
        (2.23, "half", "2.23 GB/s at 2 GiB is half of what others published, or less: 1 % of the middle one"),
        (600.0, "in-line", "600.0 GB/s at 2 GiB is above what others published"),
        (751.0, "impossible", "is more than the EFA interfaces of 2 nodes of p5.48xlarge can carry (750.0 GB/s)"),
    ],
)
def test_a_run_on_two_p5_stands_where_its_number_says(bandwidth: float, verdict: str, words: str) -> None:
    judged = judge_bandwidth(run_with([(MIB, 16.0), (2 * GIB, bandwidth)]), instance_type="p5.48xlarge")
    assert judged.verdict == verdict
    assert words in " ".join(judged.words)
    assert judged.ceiling == pytest.approx(750.0)


def test_no_published_run_is_called_low() -> None:
    """A threshold above what somebody measured would call a sound cluster broken."""
    for published in catalogue.published_runs(comparable=True):
        run = run_with(published.bus_bandwidths, published.collective, published.ranks, published.nodes)
        judged = judge_bandwidth(run, instance_type=published.instance_type)
        assert judged.verdict is BandwidthVerdict.IN_LINE, (published, judged.words)


def test_half_is_half_of_the_middle_one_not_of_the_lowest() -> None:
    """Of the three published runs of p4d at 1 GiB or so, the oldest is slow."""
    judged = judge_bandwidth(run_with([(2 * GIB, 20.0)]), instance_type="p4d.24xlarge")
    assert [one.bus_bandwidth for one in judged.published] == [32.71, 43.36, 57.17]
    assert judged.verdict is BandwidthVerdict.HALF
    assert "46 % of the middle one" in judged.words[0]


def test_compares_with_the_nearest_number_of_nodes_and_says_so() -> None:
    judged = judge_bandwidth(run_with([(8 * GIB, 330.0)], ranks=40, nodes=5), instance_type="p5.48xlarge")
    assert {one.run.nodes for one in judged.published} == {4}
    assert "on 4 nodes at 8 GiB, the nearest number of nodes that anybody published" in " ".join(judged.words)


def test_between_two_numbers_of_nodes_the_larger_one_is_taken() -> None:
    # Published at 16 GiB are 654 GB/s of 2 nodes, and 767.1 of 8.
    judged = judge_bandwidth(run_with([(16 * GIB, 700.0)], ranks=32, nodes=4), instance_type="p6-b300.48xlarge")
    assert {one.run.nodes for one in judged.published} == {8}


def test_expects_less_of_more_nodes_but_never_more_than_was_measured() -> None:
    of_64 = judge_bandwidth(run_with([(8 * GIB, 286.0)], ranks=512, nodes=64), instance_type="p5.48xlarge")
    of_3 = judge_bandwidth(run_with([(8 * GIB, 322.0)], ranks=24, nodes=3), instance_type="p5.48xlarge")
    # 0.9 x 321.1 would be 289.0, and 0.9 x 357.0 scaled up to three nodes 357.5.
    assert (of_64.verdict, of_3.verdict) == ("in-line", "in-line")
    assert "expected is less" in " ".join(of_64.words)


def test_compares_at_the_same_size_or_the_nearest_one_below_and_at_no_far_one() -> None:
    near = judge_bandwidth(run_with([(2 * GIB, 42.0)]), instance_type="p4d.24xlarge")
    assert [(one.size_bytes, one.bus_bandwidth) for one in near.published] == [
        (GIB, 32.71),
        (2 * GIB, 43.36),
        (GIB, 57.17),
    ]
    far = judge_bandwidth(run_with([(2 * GIB, 300.0)]), instance_type="p5en.48xlarge")
    assert far.verdict is BandwidthVerdict.NOT_COMPARED
    assert "of other sizes (16 GiB)" in far.words[0] and "-e 16G" in far.words[0]


@pytest.mark.parametrize(
    ("instance_type", "nodes", "size", "bandwidth"),
    # Published at 128 MiB: 425 GB/s of two p6-b300, 295 of four p6-b200. Four p5 reached 229 there, and 95 at 32 MiB.
    [("p6-b300.48xlarge", 2, 64 * MIB, 296.0), ("p6-b200.48xlarge", 4, 32 * MIB, 125.0)],
)
def test_what_larger_messages_reached_is_no_threshold(
    instance_type: str, nodes: int, size: int, bandwidth: float
) -> None:
    run = run_with([(size, bandwidth)], ranks=8 * nodes, nodes=nodes)
    judged = judge_bandwidth(run, instance_type=instance_type)
    assert judged.verdict is BandwidthVerdict.NOT_COMPARED
    assert "larger messages tell more" in judged.words[0]


def test_large_messages_that_break_down_are_not_hidden_by_smaller_ones() -> None:
    run = run_with([(512 * MIB, 390.0), (2 * GIB, 90.0)])
    judged = judge_bandwidth(run, instance_type="p5.48xlarge")
    assert (judged.size_bytes, judged.verdict) == (2 * GIB, BandwidthVerdict.HALF)


def test_the_largest_size_that_others_published_is_judged() -> None:
    run = run_with([(2 * GIB, 43.0), (64 * GIB, 44.0)])
    judged = judge_bandwidth(run, instance_type="p4d.24xlarge")
    assert (judged.size_bytes, judged.verdict) == (2 * GIB, BandwidthVerdict.IN_LINE)


def test_one_gpu_a_node_is_not_held_against_eight() -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 11.35)], ranks=2), instance_type="p4d.24xlarge")
    assert judged.verdict is BandwidthVerdict.NOT_COMPARED
    assert judged.ceiling == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("instance_type", "collective", "words"),
    [
        ("p5e.48xlarge", "all_reduce", "no published run of all_reduce on p5e.48xlarge is known"),
        ("p5.48xlarge", "broadcast", "no published run of broadcast on p5.48xlarge is known"),
        ("p9.48xlarge", "all_reduce", "no ceiling: instance type 'p9.48xlarge' is not in the catalogue"),
        ("p6e-gb200.36xlarge", "all_reduce", "no ceiling: GPUs of several p6e-gb200.36xlarge are linked past EFA"),
        ("p5.48xlarge", "alltoallv", "no ceiling: what alltoallv moves between 2 nodes of p5.48xlarge has no known"),
    ],
)
def test_without_a_published_run_nothing_passes_or_fails(instance_type: str, collective: str, words: str) -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 300.0)], collective), instance_type=instance_type)
    assert judged.verdict is BandwidthVerdict.NOT_COMPARED
    assert words in " ".join(judged.words)


def test_without_a_published_run_the_ceiling_still_tells() -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 300.0)]), instance_type="p5e.48xlarge")
    assert "40 % of the ceiling of 750.0 GB/s" in judged.words[-1]
    above = judge_bandwidth(run_with([(2 * GIB, 800.0)]), instance_type="p5e.48xlarge")
    assert above.verdict is BandwidthVerdict.IMPOSSIBLE


def test_a_row_in_place_above_the_ceiling_is_seen_as_well() -> None:
    run = run_of([row(2 * GIB, 24.0, 45.0, in_place=measured(2 * GIB, 51.2, 96.0))])
    assert judge_bandwidth(run, instance_type="p4d.24xlarge").verdict is BandwidthVerdict.IMPOSSIBLE


def test_the_ratio_unmasks_a_run_of_one_node_that_is_said_to_be_of_two() -> None:
    of_one_node = [row(16 * GIB, 276.03, 483.05)]
    named = judge_bandwidth(run_of(of_one_node), instance_type="p5.48xlarge")
    assert named.verdict is BandwidthVerdict.NOT_COMPARED
    assert "16 ranks" in named.words[0] and "that of 8, a single node's" in named.words[0]
    pasted = judge_bandwidth(run_of(of_one_node, ranks=None, nodes=None), instance_type="p5.48xlarge", nodes=2)
    assert "8 ranks, a single node's, although 2 nodes are said" in pasted.words[0]


def grouped(bus_bandwidth: float, layout: GroupLayout | None, algorithm_bandwidth: float | None = None) -> NcclTestsRun:
    """16 ranks on two nodes, in eight groups."""
    rows = [row(8 * GIB, algorithm_bandwidth or bus_bandwidth, bus_bandwidth)]
    return replace(run_of(rows, groups=8), group_layout=layout)


def test_groups_of_ranks_share_the_interfaces_of_their_nodes() -> None:
    # Two ranks each, one on each node: 400 GB/s for all eight.
    both = GroupLayout(nodes=2, on_a_node=8)
    judged = judge_bandwidth(grouped(47.9, both), instance_type="p5.48xlarge")
    assert (judged.verdict, judged.ceiling) == ("not-compared", 50.0)
    assert "NCCL_TESTS_SPLIT made 8 groups of the ranks" in judged.words[0]
    assert judged.words[1].startswith("96 % of the ceiling of 50.0 GB/s") and "8 groups" in judged.words[1]
    # Who is faster than the others is not impossible, but nobody is faster than all interfaces.
    assert judge_bandwidth(grouped(80.0, both), instance_type="p5.48xlarge").verdict == "not-compared"
    above = judge_bandwidth(grouped(401.0, both), instance_type="p5.48xlarge")
    assert above.verdict == "impossible" and "can carry (400.0 GB/s)" in above.words[0]


def test_groups_that_differ_have_no_ceiling() -> None:
    judged = judge_bandwidth(grouped(47.9, None), instance_type="p5.48xlarge")
    assert (judged.verdict, judged.ceiling) == ("not-compared", None)
    assert "on which nodes each group is" in judged.words[1]


def test_rows_of_all_ranks_are_not_of_a_group() -> None:
    of_all = judge_bandwidth(grouped(46.88, GroupLayout(2, 8), 25.0), instance_type="p5.48xlarge")
    assert of_all.contradiction is not None
    assert "the log names 16 ranks in 8 groups, but" in of_all.contradiction and "that of 16" in of_all.contradiction


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        # MOD 8, of 16 ranks on two nodes.
        ({(group, host): 1 for group in range(8) for host in "ab"}, GroupLayout(2, 8)),
        # DIV 16, of 32 ranks on four nodes.
        ({(group, host): 8 for group, hosts in enumerate(("ab", "cd")) for host in hosts}, GroupLayout(2, 1)),
        # DIV 8 and DIV 4: each on one node.
        ({(0, "a"): 8, (1, "b"): 8}, GroupLayout(1, 1)),
        ({(0, "a"): 4, (1, "a"): 4, (2, "b"): 4, (3, "b"): 4}, GroupLayout(1, 2)),
        # One is on more nodes, has more ranks, or shares only some of its nodes.
        ({(0, "a"): 8, (0, "b"): 8, (1, "c"): 8}, None),
        ({(0, "a"): 8, (0, "b"): 4}, None),
        ({(0, "a"): 4, (0, "b"): 4, (1, "b"): 4, (1, "c"): 4}, None),
        ({(0, "a"): 4, (0, "b"): 4, (1, "a"): 4, (1, "b"): 4, (2, "c"): 4, (2, "d"): 4}, None),
    ],
)
def test_knows_where_groups_are_alike(ranks: dict[tuple[int, str], int], expected: GroupLayout | None) -> None:
    assert group_layout(ranks) == expected


def test_rows_of_several_runs_are_not_judged() -> None:
    run = run_of([row(GIB, 259.78, 487.09), row(2 * GIB, 276.03, 483.05)])
    judged = judge_bandwidth(run, instance_type="p5.48xlarge")
    assert judged.verdict is BandwidthVerdict.NOT_COMPARED
    assert "they are not of one run" in judged.words[0]


def test_a_pasted_table_without_a_header_tells_its_nodes_by_the_ratio() -> None:
    run = run_of([row(16 * GIB, 186.39, 369.86)], ranks=None, nodes=None)
    judged = judge_bandwidth(run, instance_type="p5en.48xlarge")
    assert (judged.ranks, judged.nodes, judged.verdict) == (128, 16, "in-line")
    assert "128 ranks fill 16 of p5en.48xlarge" in judged.words[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "the instance type is not known"),
        ({"instance_type": "p5.48xlarge", "nodes": 1}, "one node: its bandwidth is that of the links between its GPUs"),
    ],
)
def test_says_why_it_cannot_judge(arguments: dict[str, object], words: str) -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 443.72)]), **arguments)  # type: ignore[arg-type]
    assert judged.verdict is BandwidthVerdict.NOT_COMPARED
    assert words in judged.words[0]


def test_a_run_without_rows_is_not_judged() -> None:
    for rows in ([], [row(8, 0.0, 0.0)]):
        judged = judge_bandwidth(run_of(rows), instance_type="p5.48xlarge")
        assert judged.verdict is BandwidthVerdict.NOT_COMPARED
        assert judged.words == ("no row has a bandwidth to judge",)


def test_becomes_json_with_the_sources_of_what_it_was_compared_with() -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 443.72)]), instance_type="p5.48xlarge")
    document = json.loads(json.dumps(to_json(judged)))
    assert document["verdict"] == "in-line"
    assert (document["bus_bandwidth"], document["ceiling"], document["nodes"]) == (443.72, 750.0, 2)
    assert document["ranks_by_ratio"] == {"lowest": 16, "highest": 16}
    assert all(":" in published["source"] for published in document["published"])
