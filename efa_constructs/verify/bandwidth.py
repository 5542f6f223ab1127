"""How the bandwidth of a run stands against what the instance type can do, and against what others measured.

The ceiling. Of a message of S bytes, ``network_traffic`` says how much must pass through the busiest node in one
direction: c S. A node's EFA interfaces carry B bytes a second each way (``InstanceType.network_bandwidth_gbps``), so
that one operation takes c S / B at least. Algorithm bandwidth, S over time, is B / c at most, and bus bandwidth that
times the factor of nccl-tests. For an all_reduce of n ranks on N nodes: B N (n-1) / ((N-1) n), which is 1.875 B with
two nodes of 8 GPUs, and nears B as nodes are added. So two nodes may well show more than their cards' speed.

The judgement. Thresholds come from what was measured: a run is low if it is below the lowest of the published runs that
are most like it, less the tenth that nccl-tests itself forgives (``NCCL_TESTS_MIN_BW``: src/common.cu). No threshold
exceeds what somebody measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .. import catalogue
from ..catalogue import InstanceType, PublishedRun
from ..catalogue.search import known_instance_type
from .in_words import bandwidth_in_words, size_in_words
from .network_traffic import network_traffic
from .rank_ratio import RanksByRatio, bus_bandwidth_factor, ranks_by_ratio
from .results import Measurement, NcclTestsRun, Row

__all__ = ["BandwidthJudgement", "BandwidthVerdict", "PublishedBandwidth", "ceiling", "judge_bandwidth", "to_json"]

# What nccl-tests forgives before it calls a bandwidth too low.
_TOLERANCE = 0.1
# What a message reached that is smaller by more than this factor says little, and a larger one nothing: larger messages
# are faster.
_LIKE_SIZES = 2
# Half of the last digit that nccl-tests prints, in GB/s.
_ROUNDING = 0.005


class BandwidthVerdict(StrEnum):
    """How the bandwidth stands."""

    # Not more than a tenth below the lowest published run that is like it.
    IN_LINE = "in-line"
    BELOW = "below"
    # And, by the same tolerance, half of the middle one, or less.
    HALF = "half"
    # Above the ceiling: the log, the type or the number of nodes is wrong.
    IMPOSSIBLE = "impossible"
    # One node alone, nothing published that is like it, or too little is known of the run.
    NOT_COMPARED = "not-compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBandwidth:
    """What a published run measured at the size, or at the nearest one below it."""

    run: PublishedRun
    size_bytes: int
    bus_bandwidth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthJudgement:
    """Bandwidths are bus bandwidths in GB/s. None: it is not known."""

    verdict: BandwidthVerdict
    instance_type: str | None
    nodes: int | None
    ranks: int | None
    # The row that is judged: the largest of which somebody published a like one, else the largest.
    size_bytes: int | None
    bus_bandwidth: float | None
    # What the EFA interfaces of so many nodes of this type allow.
    ceiling: float | None
    # The published runs that are most like it, the slowest first.
    published: tuple[PublishedBandwidth, ...]
    ranks_by_ratio: RanksByRatio | None
    # Why the rows cannot be of the run that the log tells of: of other ranks, or faster than its interfaces. None: they
    # can.
    contradiction: str | None
    # Sentences for people.
    words: tuple[str, ...]


def ceiling(
    instance_type: InstanceType, collective: str | None, nodes: int, ranks: int, nccl_algorithm: str | None = None
) -> float | None:
    """Return the bus bandwidth, in GB/s, that no run can exceed. None: no bound is known.

    :param instance_type: Of every node.
    :param collective: As the name of the program has it, without _perf, such as ``all_reduce``.
    :param nodes: Nodes that the ranks are on, evenly.
    :param ranks: Ranks of all nodes together.
    :param nccl_algorithm: ``NCCL_ALGO``. Default: not set.
    """
    if instance_type.network_bandwidth_gbps is None or instance_type.accelerator_link_spans_instances:
        return None
    traffic = network_traffic(collective, nodes, ranks)
    # hypercube counts (n-1)/n of the size that it prints as moved, and has no factor: src/hypercube.cu.
    factor = bus_bandwidth_factor("all_gather" if collective == "hypercube" else collective, ranks, nccl_algorithm)
    if traffic is None or factor is None:
        return None
    return factor * instance_type.network_bandwidth_gbps / 8 / traffic.busiest_node


def judge_bandwidth(
    run: NcclTestsRun,
    *,
    instance_type: str | None = None,
    nodes: int | None = None,
    nccl_algorithm: str | None = None,
    doubt: str | None = None,
) -> BandwidthJudgement:
    """Judge a run by its largest row of which somebody published a like one, else by its largest.

    :param run: What the log says of one run.
    :param instance_type: The type of every node. Default: not known.
    :param nodes: Default: what the log says; where it does not, as many as the ranks fill.
    :param nccl_algorithm: ``NCCL_ALGO``. Default: not set.
    :param doubt: Why it is not to be compared, as far as others than this function know. Default: nothing is.
    """
    facts = _facts(run, instance_type, nodes, nccl_algorithm)
    if facts.row is None or facts.measurement is None:
        return _judgement(facts, BandwidthVerdict.NOT_COMPARED, ("no row has a bandwidth to judge",))
    # A group may be faster than others with which it shares the interfaces, and nothing tells whose time is printed.
    impossible = _above_ceiling(run, facts.ceiling and facts.ceiling * facts.sharing)
    if impossible is not None:
        words = _impossible_in_words(facts, *impossible)
        return _judgement(facts, BandwidthVerdict.IMPOSSIBLE, (words,), contradiction=words)
    contradiction = _doubt_about_ranks(facts)
    doubts = tuple(one for one in (contradiction, doubt or _doubt_about_nodes(facts)) if one)
    if doubts:
        return _judgement(facts, BandwidthVerdict.NOT_COMPARED, doubts, contradiction=contradiction)
    return _compared(facts, facts.row, facts.measurement)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known of the run before it is compared."""

    collective: str | None
    instance_type: InstanceType | None
    # As it was given, also where the catalogue does not know it.
    type_name: str | None
    nodes: int | None
    # Ranks that the header has, or else the ratio.
    ranks: int | None
    claimed_ranks: int | None
    ceiling: float | None
    by_ratio: RanksByRatio | None
    # Why the number of nodes is what it is, where the log does not say it.
    assumption: str | None
    # That run at once, each by itself. The ratio is that of one.
    groups: int
    # Of these, how many share the interfaces of a node.
    sharing: int
    # What is judged.
    row: Row | None = None
    measurement: Measurement | None = None


def _facts(run: NcclTestsRun, instance_type: str | None, nodes: int | None, nccl_algorithm: str | None) -> _Facts:
    known = None if instance_type is None else known_instance_type(instance_type)
    by_ratio = ranks_by_ratio(run, nccl_algorithm)
    ranks = run.ranks
    if ranks is None and by_ratio is not None:
        ranks = by_ratio.certain
    assumption = None
    nodes = nodes or run.nodes or len(run.hosts) or None
    if nodes is None and ranks is not None and known is not None and known.accelerator_count:
        nodes = math.ceil(ranks / known.accelerator_count)
        assumption = f"the log does not say how many nodes took part: {ranks} ranks fill {nodes} of {known.name}"
    bound, sharing = None, 1
    if known is not None and nodes is not None and ranks is not None:
        if run.groups == 1:
            bound = ceiling(known, run.collective, nodes, ranks, nccl_algorithm)
        elif run.group_layout is not None:
            sharing = run.group_layout.on_a_node
            alone = ceiling(known, run.collective, run.group_layout.nodes, ranks // run.groups, nccl_algorithm)
            bound = None if alone is None else alone / sharing
    facts = _Facts(
        collective=run.collective,
        instance_type=known,
        type_name=instance_type,
        nodes=nodes,
        ranks=ranks,
        claimed_ranks=run.ranks,
        ceiling=bound,
        by_ratio=by_ratio,
        assumption=assumption,
        groups=run.groups,
        sharing=sharing,
    )
    row, measurement = _judged_row(run, lambda size: bool(_most_like(facts, size)))
    return replace(facts, row=row, measurement=measurement)


def _judged_row(run: NcclTestsRun, like: Callable[[int], bool]) -> tuple[Row | None, Measurement | None]:
    """The largest row of which somebody published a like one, or else the largest that has a bandwidth.

    Not the fastest: that of a run over TCP, or of one that breaks down at large messages, may be a small one.
    In place only where nothing is out of place.
    """
    for place in ("out_of_place", "in_place"):
        measured = [(row, one) for row in run.rows if (one := getattr(row, place)) is not None and one.bus_bandwidth]
        largest = sorted(measured, key=lambda pair: pair[0].size_bytes, reverse=True)
        for row, one in largest:
            if like(row.size_bytes):
                return row, one
        if largest:
            return largest[0]
    return None, None


def _above_ceiling(run: NcclTestsRun, bound: float | None) -> tuple[Row, Measurement] | None:
    """The first measurement that is faster than the interfaces are."""
    if bound is None:
        return None
    for row in run.rows:
        for one in (row.out_of_place, row.in_place):
            if one is not None and one.bus_bandwidth > bound + _ROUNDING:
                return row, one
    return None


def _impossible_in_words(facts: _Facts, row: Row, measurement: Measurement) -> str:
    bound = (facts.ceiling or 0) * facts.sharing
    return (
        f"{bandwidth_in_words(measurement.bus_bandwidth)} at {size_in_words(row.size_bytes)} is more than the EFA "
        f"interfaces of {_nodes_in_words(facts)} can carry ({bandwidth_in_words(bound)}): the instance type, "
        "the number of nodes or the log is wrong"
    )


def _doubt_about_ranks(facts: _Facts) -> str | None:
    """Why the rows are not of the ranks that the log names."""
    by_ratio, claimed = facts.by_ratio, facts.claimed_ranks
    if by_ratio is None:
        return None
    if by_ratio.contradictory:
        return (
            "bus bandwidth over algorithm bandwidth fits no number of ranks in all rows: they are not of one run, or "
            "the log was changed"
        )
    if claimed is None:
        return _doubt_about_a_node_s_ranks(facts, by_ratio)
    if by_ratio.allows(claimed // facts.groups):
        return None
    if facts.groups > 1:
        return (
            f"the log names {claimed} ranks in {facts.groups} groups, but bus bandwidth over algorithm bandwidth is "
            f"that of {_shown(by_ratio)}"
        )
    one_node = by_ratio.certain in (_accelerators(facts), claimed // (facts.nodes or claimed))
    return (
        f"the log names {claimed} ranks, but bus bandwidth over algorithm bandwidth is that of {_shown(by_ratio)}"
        + (", a single node's, so that nothing crossed the network" if one_node else "")
    )


def _shown(by_ratio: RanksByRatio) -> str:
    return f"{by_ratio.lowest}" if by_ratio.certain else f"{by_ratio.lowest} to {by_ratio.highest or 'more'}"


def _doubt_about_a_node_s_ranks(facts: _Facts, by_ratio: RanksByRatio) -> str | None:
    """The rows are of as many ranks as one node has GPUs, and more nodes are said to have taken part."""
    if by_ratio.certain is None or by_ratio.certain != _accelerators(facts) or (facts.nodes or 1) < 2:
        return None
    return (
        f"bus bandwidth over algorithm bandwidth is that of {by_ratio.certain} ranks, a single node's, although "
        f"{facts.nodes} nodes are said to have taken part"
    )


def _accelerators(facts: _Facts) -> int | None:
    return facts.instance_type.accelerator_count if facts.instance_type else None


def _doubt_about_nodes(facts: _Facts) -> str | None:
    if facts.nodes == 1:
        return "one node: its bandwidth is that of the links between its GPUs, and says nothing of EFA"
    if facts.type_name is None:
        return "the instance type is not known: no ceiling, and nothing to compare with (--instance-type names it)"
    if facts.nodes is None or facts.ranks is None:
        return "the log does not say how many nodes took part: no ceiling, and nothing to compare with"
    return None


def _compared(facts: _Facts, row: Row, measurement: Measurement) -> BandwidthJudgement:
    published = _most_like(facts, row.size_bytes)
    measured = f"{bandwidth_in_words(measurement.bus_bandwidth)} at {size_in_words(row.size_bytes)}"
    words = [facts.assumption] if facts.assumption else []
    if not published:
        words.append(f"{measured}: {_nothing_published_in_words(facts, row)}")
        return _judgement(facts, BandwidthVerdict.NOT_COMPARED, (*words, _ceiling_in_words(facts, measurement)))
    expected = _expected(facts, published)
    verdict = _verdict(measurement.bus_bandwidth, expected)
    words.append(f"{measured} is {_stand_in_words(verdict, measurement.bus_bandwidth, expected)}")
    words.append(_published_in_words(facts, published, expected))
    return _judgement(facts, verdict, (*words, _ceiling_in_words(facts, measurement)), published)


def _most_like(facts: _Facts, size: int) -> tuple[PublishedBandwidth, ...]:
    """Of the same type, collective and ranks a node, those with the nearest number of nodes that have a like size.

    That is the size itself, or the nearest one below: what a larger message reached is no threshold for a smaller one.
    """
    if facts.nodes is None or facts.ranks is None or facts.type_name is None or facts.groups > 1:
        return ()
    alike = [
        PublishedBandwidth(run=run, size_bytes=point[0], bus_bandwidth=point[1])
        for run in catalogue.published_runs(facts.type_name, facts.collective, comparable=True)
        if run.nodes > 1 and _as_dense(facts, run)
        for point in [max((one for one in run.bus_bandwidths if one[0] <= size <= _LIKE_SIZES * one[0]), default=None)]
        if point is not None
    ]
    # Of numbers that are equally near the larger one, which promises less.
    nearest = min((one.run.nodes for one in alike), key=lambda n: (_distance(n, facts.nodes or 0), -n), default=None)
    return tuple(sorted((one for one in alike if one.run.nodes == nearest), key=lambda one: one.bus_bandwidth))


def _as_dense(facts: _Facts, run: PublishedRun) -> bool:
    """Whether as many ranks are on a node."""
    return run.ranks_a_node * (facts.nodes or 0) == facts.ranks


def _distance(one: float, other: float) -> float:
    """How often one must be doubled, or halved, to be the other."""
    return abs(math.log2(one / other)) if one > 0 < other else math.inf


def _expected(facts: _Facts, published: Sequence[PublishedBandwidth]) -> tuple[float, ...]:
    """The published bandwidths, from low to high; of fewer nodes, less by what the ceiling is lower with more nodes."""
    theirs = published[0].run
    share = 1.0
    if facts.instance_type is not None and facts.ceiling is not None and facts.nodes != theirs.nodes:
        their_ceiling = ceiling(facts.instance_type, facts.collective, theirs.nodes, theirs.ranks)
        # Never more than what was measured.
        share = min(1.0, facts.ceiling / their_ceiling) if their_ceiling else 1.0
    return tuple(one.bus_bandwidth * share for one in published)


def _verdict(measured: float, expected: Sequence[float]) -> BandwidthVerdict:
    if measured >= (1 - _TOLERANCE) * expected[0]:
        return BandwidthVerdict.IN_LINE
    return BandwidthVerdict.HALF if measured <= (1 + _TOLERANCE) * _middle(expected) / 2 else BandwidthVerdict.BELOW


def _middle(in_order: Sequence[float]) -> float:
    """Of two in the middle the lower one."""
    return in_order[(len(in_order) - 1) // 2]


def _stand_in_words(verdict: BandwidthVerdict, measured: float, expected: Sequence[float]) -> str:
    others = " to ".join(dict.fromkeys(bandwidth_in_words(bandwidth) for bandwidth in (expected[0], expected[-1])))
    match verdict:
        case BandwidthVerdict.IN_LINE if measured > expected[-1]:
            return f"above what others published ({others})"
        case BandwidthVerdict.IN_LINE:
            return f"in line with what others published ({others})"
        case BandwidthVerdict.BELOW:
            return f"below what others published: {_percent(measured, expected[0])} of the lowest ({others})"
        case _:
            middle = _percent(measured, _middle(expected))
            return f"half of what others published, or less: {middle} of the middle one ({others})"


def _percent(part: float, whole: float) -> str:
    return f"{round(100 * part / whole)} %"


def _published_in_words(facts: _Facts, published: Sequence[PublishedBandwidth], expected: Sequence[float]) -> str:
    runs = f"{len(published)} runs" if len(published) > 1 else "1 run"
    nodes = published[0].run.nodes
    sizes = sorted({one.size_bytes for one in published})
    at = " to ".join(size_in_words(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
    text = f"compared with {runs} of {facts.collective} on {nodes} nodes at {at}"
    if nodes != facts.nodes:
        text += ", the nearest number of nodes that anybody published"
        if expected[0] < published[0].bus_bandwidth:
            text += "; expected is less, as the ceiling is lower with more nodes"
    return text


def _nothing_published_in_words(facts: _Facts, row: Row) -> str:
    if facts.groups > 1:
        return (
            f"NCCL_TESTS_SPLIT made {facts.groups} groups of the ranks, of which nothing is published, so that it "
            "passes or fails nothing"
        )
    runs = catalogue.published_runs(facts.type_name, facts.collective, comparable=True)
    if not runs:
        return (
            f"no published run of {facts.collective} on {facts.type_name} is known, so that it passes or fails nothing"
        )
    sizes = sorted({size for run in runs for size, _ in run.bus_bandwidths})
    text = (
        f"the published runs of {facts.collective} on {facts.type_name} are of other sizes "
        f"({' to '.join(dict.fromkeys(size_in_words(size) for size in (sizes[0], sizes[-1])))}) or other numbers of "
        "ranks on a node, so that it passes or fails nothing"
    )
    larger = [size for run in runs if _as_dense(facts, run) for size, _ in run.bus_bandwidths if size > row.size_bytes]
    return f"{text}; larger messages tell more (-e {max(2, min(larger) >> 30)}G)" if larger else text


def _ceiling_in_words(facts: _Facts, measurement: Measurement) -> str:
    if facts.ceiling is not None:
        share = _percent(measurement.bus_bandwidth, facts.ceiling)
        bound = bandwidth_in_words(facts.ceiling)
        text = f"{share} of the ceiling of {bound}, which the EFA interfaces of {_nodes_in_words(facts)} set"
        return f"{text} for each of {facts.sharing} groups that share them evenly" if facts.sharing > 1 else text
    if facts.instance_type is None:
        return f"no ceiling: instance type '{facts.type_name}' is not in the catalogue"
    if facts.instance_type.accelerator_link_spans_instances:
        return f"no ceiling: GPUs of several {facts.type_name} are linked past EFA"
    if facts.groups > 1:
        return "no ceiling: the log does not say on which nodes each group is, or the groups differ"
    return f"no ceiling: what {facts.collective} moves between {_nodes_in_words(facts)} has no known bound"


def _nodes_in_words(facts: _Facts) -> str:
    return f"{facts.nodes} nodes of {facts.type_name}"


def _judgement(
    facts: _Facts,
    verdict: BandwidthVerdict,
    words: tuple[str, ...],
    published: tuple[PublishedBandwidth, ...] = (),
    contradiction: str | None = None,
) -> BandwidthJudgement:
    return BandwidthJudgement(
        verdict=verdict,
        instance_type=facts.type_name,
        nodes=facts.nodes,
        ranks=facts.ranks,
        size_bytes=facts.row.size_bytes if facts.row else None,
        bus_bandwidth=facts.measurement.bus_bandwidth if facts.measurement else None,
        ceiling=facts.ceiling,
        published=published,
        ranks_by_ratio=facts.by_ratio,
        contradiction=contradiction,
        words=words,
    )


def to_json(judgement: BandwidthJudgement) -> dict[str, Any]:
    """The judgement as a JSON object. Bandwidths in GB/s, sizes in bytes."""
    by_ratio = judgement.ranks_by_ratio
    return {
        "verdict": judgement.verdict.value,
        "instance_type": judgement.instance_type,
        "nodes": judgement.nodes,
        "ranks": judgement.ranks,
        "size_bytes": judgement.size_bytes,
        "bus_bandwidth": judgement.bus_bandwidth,
        "ceiling": None if judgement.ceiling is None else round(judgement.ceiling, 2),
        "published": [
            {
                "bus_bandwidth": one.bus_bandwidth,
                "size_bytes": one.size_bytes,
                "nodes": one.run.nodes,
                "source": one.run.source,
                "date": one.run.date,
                "versions": one.run.versions,
                "remark": one.run.remark,
            }
            for one in judgement.published
        ],
        "ranks_by_ratio": by_ratio and {"lowest": by_ratio.lowest, "highest": by_ratio.highest},
        "words": list(judgement.words),
    }
