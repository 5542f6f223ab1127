"""What is told of a log, in words: why it is none of nccl-tests, and what NCCL and nccl-tests say about themselves."""

from __future__ import annotations

import json

import pytest

from efa_constructs.verify.advice import advice_for
from efa_constructs.verify.bandwidth import BandwidthVerdict, judge_bandwidth
from efa_constructs.verify.bandwidth import to_json as bandwidth_to_json
from efa_constructs.verify.nccl_lines import release_of
from efa_constructs.verify.prefixes import unwrapped
from efa_constructs.verify.table import device_of
from efa_constructs.verify.verdict import Verdict

from .real_logs import EFA, HEADER, ROW, channel, efa_run, lines, nccl, ranks, run, verified
from .runs import GIB, MIB, row, run_of, run_with

RELEASE = "# nccl-tests version 2.17.6 nccl-headers=22707 nccl-library={}"


@pytest.mark.parametrize(
    "said",
    [
        nccl("node-1", EFA),
        nccl("node-1", "Using network Socket"),
        nccl("node-1", "NET/OFI Initializing aws-ofi-nccl 1.17.2"),
        channel("node-1", "Libfabric"),
        nccl("node-1", "NCCL_NET set by environment to Socket"),
    ],
    ids=["provider", "network", "plugin", "connection", "cause"],
)
def test_nccl_in_another_programs_log_is_named(said: str) -> None:
    assert [reason.statement for reason in verified(lines([said])).reasons] == [
        "nothing in the log is what nccl-tests prints",
        "its lines of NCCL are another program's",
    ]


def test_lines_of_nccl_that_are_not_about_the_network_name_nothing() -> None:
    assert len(verified(lines([nccl("node-1", "Bootstrap : Using eth0")])).reasons) == 1


def test_another_program_is_named_before_its_nccl() -> None:
    told = verified(lines([nccl("node-1", EFA), "# OSU MPI-CUDA Allreduce Latency Test v7.4"]))
    assert told.reasons[-1].statement == "it looks like the output of the OSU Micro-Benchmarks"


def test_two_processes_that_name_their_release_are_of_one_run() -> None:
    (told,) = verified(lines([RELEASE.format(22809)] * 2, efa_run())).runs
    assert (told.nccl, told.verdict) == ("2.28.9", "efa-gdr")


@pytest.mark.parametrize(
    "begun",
    [
        [line for line in run() if "nThread" in line],
        ranks(["node-1"]),
        [line for line in run() if "redop" in line],
        [ROW],
    ],
    ids=["settings", "a rank", "a header", "a row"],
)
def test_a_release_that_is_named_within_a_run_is_of_the_next(begun: list[str]) -> None:
    log = lines([RELEASE.format(22706)], begun, [RELEASE.format(22809)], efa_run())
    assert [one.nccl for one in verified(log).runs] == ["2.27.6", "2.28.9"]


def test_a_path_that_begins_with_nccl_tests_is_no_release() -> None:
    old = [line for line in run() if "Collective test" not in line]
    (told,) = verified(lines(["nccl-tests $ ./build/all_gather_perf -b 8"], old)).runs
    assert told.run.collective == "all_gather"


def test_an_error_is_of_the_run_that_ended_before_it() -> None:
    (told,) = verified(lines(["# error: too early"], efa_run(), ["# error: a plugin is old"])).runs
    assert told.run.last_error == "a plugin is old"
    (told,) = verified(lines(["# error: too early"], efa_run(rows=["# error: not yet", ROW]))).runs
    assert told.run.last_error is None


def test_types_that_differ_are_shown_by_a_line_each() -> None:
    said = [
        nccl(host, f"NET/OFI Running on {name} platform")
        for host, name in (("node-1", "p5.48xlarge"), ("node-1", "p5.48xlarge"), ("node-2", "p5e.48xlarge"))
    ]
    (told,) = verified(lines(said, efa_run())).runs
    (reason,) = [one for one in told.reasons if "several types" in one.statement]
    assert reason.statement == "the nodes are of several types: p5.48xlarge, p5e.48xlarge"
    assert (reason.count, [line.number for line in reason.lines]) == (3, [1, 3])


def test_what_is_not_comparable_says_what_would_be() -> None:
    def words(*arguments: object, instance_type: str = "p5.48xlarge", **others: object) -> str:
        return judge_bandwidth(run_with(*arguments, **others), instance_type=instance_type).words[0]  # type: ignore[arg-type]

    assert words([(2 * GIB, 300.0)], instance_type="p5en.48xlarge") == (
        "300.0 GB/s at 2 GiB: the published runs of all_reduce on p5en.48xlarge are of other sizes (16 GiB) or other "
        "numbers of ranks on a node, so that it passes or fails nothing; larger messages tell more (-e 16G)"
    )
    # 2 GiB is the least that is worth a run of its own, although 128 MiB were published.
    assert words([(64 * MIB, 296.0)], instance_type="p6-b300.48xlarge").endswith(
        "of other sizes (8 MiB to 64 GiB) or other numbers of ranks on a node, so that it passes or fails nothing; "
        "larger messages tell more (-e 2G)"
    )
    assert words([(2 * GIB, 11.0)], ranks=2, instance_type="p4d.24xlarge").endswith(
        "so that it passes or fails nothing"
    )
    assert words([(2 * GIB, 300.0)], "broadcast") == (
        "300.0 GB/s at 2 GiB: no published run of broadcast on p5.48xlarge is known, so that it passes or fails nothing"
    )


def test_two_groups_of_ranks_are_compared_with_nothing() -> None:
    judged = judge_bandwidth(run_of([row(2 * GIB, 100.0, 175.0)], groups=2), instance_type="p5.48xlarge")
    assert judged.words[0].endswith(
        "NCCL_TESTS_SPLIT made 2 groups of the ranks, of which nothing is published, so that it passes or fails nothing"
    )


def test_what_cannot_be_says_what_is_wrong() -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 751.0)]), instance_type="p5.48xlarge")
    assert judged.words == (
        "751.0 GB/s at 2 GiB is more than the EFA interfaces of 2 nodes of p5.48xlarge can carry (750.0 GB/s): the "
        "instance type, the number of nodes or the log is wrong",
    )


@pytest.mark.parametrize(
    ("verdict", "bandwidth", "asked"),
    [
        (Verdict.EFA_NO_GDR, BandwidthVerdict.HALF, True),
        (Verdict.EFA_NO_GDR, BandwidthVerdict.BELOW, False),
        (Verdict.EFA_GDR, BandwidthVerdict.HALF, False),
    ],
)
def test_half_of_a_bandwidth_without_gpudirect_has_a_reason_of_its_own(
    verdict: Verdict, bandwidth: BandwidthVerdict, asked: bool
) -> None:
    assert any("aws-ofi-nccl/issues/244" in one for one in advice_for(verdict, bandwidth=bandwidth)) is asked


def old(log: list[str]) -> list[str]:
    """As releases before 2.17 print it, without the name of the test."""
    return [line for line in log if "Collective test" not in line]


def test_a_list_of_ranks_that_begins_again_is_of_another_run() -> None:
    listed = [line for line in efa_run() if "Rank " in line]
    settings = [line for line in efa_run() if "nThread" in line]
    for begun in (settings + listed, listed):
        assert [one.run.truncated for one in verified(lines(begun, old(efa_run(pid=99)))).runs] == [True, False]


@pytest.mark.parametrize(
    ("version", "release"), [(2804, "2.8.4"), (9999, "9.9.99"), (10000, "1.0.0"), (20900, "2.9.0"), (22809, "2.28.9")]
)
def test_a_number_of_nccl_is_its_release(version: int, release: str) -> None:
    assert release_of(version) == release


def test_a_line_in_dockers_json_ends_without_its_newline() -> None:
    line = json.dumps({"log": "\n# nThread 1\n", "stream": "stdout", "time": "2026-03-12T14:17:56.000000000Z"})
    assert unwrapped(line) == "\n# nThread 1"
    assert unwrapped('{"log": 3}') == '{"log": 3}'


def test_where_all_was_on_one_host_its_name_is_told() -> None:
    log = lines(efa_run(hosts=("node-1", "node-1")))
    both = log.replace("[0000:53:00]", "[0000:54:00]", 1)
    (one,) = verified(both).runs
    assert one.reasons[0].statement == "all ranks are on one host (node-1): nothing had to cross a network"
    split = lines(efa_run()).replace("Rank  1 Group  0", "Rank  1 Group  1")
    assert verified(split).runs[0].reasons[0].statement == (
        "each of 2 groups is on one host: nothing had to cross a network"
    )


SAID = [line for line in efa_run() if "NCCL INFO" in line]
PRINTED = [line for line in efa_run() if "NCCL INFO" not in line]


def test_what_a_process_says_after_its_run_is_not_of_the_next_one() -> None:
    assert [one.verdict for one in verified(lines(PRINTED, SAID, run(pid=99))).runs] == ["efa-gdr", "unproven"]


def test_what_a_process_says_after_its_run_ended_and_before_another_ends_is_of_its_own() -> None:
    # It is still there, and in the list of the next one, too.
    log = lines(efa_run(), run(), SAID)
    assert [one.verdict for one in verified(log).runs] == ["efa-gdr", "efa-gdr"]


def test_a_run_that_is_over_has_no_evidence_of_other_programs() -> None:
    others = [line.replace(":21:", ":5000:") for line in SAID]
    for log in (lines(others, run()), lines(others, run(), efa_run(pid=99))):
        assert verified(log).runs[0].verdict == "unproven"


def test_settings_after_a_table_without_rows_are_of_another_run() -> None:
    # The first one's settings are in the log, or not.
    for begun in (old(efa_run(rows=[], ends=False)), [HEADER]):
        assert len(verified(lines(begun, old(efa_run()))).runs) == 2


@pytest.mark.parametrize(
    ("with_gpu_direct", "statement"),
    [
        (0, "no connection over EFA has GPUDirect RDMA (/GDRDMA)"),
        (1, "only 1 of 2 connections over EFA have GPUDirect RDMA (/GDRDMA)"),
    ],
)
def test_counts_the_connections_without_gpudirect(with_gpu_direct: int, statement: str) -> None:
    said = [
        line
        for number, host in enumerate(("node-1", "node-2"))
        for line in (
            nccl(host, EFA),
            channel(host, "Libfabric", flags="/GDRDMA" if number < with_gpu_direct else ""),
        )
    ]
    (told,) = verified(lines(run(*said))).runs
    assert told.verdict == "efa-no-gdr"
    assert told.reasons[1].statement == statement


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        (4, "4 of 6 nodes say nothing of it: node-2, node-3, node-4, node-5"),
        (5, "5 of 7 nodes say nothing of it: node-2, node-3, node-4, node-5 and others"),
    ],
)
def test_names_four_nodes_that_are_silent(silent: int, words: str) -> None:
    hosts = [f"node-{number}" for number in range(silent + 2)]
    said = [line for host in hosts[:2] for line in (nccl(host, EFA), channel(host, "Libfabric"))]
    (told,) = verified(lines(run(*said, hosts=hosts))).runs
    assert told.reasons[1].statement == f"but {words}"


def test_the_judgement_as_json_is_whole() -> None:
    judged = judge_bandwidth(run_with([(2 * GIB, 443.72)]), instance_type="p5.48xlarge")
    document = bandwidth_to_json(judged)
    published = document.pop("published")
    assert len(published) == len(judged.published)
    assert document == {
        "verdict": "in-line",
        "instance_type": "p5.48xlarge",
        "nodes": 2,
        "ranks": 16,
        "ranks_by_ratio": {"lowest": 16, "highest": 16},
        "size_bytes": 2 * GIB,
        "bus_bandwidth": 443.72,
        "ceiling": 750.0,
        "words": list(judged.words),
    }
    odd = judge_bandwidth(run_with([(2 * GIB, 30.0)], nodes=7, ranks=56), instance_type="p4d.24xlarge")
    assert bandwidth_to_json(odd)["ceiling"] == 57.29


def test_groups_of_which_nothing_is_known_have_no_ceiling() -> None:
    judged = judge_bandwidth(run_of([row(2 * GIB, 100.0, 175.0)], groups=2), instance_type="p5.48xlarge")
    assert judged.words[1] == "no ceiling: the log does not say on which nodes each group is, or the groups differ"


def test_a_type_that_nobody_knows_hides_none_that_is_known() -> None:
    said = [nccl("node-1", f"NET/OFI Running on {name} platform") for name in ("p99.48xlarge", "p5.48xlarge")]
    (told,) = verified(lines(said, efa_run())).runs
    assert told.instance_type is not None
    assert told.instance_type.name == "p5.48xlarge"


def test_every_provider_and_network_that_is_not_efa_is_named() -> None:
    tcp = [
        nccl(host, EFA.replace("is efa,", f"is {name},")) for host, name in (("node-1", "tcp"), ("node-2", "sockets"))
    ]
    (told,) = verified(lines(run(*tcp, *SAID[1::2]))).runs
    assert told.reasons[0].statement == "the plugin chose libfabric's provider tcp, sockets, which is TCP"
    others = [channel("node-1", "IB"), channel("node-2", "Custom")]
    (told,) = verified(lines(run(*others))).runs
    assert told.reasons[0].statement == "NCCL connected ranks over NET/IB, NET/Custom, which is not EFA"


def test_the_model_of_a_device_ends_with_its_last_letter() -> None:
    device = device_of("#  Rank  0 Group  0 Pid  21 on node-1 device  0 [0000:53:00] NVIDIA H100  ")
    assert device is not None
    assert device.model == "NVIDIA H100"
