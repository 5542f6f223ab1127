"""Which lines belong to which run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import repeat, zip_longest

import pytest

from efa_constructs.errors import InvalidLogError
from efa_constructs.verify import log_reader, read_so_far
from efa_constructs.verify.group_layout import GroupLayout
from efa_constructs.verify.table import COLLECTIVES
from efa_constructs.verify.verified import VerifiedRun, verify_log

from .real_logs import EFA, HEADER, ROW, channel, efa_run, lines, nccl, ranks, run, verified


def runs_of(log: str) -> list[VerifiedRun]:
    return list(verified(log).runs)


def verdicts(log: str) -> list[str]:
    return [str(one.verdict) for one in runs_of(log)]


SOCKETS = [channel(host, "Socket", flags="", pid=99) for host in ("node-1", "node-2")]


def test_each_run_has_its_own_evidence() -> None:
    log = lines(efa_run(), run(*SOCKETS, pid=99), efa_run(pid=120))
    assert verdicts(log) == ["efa-gdr", "tcp", "efa-gdr"]
    decisive = verified(log).decisive
    assert decisive is not None
    assert decisive.verdict == "tcp"


def test_what_another_program_says_before_a_run_is_no_evidence_of_it() -> None:
    training = [line.replace(":21:", ":5000:") for line in efa_run() if "NCCL INFO" in line]
    (quiet,) = runs_of(lines(training, run()))
    assert quiet.verdict == "unproven"
    assert "only processes that the run does not list" in quiet.reasons[0].statement
    assert [line.number for line in quiet.reasons[0].lines] == [2, 4]
    (good,) = runs_of(lines([line.replace("Libfabric", "Socket") for line in training], efa_run()))
    assert (good.verdict, good.passes) == ("efa-gdr", True)


def test_refuses_a_log_with_more_processes_than_a_run_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_so_far, "_MOST_PROCESSES", 3)
    said = [channel("node-1", "Libfabric", pid=number) for number in range(3)]
    assert verdicts(lines(said, run(pid=0))) == ["unproven"]
    with pytest.raises(InvalidLogError, match="more than 3 processes at once: split it"):
        verified(lines(said, [channel("node-1", "Libfabric", pid=3)], run()))


def test_a_run_without_evidence_does_not_borrow_that_of_its_neighbours() -> None:
    assert verdicts(lines(efa_run(), run(pid=99), efa_run(pid=120))) == ["efa-gdr", "unproven", "efa-gdr"]


def test_what_comes_before_a_table_belongs_to_the_run_that_follows() -> None:
    said = [line for line in efa_run() if "NCCL INFO" in line]
    others = [line for line in efa_run() if "NCCL INFO" not in line]
    assert verdicts(lines(said, others)) == ["efa-gdr"]


def test_what_comes_between_rows_belongs_to_their_run() -> None:
    # NCCL 2.22 and later connects ranks when the first operation begins.
    said = [line for line in efa_run() if "NCCL INFO" in line]
    others = [line for line in efa_run(rows=[ROW, ROW]) if "NCCL INFO" not in line]
    for place in range(len(others)):
        log = lines(others[:place], said, others[place:])
        assert verdicts(log) == ["efa-gdr"], place


def test_what_comes_after_a_table_belongs_to_it_if_one_of_its_ranks_says_so() -> None:
    # Logs of several pods, one after the other.
    said = [line for line in efa_run() if "NCCL INFO" in line]
    others = [line for line in efa_run() if "NCCL INFO" not in line]
    assert verdicts(lines(others, said)) == ["efa-gdr"]
    assert verdicts(lines(others, [line.replace(":21:", ":77:") for line in said])) == ["unproven"]


def test_counts_all_lines_and_keeps_the_first() -> None:
    said = [channel("node-1", "Libfabric")] * 5000 + [channel("node-2", "Libfabric")] * 5000
    (only,) = runs_of(lines(run(nccl("node-1", EFA), *said)))
    reason = only.reasons[-1]
    assert (reason.count, len(reason.lines)) == (10_000, 3)
    assert [line.number for line in reason.lines] == [8, 9, 10]


def test_a_run_ends_where_the_next_one_begins() -> None:
    first, second = runs_of(lines(efa_run(ends=False), efa_run(pid=99)))
    assert (first.run.truncated, second.run.truncated) == (True, False)
    assert (first.passes, second.passes) == (False, True)


def test_a_run_does_not_inherit_from_one_that_the_log_does_not_end() -> None:
    assert verdicts(lines(efa_run(ends=False), run(pid=99))) == ["efa-gdr", "unproven"]


def test_a_run_that_fails_decides_over_one_that_passes_with_a_worse_verdict() -> None:
    without = [channel(host, "Libfabric", flags="", pid=99) for host in ("node-1", "node-2")]
    passing = run(nccl("node-1", EFA, pid=99), *without, pid=99)
    log = verified(lines(efa_run(ends=False), passing), instance_type="g5.48xlarge")
    assert [(str(one.verdict), one.passes) for one in log.runs] == [("efa-gdr", False), ("efa-no-gdr", True)]
    assert (log.verdict, log.passes, log.decisive) == ("efa-gdr", False, log.runs[0])


def test_the_average_is_not_read_where_the_log_ends_in_it() -> None:
    log = lines(efa_run()).partition("Avg bus bandwidth    : 4")
    (told,) = runs_of(log[0] + log[1])
    assert (told.run.truncated, told.run.average_bus_bandwidth) == (False, None)


def test_an_average_beyond_all_numbers_is_none() -> None:
    (told,) = runs_of(lines(efa_run()).replace(": 4.39 ", ": 1e+999 "))
    assert told.run.average_bus_bandwidth is None


def test_takes_the_version_of_nccl_from_the_first_line_of_newer_releases() -> None:
    for release in ("2.17.6", "2.20.0 (b4d5bee)"):
        line = f"# nccl-tests version {release} nccl-headers=22707 nccl-library=22809"
        (told,) = runs_of(lines([line], run()))
        assert told.nccl == "2.28.9"


def test_a_table_alone_is_a_run_and_so_is_each_of_several() -> None:
    footer = ["# Out of bounds values : 0 OK", "# Avg bus bandwidth    : 436.95 "]
    assert len(runs_of(lines([ROW]))) == 1
    assert len(runs_of(lines([HEADER, ROW]))) == 1
    assert [len(one.run.rows) for one in runs_of(lines([HEADER, ROW, ROW, *footer, ROW, *footer]))] == [2, 1]
    assert [len(one.run.rows) for one in runs_of(lines([HEADER, ROW], [HEADER, ROW]))] == [1, 1]


def test_a_header_without_rows_is_a_run_that_measured_nothing() -> None:
    (only,) = runs_of(lines(efa_run(rows=[], ends=False)))
    assert (only.verdict, only.passes, only.run.truncated) == ("efa-gdr", False, True)


@pytest.mark.parametrize("host", ["node-1", "8h200-2", "10-0-0-5"])
def test_puts_a_row_together_that_a_line_of_nccl_cut(host: str) -> None:
    for place in range(len(ROW)):
        said = channel(host, "Libfabric")
        cut = [f"{ROW[:place]}{said}", nccl(host, "Connected all rings"), ROW[place:]]
        log = lines(run(nccl(host, EFA), channel("other", "Libfabric"), hosts=[host, "other"], rows=[ROW, *cut, ROW]))
        (only,) = runs_of(log)
        assert only.verdict == "efa-gdr", place
        assert len(only.run.rows) == 3
        assert len(set(only.run.rows)) == 1
        assert only.reasons[-1].count == 2


def test_puts_a_row_together_that_a_line_of_nccl_cut_which_says_nothing() -> None:
    for place in range(2, len(ROW)):
        cut = [f"{ROW[:place]}{nccl('node-1', 'Connected all rings')}", ROW[place:]]
        (only,) = runs_of(lines(efa_run(rows=[ROW, *cut])))
        assert only.run.rows == (only.run.rows[0],) * 2, place


def test_half_a_row_without_its_other_half_is_none() -> None:
    head = " ".join(ROW.split()[:7])
    (only,) = runs_of(lines(run(rows=[f"{head}{nccl('node-1', 'Connected all rings')}", ROW])))
    assert len(only.run.rows) == 1


@pytest.mark.parametrize("name", COLLECTIVES)
def test_names_the_collective_that_the_log_names(name: str) -> None:
    (told,) = runs_of(lines(run(collective=name)))
    assert told.run.collective == name
    # As containers of NVIDIA name the programs that have MPI.
    (told,) = runs_of(lines(run(collective=name)).replace("_perf", "_perf_mpi"))
    assert told.run.collective == name
    command = f"+ mpirun -np 16 --tag-output -x NCCL_DEBUG=INFO /opt/nccl-tests/build/{name}_perf -b 8 -e 2G -f 2 -g 1"
    old = [line for line in run() if "Collective test" not in line]
    (told,) = runs_of(lines([command], old))
    assert told.run.collective == name


def test_a_table_alone_is_of_an_all_reduce_where_bus_bandwidth_is_the_higher_one() -> None:
    row = "1073741824 268435456 float sum -1 4607.6 233.04 436.95 0 4565.6 235.18 440.96 0"
    (told,) = runs_of(lines([HEADER, row]))
    assert (told.run.collective, told.run.ranks) == ("all_reduce", None)


@pytest.mark.parametrize(
    ("settings", "iterations"),
    [
        ("step: 2(factor) warmup iters: 5 iters: 20 agg iters: 1 validation: 1 graph: 0", 20),
        ("step: 2(factor) warmup iters: 5 iters: 20 agg iters: 4 validation: 1 graph: 0 unalign: 0", 80),
        ("step: 2(factor) warmup iters: 5 iters: 1000 validation: 1 ", 1000),
        ("step: 1048576(bytes) warmup iters: 1 iters: 100 agg iters: 1 validation: 0 graph: 0", 100),
        ("step: 2(factor)", None),
    ],
)
def test_knows_how_often_operations_were_timed(settings: str, iterations: int | None) -> None:
    log = [
        f"# nThread 1 nGpus 1 minBytes 8 maxBytes 1073741824 {settings}" if "nThread" in line else line
        for line in run()
    ]
    (told,) = runs_of(lines(log))
    assert told.run.iterations == iterations


def test_does_not_name_a_collective_when_several_programs_were_built() -> None:
    built = ["nvcc -o build/all_gather_perf", "nvcc -o build/broadcast_perf"]
    old = [line.replace(" sum ", " none ") for line in run() if "Collective test" not in line]
    (told,) = runs_of(lines(built, old))
    assert told.run.collective is None


@pytest.mark.parametrize(
    ("row", "collective"),
    [
        ("1073741824 268435456 float sum -1 4607.6 233.0 233.0 0 4565.6 235.1 235.1 0", "all_reduce"),
        ("1073741824 268435456 float sum -1 4607.6 233.0 116.5 0 4565.6 235.1 117.5 0", "reduce_scatter"),
        ("1073741824 268435456 float sum 0 4607.6 233.0 233.0 0 4565.6 235.1 235.1 0", "reduce"),
        ("1073741824 268435456 float sum -1 4607.6 233.0 180.0 0 4565.6 235.1 180.0 0", None),
        ("8 2 float sum -1 4607.6 0.01 0.02 0 4565.6 0.01 0.02 0", None),
    ],
)
def test_a_collective_without_a_name_follows_from_its_columns_and_bandwidths(row: str, collective: str | None) -> None:
    (told,) = runs_of(lines(line for line in run(rows=[row]) if "Collective test" not in line))
    assert told.run.collective == collective


def test_takes_the_number_of_nodes_from_nccl_where_the_list_of_ranks_does_not_say_it() -> None:
    said = [
        nccl("node", f"comm 0x7f8cf8000dc0 rank {rank} nRanks 16 nNodes 4 localRanks 4 localRank 0") for rank in (0, 1)
    ]
    (told,) = runs_of(lines(said, [HEADER, ROW]))
    assert (told.run.ranks, told.run.nodes, told.run.hosts) == (16, 4, ())
    (told,) = runs_of(lines(run(*said, hosts=["node", "node"])))
    assert (told.run.ranks, told.run.nodes, told.run.hosts) == (2, 4, ())


def test_counts_the_groups_that_ranks_are_split_into() -> None:
    log = lines(efa_run())
    (whole,), (split,) = runs_of(log), runs_of(log.replace("Rank  1 Group  0", "Rank  1 Group  1"))
    assert (whole.run.groups, whole.run.group_layout) == (1, None)
    assert (split.run.groups, split.run.group_layout) == (2, GroupLayout(nodes=1, on_a_node=1))


def test_a_list_of_ranks_with_a_gap_says_nothing_of_their_number() -> None:
    log = [line for line in efa_run(hosts=["a", "b", "c"]) if "Rank  1 " not in line]
    (told,) = runs_of(lines(log))
    assert (told.run.ranks, told.run.nodes) == (None, None)


def test_a_list_of_ranks_that_the_log_ends_in_says_nothing_of_their_number() -> None:
    (told,) = runs_of(lines(run(hosts=["a"] * 1)[:5]))
    assert (told.verdict, told.run.ranks, told.run.nodes) == ("unproven", None, None)


def test_many_processes_of_rank_0_are_one_run_of_programs_without_mpi() -> None:
    one = run(hosts=["a"])
    both = [line for line in one[:5] for _ in (1, 2)] + one[5:]
    both[9] = ranks(["b"], pid=22)[0]
    told = runs_of(lines(both))
    assert [(str(one.verdict), one.run.nodes, [cause.code for cause in one.causes]) for one in told] == [
        ("single-node", 1, ["without-mpi"])
    ]


def test_refuses_a_log_with_more_runs_than_any_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_so_far, "_MOST_RUNS", 3)
    assert len(runs_of(lines(run(), run(), run()))) == 3
    with pytest.raises(InvalidLogError, match="more than 3 runs of nccl-tests: split it"):
        verified(lines(run(), run(), run(), run()))


def test_refuses_a_log_with_more_rows_and_ranks_than_any_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_so_far, "_MOST_ROWS_AND_RANKS", 12)
    assert len(runs_of(lines(run(rows=[ROW] * 10)))[0].run.rows) == 10
    with pytest.raises(InvalidLogError, match="more than 12 rows and ranks of nccl-tests: split it"):
        verified(lines(run(rows=[ROW] * 11)))


def of_pod(name: str, said: Iterable[str]) -> list[str]:
    return [f"[pod/{name}/main] {line}" for line in said]


def in_turn(*parts: list[str]) -> list[str]:
    """A line of each, again and again."""
    return [line for together in zip_longest(*parts) for line in together if line is not None]


def merged(seed: int, *parts: list[str]) -> list[str]:
    """The same in any order that keeps that of each."""
    turns = [number for number, part in enumerate(parts) for _ in part]
    random.Random(seed).shuffle(turns)
    left = [iter(part) for part in parts]
    return [next(left[turn]) for turn in turns]


def told_alike(one: VerifiedRun, other: VerifiedRun) -> bool:
    """Whether both are told the same of, but for where in the log it stands."""
    return (str(one.verdict), one.passes, one.run, one.causes, one.bandwidth) == (
        *(str(other.verdict), other.passes, other.run, other.causes, other.bandwidth),
    )


JOBS = (
    efa_run(),
    run(*(line.replace("node-", "other-") for line in SOCKETS), hosts=("other-1", "other-2"), pid=99, rows=[ROW, ROW]),
    efa_run(hosts=("node-7", "node-8")),
)


@pytest.mark.parametrize("seed", range(20))
def test_jobs_that_print_at_once_are_told_apart_by_their_pods(seed: int) -> None:
    parts = [of_pod(f"job-{number}-launcher-x7z4q", said) for number, said in enumerate(JOBS)]
    alone = [only for part in parts for only in runs_of(lines(part))]
    assert [str(only.verdict) for only in alone] == ["efa-gdr", "tcp", "efa-gdr"]
    together = runs_of(lines(merged(seed, *parts)))
    assert {only.run.pod for only in together} == {f"job-{number}-launcher-x7z4q/main" for number in range(3)}
    assert len(together) == len(JOBS)
    for expected in alone:
        assert sum(told_alike(expected, one) for one in together) == 1


@pytest.mark.parametrize("seed", range(20))
def test_what_pods_of_workers_print_belongs_to_the_run_that_lists_their_processes(seed: int) -> None:
    parts = []
    for number, said in enumerate(JOBS):
        parts.append(of_pod(f"job-{number}-launcher-x7z4q", [line for line in said if "NCCL INFO" not in line]))
        for host in sorted({line.partition(":")[0] for line in said if "NCCL INFO" in line}):
            parts.append(of_pod(f"{host}-pod", [line for line in said if line.startswith(f"{host}:")]))
    for log in (merged(seed, *parts), [line for part in parts for line in part]):
        told = {one.run.hosts[0]: str(one.verdict) for one in runs_of(lines(log))}
        assert told == {"node-1": "efa-gdr", "other-1": "tcp", "node-7": "efa-gdr"}


def test_what_a_process_printed_that_two_runs_list_is_evidence_of_neither() -> None:
    quiet = [line for line in efa_run() if "NCCL INFO" not in line]
    said = [line for line in efa_run() if "NCCL INFO" in line]
    assert verdicts(lines(of_pod("a", quiet), of_pod("worker", said))) == ["efa-gdr"]
    assert verdicts(lines(of_pod("a", quiet), of_pod("b", quiet), of_pod("worker", said))) == ["unproven", "unproven"]


def test_what_other_pods_print_is_no_evidence_of_a_run_that_lists_no_processes() -> None:
    ends = {"node-1": "0[0] -> 1[0] [send]", "node-2": "1[0] -> 0[0] [send]"}
    said = [nccl("node-1", EFA), *(channel(host, "Libfabric", ends=both) for host, both in ends.items())]
    table = [HEADER, ROW, "# Out of bounds values : 0 OK", "# Avg bus bandwidth    : 4.39 "]
    assert verdicts(lines(said, table)) == ["efa-gdr"]
    assert verdicts(lines(of_pod("training", said), of_pod("launcher", table))) == ["unproven"]


def test_workers_that_are_read_after_all_runs_of_the_launcher_prove_each_of_them() -> None:
    both = [efa_run(), efa_run(pid=99)]
    quiet = [line for said in both for line in said if "NCCL INFO" not in line]
    said = [line for said in both for line in said if "NCCL INFO" in line]
    assert verdicts(lines(quiet, said)) == ["efa-gdr", "efa-gdr"]


@pytest.mark.parametrize("seed", range(40))
def test_runs_that_nothing_tells_apart_are_not_proven(seed: int) -> None:
    rows = [ROW] * 3
    one, other = efa_run(rows=rows), efa_run(hosts=("node-3", "node-4"), pid=99, rows=rows)
    for log in (in_turn(one, other), in_turn(other, one), merged(seed, one, other)):
        told = runs_of(lines(log))
        assert not any(only.passes for only in told)
        mixed = [only for only in told if "lines of several runs are mixed" in only.reasons[0].statement]
        assert mixed
        for only in mixed:
            assert (str(only.verdict), only.run.nodes, only.run.ranks, only.causes) == ("unproven", None, None, ())
            assert only.reasons[0].lines
            assert "--prefix" in only.advice[0]
            assert only.bandwidth.verdict == "not-compared"
            assert not only.run.rows or "the rows are of several runs" in only.bandwidth.words[-1]


def test_sizes_of_a_table_grow_and_may_begin_anew() -> None:
    small = ROW.replace("1073741824   268435456", " 536870912   134217728").replace("245707", "122853.5")
    small = small.replace("243479", "121739.5")
    of_max = [row.replace("   sum ", "   max ") for row in (small, ROW)]
    for rows, verdict in (
        ([small, ROW, small, ROW], "efa-gdr"),
        ([small, ROW, *of_max], "efa-gdr"),
        ([ROW, small, ROW], "unproven"),
    ):
        (only,) = runs_of(lines(efa_run(rows=rows)))
        assert (str(only.verdict), len(only.run.rows)) == (verdict, len(rows))


def test_refuses_a_log_with_more_pods_than_any_job_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "_MOST_PODS", 3)
    pods = [of_pod(f"job-{number}", run()) for number in range(4)]
    assert len(runs_of(lines(*pods[:3]))) == 3
    with pytest.raises(InvalidLogError, match="lines of more than 3 pods: split it"):
        verified(lines(*pods))


def test_what_is_binary_is_not_read_to_an_end_that_it_may_not_have() -> None:
    def noise() -> Iterator[str]:
        yield "\0"
        yield from repeat("", 200_000)
        raise AssertionError

    assert [reason.statement for reason in verify_log(noise()).reasons] == ["the log is binary"]
    # A name in another encoding is no sign of that.
    assert verdicts("\ufffd\n" + "x\n" * 200_000 + lines(efa_run())) == ["efa-gdr"]
    # As a log that was rotated may begin, on whose file a program went on.
    assert verdicts("\0" * 100 + lines(efa_run(), [""] * 200_000, efa_run(pid=99))) == ["efa-gdr", "efa-gdr"]


def test_processes_of_runs_that_are_over_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_so_far, "_MOST_PROCESSES", 4)
    assert verdicts(lines(*(efa_run(pid=pid) for pid in range(20)))) == ["efa-gdr"] * 20


def test_what_a_pod_of_a_worker_warns_of_is_of_the_run_of_its_processes() -> None:
    parts = []
    for number, said in enumerate((JOBS[0], JOBS[2])):
        printed = [line for line in said if "NCCL INFO" not in line]
        warning = "Libfabric error: (-12) Cannot allocate memory" if number else "libfabric is up"
        parts += [
            of_pod(f"job-{number}-launcher-x7z4q", printed),
            of_pod(f"job-{number}-worker-0", [*(line for line in said if "NCCL INFO" in line), warning]),
        ]
    told = {one.run.hosts[0]: [cause.code for cause in one.causes] for one in runs_of(lines(*parts))}
    assert told == {"node-1": [], "node-7": ["locked-memory"]}


def test_what_a_pod_of_another_run_warns_of_is_its_own() -> None:
    said = [*efa_run(hosts=("node-7", "node-8")), "Libfabric error: (-12) Cannot allocate memory"]
    parts = [of_pod("one", efa_run()), of_pod("two", said)]
    told = {one.run.hosts[0]: [cause.code for cause in one.causes] for one in runs_of(lines(*parts))}
    assert told["node-1"] == []
