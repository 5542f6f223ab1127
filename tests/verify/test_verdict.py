"""The verdict follows from the connections that NCCL reports, never from a word that is somewhere in the log."""

from __future__ import annotations

import re

import pytest

from efa_constructs.errors import InvalidArgumentError, UnknownInstanceTypeError
from efa_constructs.verify.causes import CAUSES
from efa_constructs.verify.verified import VerifiedRun
from efa_constructs.verify.verified_json import to_json

from .real_logs import EFA, HEADER, ROW, channel, efa_run, lines, nccl, run, text_of, verified

HOSTS = ("node-1", "node-2")


def told(*said: str, **options: object) -> VerifiedRun:
    (only,) = verified(lines(run(*said)), **options).runs
    return only


def on_each(text: str) -> list[str]:
    return [nccl(host, text) for host in HOSTS]


def channels(network: str, flags: str = "/GDRDMA") -> list[str]:
    return [channel(host, network, flags=flags) for host in HOSTS]


@pytest.mark.parametrize(
    "provider",
    [
        "NET/OFI Selected Provider is efa",
        "NET/OFI Selected Provider is efa (found 4 nics)",
        "NET/OFI Selected provider is efa, fabric is efa (found 32 nics)",
        "NET/OFI Selected provider is efa, fabric is efa-direct (found 16 nics)",
    ],
)
@pytest.mark.parametrize("network", ["AWS Libfabric", "Libfabric"])
@pytest.mark.parametrize(
    "flags", ["/GDRDMA", "/GDRDMA(PCI)", "/GDRDMA/Shared", "/GDRDMA/flush=None", "/GDRDMA(PCI)/Shared"]
)
def test_efa_with_gpu_direct_in_every_wording(provider: str, network: str, flags: str) -> None:
    only = told(*on_each(provider), *channels(network, flags))
    assert (only.verdict, only.passes, only.advice) == ("efa-gdr", True, ())


def test_connections_of_nccl_2_4_and_those_by_a_proxy_count() -> None:
    old = [nccl(host, "Ring 00 : 7 -> 8 [receive] via NET/AWS Libfabric/0/GDRDMA") for host in HOSTS]
    assert told(*on_each(EFA), *old).verdict == "efa-gdr"
    proxy = [nccl(host, "Channel 00/0 : 7[7] -> 8[0] [send] via NET/Libfabric/3(5)/GDRDMA") for host in HOSTS]
    assert told(*on_each(EFA), *proxy).verdict == "efa-gdr"
    assert told(*on_each(EFA), *[line.replace("/GDRDMA", "") for line in proxy]).verdict == "efa-no-gdr"


def test_one_connection_without_gpu_direct_is_enough_to_say_so() -> None:
    only = told(*on_each(EFA), *channels("Libfabric") * 3, channel("node-2", "Libfabric", flags=""))
    assert only.verdict == "efa-no-gdr"
    assert "only 6 of 7 connections over EFA have GPUDirect RDMA" in only.reasons[1].statement
    assert [line.text for line in only.reasons[1].lines] == [channel("node-2", "Libfabric", flags="")]


def test_only_the_flag_of_a_connection_says_gpu_direct() -> None:
    said = [
        nccl(host, "Channel 00/0 : 0[0] -> 8[0] [send] via NET/Libfabric/0 comm 0x9bb use GDRDMA") for host in HOSTS
    ]
    assert told(*on_each(EFA), *said).verdict == "efa-no-gdr"


def test_efa_without_gpu_direct_passes_where_the_type_has_none() -> None:
    said = [*on_each(EFA), *channels("Libfabric", "")]
    assert told(*said, instance_type="g5.48xlarge").passes
    assert told(*said, instance_type="g6e.48xlarge").passes
    assert not told(*said, instance_type="p5.48xlarge").passes
    assert not told(*said, instance_type="g7e.48xlarge").passes
    unknown = told(*said)
    assert not unknown.passes
    assert "--instance-type" in unknown.advice[0]


def test_sockets_are_tcp_whatever_else_the_log_says() -> None:
    assert told(*on_each(EFA), *on_each("Using network AWS Libfabric"), *channels("Socket", "")).verdict == "tcp"
    assert told(*on_each(EFA), *channels("Libfabric"), channel("node-2", "Socket", flags="")).verdict == "tcp"
    assert told(*on_each("Using network Socket")).verdict == "tcp"
    assert told(*on_each("Using internal Network Socket")).verdict == "tcp"
    assert told(*on_each("Assigned NET plugin Socket to comm")).verdict == "tcp"


@pytest.mark.parametrize("provider", ["tcp", "tcp;ofi_rxm", "sockets"])
def test_the_plugin_may_choose_tcp(provider: str) -> None:
    said = on_each(f"NET/OFI Selected Provider is {provider} (found 1 nics)")
    assert told(*said).verdict == "tcp"
    assert told(*said, *channels("AWS Libfabric", "")).verdict == "tcp"


def test_ranks_that_chose_sockets_prove_nothing_about_connections_over_efa() -> None:
    said = [*on_each(EFA), *channels("Libfabric"), nccl("node-2", "Using network Socket")]
    assert told(*said).verdict == "unproven"


@pytest.mark.parametrize(
    ("network", "provider"),
    [("IB", None), ("IBext_v8", None), ("FasTrak", None), ("AWS Libfabric", "cxi"), ("AWS Libfabric", "verbs")],
)
def test_another_fabric_is_not_efa(network: str, provider: str | None) -> None:
    said = [] if provider is None else on_each(f"NET/OFI Selected Provider is {provider} (found 4 nics)")
    assert told(*said, *channels(network)).verdict == "unproven"


def test_a_provider_is_not_a_connection() -> None:
    only = told(*on_each(EFA), *on_each("Using network Libfabric"))
    assert only.verdict == "unproven"
    assert [reason.count for reason in only.reasons] == [0, 2]


def test_a_connection_by_libfabric_is_not_one_by_efa() -> None:
    assert told(*channels("AWS Libfabric")).verdict == "unproven"


def test_a_node_that_says_nothing_is_not_proven() -> None:
    only = told(*on_each(EFA), channel("node-1", "Libfabric"))
    assert only.verdict == "unproven"
    assert "1 of 2 nodes say nothing of it: node-2" in only.reasons[-1].statement


def node(host: str, *, name: str | None = None, ranks: int = 8, nodes: int | None = None, pid: int = 100) -> list[str]:
    """What the ranks of the first or the second of two nodes say, each connected to its like on the other one."""
    mine = range(ranks) if host == "a" else range(ranks, 2 * ranks)
    return [
        line
        for at, rank in enumerate(mine)
        for line in (
            nccl(name or host, EFA, pid=pid + at),
            *(
                []
                if nodes is None
                else [nccl(name or host, f"comm 0x5 rank {rank} nRanks 16 nNodes {nodes} ", pid=pid)]
            ),
            channel(
                name or host, "Libfabric", pid=pid + at, ends=f"{rank}[0] -> {(rank + ranks) % (2 * ranks)}[0] [send]"
            ),
        )
    ]


@pytest.mark.parametrize("nodes", [None, 2])
def test_the_ranks_of_one_node_are_no_proof_where_nobody_names_the_nodes(nodes: int | None) -> None:
    table = [HEADER, ROW]
    (one,) = verified(lines(node("a", nodes=nodes), table)).runs
    assert (one.verdict, one.passes) == ("unproven", False)
    assert "the ranks at the other end say nothing of it, rank 8 for one" in one.reasons[1].statement
    (both,) = verified(lines(node("a", nodes=nodes), node("b", nodes=nodes), table)).runs
    assert both.verdict == "efa-gdr"


def test_ranks_of_two_nodes_of_one_name_are_a_proof_only_if_those_of_both_say_so() -> None:
    listed = [
        f"#  Rank {rank:2d} Group  0 Pid {pid + at:6d} on ubuntu device  {at} [0000:5{at}:00] NVIDIA H100 80GB HBM3"
        for rank, (pid, at) in enumerate((pid, at) for pid in (100, 200) for at in range(8))
    ]
    one, other = node("a", name="ubuntu"), node("b", name="ubuntu", pid=200)
    assert [str(only.verdict) for only in verified(lines(listed, one, [HEADER, ROW])).runs] == ["unproven"]
    assert [str(only.verdict) for only in verified(lines(listed, one, other, [HEADER, ROW])).runs] == ["efa-gdr"]


def test_connections_of_one_host_may_be_within_it() -> None:
    said = [nccl("a", EFA), channel("a", "Libfabric"), channel("a", "Libfabric", ends="0[0] -> 8[0] [receive]")]
    (only,) = verified(lines(said, [HEADER, ROW])).runs
    assert only.verdict == "unproven"
    assert "may all be on one node" in only.reasons[1].statement


def test_one_node_has_no_fabric() -> None:
    for said in ([], [nccl("a", EFA), channel("a", "Libfabric")], [nccl("a", "Using network Socket")]):
        (only,) = verified(lines(run(*said, hosts=["a"]))).runs
        assert (only.verdict, only.passes) == ("single-node", False)


def test_groups_of_ranks_that_are_on_one_node_each_have_no_fabric() -> None:
    (only,) = verified(lines(run()).replace("Rank  1 Group  0", "Rank  1 Group  1")).runs
    assert (only.verdict, only.passes, only.run.nodes) == ("single-node", False, 2)
    assert only.reasons[0].statement.startswith("each of 2 groups is on one host")


@pytest.mark.parametrize(
    "line",
    [
        "FI_PROVIDER=efa",
        "+ mpirun -x FI_PROVIDER=efa -x NCCL_DEBUG=INFO --tag-output",
        "provider: efa",
        "# node-1:21:61 [0] NCCL INFO NET/OFI Selected provider is efa, fabric is efa (found 32 nics)",
        "# node-1:21:61 [0] NCCL INFO Channel 00/0 : 0[0] -> 8[0] [send] via NET/Libfabric/0/GDRDMA",
        "expect: 'NCCL INFO Channel 00/0 : 0[0] -> 8[0] [send] via NET/Libfabric/0/GDRDMA'",
        "grep 'via NET/Libfabric/0/GDRDMA' launcher.log",
        "NCCL INFO NET/OFI Selected provider is efa",
        "Lines with `via NET/Libfabric/0/GDRDMA` say that EFA and GPUDirect RDMA carried the traffic",
        "node-1:21:61 [0] NCCL INFO NCCL_NET set by environment to AWS Libfabric",
        "node-1:21:61 [0] NCCL INFO NET/OFI Setting provider_filter to efa",
        "node-1:21:61 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[1] via P2P/IPC/GDRDMA",
    ],
)
def test_words_prove_nothing(line: str) -> None:
    assert told(line).verdict == "unproven"


def test_a_wrong_value_fails_a_good_network() -> None:
    row = ROW.replace("      0   2434", "     12   2434")
    (only,) = verified(lines(efa_run(rows=[ROW, row], out_of_bounds="1 FAILED"))).runs
    assert (only.verdict, only.passes, only.wrong_values) == ("efa-gdr", False, 12)
    assert only.advice[0].startswith("do not train on these nodes")


# 1.75 is the ratio of 8 ranks, a single node's.
OF_EIGHT_RANKS = (
    "  1073741824   268435456    float    sum    -1   256000    4.19    7.34      0   256000    4.19    7.34      0"
)


def test_rows_of_other_ranks_than_the_log_names_are_not_proven() -> None:
    (only,) = verified(lines(efa_run(rows=[OF_EIGHT_RANKS]))).runs
    assert (only.verdict, only.passes) == ("unproven", False)
    assert only.reasons[0].statement.startswith("the log names 2 ranks, but bus bandwidth over algorithm bandwidth is")
    assert [sentence.partition(",")[0] for sentence in only.advice] == ["give the whole log of one run"]


def test_rows_faster_than_the_interfaces_are_not_proven() -> None:
    row = (
        "  1073741824   268435456    float    sum    -1  17895.7   60.00   60.00      0  17895.7   60.00   60.00      0"
    )
    log = lines(efa_run(rows=[row]))
    assert verified(log).passes
    (only,) = verified(log, instance_type="p4d.24xlarge").runs
    assert (only.verdict, only.passes) == ("unproven", False)
    assert "60.0 GB/s at 1 GiB is more than the EFA interfaces of 2 nodes of p4d" in only.reasons[0].statement


def test_a_contradiction_takes_nothing_from_a_bad_verdict() -> None:
    (only,) = verified(lines(run(channel("node-1", "Socket", flags=""), rows=[OF_EIGHT_RANKS]))).runs
    assert only.verdict == "tcp"


def test_the_footer_of_old_releases_counts_wrong_values() -> None:
    log = text_of("p4d_two_nodes_2021.txt").replace("values : 0 OK", "values : 3 FAILED")
    (only,) = verified(log).runs
    assert (only.verdict, only.passes, only.wrong_values) == ("efa-gdr", False, 3)


@pytest.mark.parametrize(("said", "passes"), [("4.39 FAILED", False), ("4.39 OK", True), ("4.39 ", True)])
def test_a_run_that_nccl_tests_itself_calls_too_slow_fails(said: str, passes: bool) -> None:
    log = lines(efa_run()).replace("Avg bus bandwidth    : 4.39 ", f"Avg bus bandwidth    : {said}")
    (only,) = verified(log).runs
    assert (only.verdict, only.passes, only.run.average_bus_bandwidth) == ("efa-gdr", passes, 4.39)
    assert any("NCCL_TESTS_MIN_BW" in reason.statement and reason.lines for reason in only.reasons) is not passes
    assert any(sentence.startswith("find what makes it slower") for sentence in only.advice) is not passes


def test_a_log_that_ends_within_the_table_fails() -> None:
    (only,) = verified(lines(efa_run(ends=False))).runs
    assert (only.verdict, only.passes, only.run.truncated) == ("efa-gdr", False, True)


def test_knows_the_type_from_the_log() -> None:
    for said, name in (
        (
            "NET/OFI Running on p4d.24xlarge platform, Setting NCCL_TOPO_FILE environment variable to /a.xml",
            "p4d.24xlarge",
        ),
        ("NET/OFI Running on P4d platform, Setting NCCL_TOPO_FILE environment variable to /a.xml", "p4d.24xlarge"),
        ("NET/OFI Running on ml.p5.48xlarge platform, topology file /a.xml", "p5.48xlarge"),
        ("NET/OFI Skipping NCCL_PROTO checks on P5en + RDMA", "p5en.48xlarge"),
        ("NET/OFI GDR disabled on GDR-supported instance type p4d.24xlarge", "p4d.24xlarge"),
        (
            "NET/OFI NCCL_OFI_TUNER is not available for platform : g7e.8xlarge, Fall back to NCCL's tuner",
            "g7e.8xlarge",
        ),
    ):
        only = told(nccl("node-1", said))
        assert only.instance_type is not None
        assert only.instance_type.name == name
    assert told(nccl("node-1", "NET/OFI Running on x9.mega platform")).instance_type is None
    # Two sizes of g7e have EFA, and more.
    assert told(nccl("node-1", "NET/OFI Running on G7e platform")).instance_type is None


def test_refuses_a_type_that_the_log_contradicts() -> None:
    said = nccl("node-1", "NET/OFI Running on p4d.24xlarge platform, topology file /a.xml")
    assert told(said, instance_type="p4d.24xlarge").instance_type is not None
    with pytest.raises(
        InvalidArgumentError, match=r"is p5\.48xlarge, but the nodes are p4d\.24xlarge by line 7 of the log"
    ):
        told(said, instance_type="p5.48xlarge")
    with pytest.raises(UnknownInstanceTypeError):
        told(said, instance_type="p5.49xlarge")


def test_counts_interfaces_against_those_of_the_type() -> None:
    few = "NET/OFI Selected provider is efa, fabric is efa (found 8 nics)"
    only = told(nccl("node-1", EFA), nccl("node-2", few), *channels("Libfabric"), instance_type="p5.48xlarge")
    assert (only.interfaces_found, only.interfaces_expected) == (8, 32)
    assert "24 EFA interfaces less than the type has" in only.advice[0]
    assert told(*on_each(EFA), *channels("Libfabric"), instance_type="p5.48xlarge").advice == ()


def test_fails_a_run_that_uses_all_gpus_of_its_nodes_and_not_all_interfaces() -> None:
    few = "NET/OFI Selected provider is efa, fabric is efa (found 4 nics)"
    said = [*on_each(few), *channels("Libfabric")]
    # 1.875 is the ratio of 16 ranks.
    row = (
        "  1073741824   268435456    float    sum    -1   107374   10.00   18.75      0   107374   10.00   18.75      0"
    )
    log = lines(run(*said, hosts=[*["node-1"] * 8, *["node-2"] * 8], rows=[row]))
    log = re.sub(r"Rank +(\d+) (.*) device  0", lambda one: f"Rank {one[1]} {one[2]} device {int(one[1]) % 8}", log)
    whole = verified(log, instance_type="p5.48xlarge")
    (only,) = whole.runs
    assert (only.verdict, only.passes) == ("efa-gdr", False)
    assert "found 4 of 32 EFA interfaces" in only.reasons[-1].statement and only.reasons[-1].count == 2
    # One GPU of each node needs no more than one interface.
    assert told(*said, instance_type="p5.48xlarge").passes


def test_nodes_of_several_types_fail_and_are_named() -> None:
    platform = "NET/OFI Running on {} platform, topology file /a.xml"
    types = [nccl("node-1", platform.format("p5.48xlarge")), nccl("node-2", platform.format("p4d.24xlarge"))]
    only = told(*types, *on_each(EFA), *channels("Libfabric"))
    assert (only.verdict, only.passes) == ("efa-gdr", False)
    assert (only.instance_type, only.interfaces_expected) == (None, None)
    assert only.advice[0].startswith("run it on nodes of one type")
    assert only.reasons[-1].statement == "the nodes are of several types: p5.48xlarge, p4d.24xlarge"
    assert len(only.reasons[-1].lines) == 2
    assert "several instance types" in only.bandwidth.words[0]
    with pytest.raises(InvalidArgumentError, match=r"but the nodes are p4d\.24xlarge by line 8"):
        told(*types, instance_type="p5.48xlarge")


def test_empty_messages_measure_nothing() -> None:
    row = (
        "           0           0    float    sum    -1    24.31    0.00    0.00      0    24.40    0.00    0.00      0"
    )
    (only,) = verified(lines(efa_run(rows=[row]))).runs
    assert (only.verdict, only.passes) == ("efa-gdr", False)
    assert only.reasons[-1].statement.startswith("nothing was measured: no row has both")
    assert only.advice[0].startswith("measure messages that are not empty")


def test_says_every_version_when_nodes_differ() -> None:
    said = [
        nccl("node-1", "NET/OFI Initializing aws-ofi-nccl 1.16.3"),
        nccl("node-2", "NET/OFI Initializing aws-ofi-nccl 1.17.0"),
    ]
    only = told(*said, *on_each("NET/OFI Using Libfabric version 2.1"), *on_each("NCCL version 2.27.7+cuda12.9"))
    assert (only.plugin, only.libfabric, only.nccl) == ("1.16.3, 1.17.0", "2.1", "2.27.7")


def warning(where: str, text: str) -> str:
    return f"node-1:21:45 [0] {where} NCCL WARN {text}"


# A line of each known cause, as people met it.
SAID = {
    "plugin-not-found": nccl("node-1", "NET/Plugin : No plugin found (libnccl-net.so), using internal implementation"),
    "no-efa-provider": nccl("node-1", "NET/OFI No eligible providers were found"),
    "gdr-disabled": warning(
        "platform_config_endpoint:626", "NET/OFI GDR disabled on GDR-supported instance type p4d.24xlarge"
    ),
    "cuda-library-missing": warning(
        "nccl_net_ofi_cuda_init:39",
        "NET/OFI Failed to find CUDA Runtime library: libcudart.so: cannot open shared object file: No such file or "
        "directory",
    ),
    "shared-memory-option": warning("endpoint:1", "NET/OFI Disabling shared memory failed: Protocol not available"),
    "locked-memory": warning(
        "register_mr_buffers:465",
        "NET/OFI Unable to register memory (type = 1) for device 0. RC: 12, Error: Cannot allocate memory",
    ),
    "security-group": warning(
        "int insert(av*, address**):259", "NET/OFI Unable to insert remote address into address vector for device 1"
    ),
    "network-by-environment": nccl("node-1", "NCCL_NET set by environment to Socket"),
    "gdr-by-environment": nccl("node-1", "NCCL_NET_GDR_LEVEL set by environment to LOC"),
    "stopped": "node-1: Test NCCL failure common.cu:958 'internal error - please report this issue / '",
}
SAID_OTHERWISE = {
    "plugin-not-found": nccl(
        "node-1",
        "NET/Plugin : dlerror=libnccl-net.so: cannot open shared object file: No such file or directory No plugin "
        "found (libnccl-net.so), using internal implementation",
    ),
    "no-efa-provider": "libfabric:85:1747::core:core:fi_getinfo_():1<warn> fi_getinfo: provider efa output empty list",
    "locked-memory": "Libfabric error: (-12) Cannot allocate memory",
    "security-group": "EFA internal error: (4126) Unresponsive receiver",
}


def test_every_cause_is_tried_here() -> None:
    assert sorted(SAID) == sorted(cause.code for cause in CAUSES)


@pytest.mark.parametrize("said", [SAID, SAID_OTHERWISE], ids=["as NCCL says it", "as others say it"])
def test_advises_what_the_log_gives_reason_for(said: dict[str, str]) -> None:
    by_code = {cause.code: cause for cause in CAUSES}
    for code, line in said.items():
        only = told(line)
        assert [cause.code for cause in only.causes] == [code]
        rule = by_code[code].rule
        assert only.advice[0] == by_code[code].advice + (f" ({rule.id})" if rule else "")
        assert to_json(verified(lines(run(line))))["rules"] == ([rule.id] if rule else [])
        assert [one.text for reason in only.reasons for one in reason.lines] == [line]


def test_no_good_run_gets_advice_and_every_bad_one_does() -> None:
    for log in (
        lines(efa_run()),
        *map(text_of, ("p4d_two_nodes_2021.txt", "p4d_docker_tcp_2025.txt", "osu_allreduce.txt")),
    ):
        result = verified(log)
        advice = result.advice + sum((one.advice for one in result.runs), ())
        assert bool(advice) is not result.passes


def test_nvlink_beyond_a_node_is_not_efa() -> None:
    for nodes, verdict in ((1, "unproven"), (2, "efa-gdr")):
        joined = on_each(f"comm 0x55aa rank 0 nRanks 2 nNodes {nodes} localRanks 1 localRank 0 MNNVL 1")
        for said in (channels("Libfabric"), [], on_each("Using network Socket")):
            only = told(*on_each(EFA), *joined, *said)
            assert (only.run.nodes, only.run.hosts) == (2, HOSTS)
            assert only.verdict == verdict or said != channels("Libfabric")
            assert nodes == 2 or "NVLink joins the nodes (MNNVL)" in only.reasons[0].statement
            assert not (nodes == 1 and only.passes)
    (table,) = verified(lines(joined, [HEADER, ROW])).runs
    assert table.verdict == "unproven"


def test_hosts_that_nccl_takes_for_one_node_prove_nothing() -> None:
    one = on_each("comm 0x55aa rank 0 nRanks 2 nNodes 1 localRanks 2 localRank 0 MNNVL 0")
    only = told(*on_each(EFA), *one, *channels("Libfabric"))
    assert (only.verdict, only.run.nodes) == ("unproven", 2)
    assert "NCCL counts one node, and the list of ranks names 2 hosts" in only.reasons[0].statement
