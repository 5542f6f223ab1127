"""Whether EFA carried what a run of nccl-tests measured: the verdict, and the lines that it follows from.

The presence of a word proves nothing: ``efa`` stands in commands, in environments and in comments, the plugin may
choose EFA and NCCL sockets, and one rank may do other than the rest. Proof is in the connections that NCCL reports:

====================================================================== ================
what the log shows                                                      verdict
====================================================================== ================
rows and ranks of several runs that printed at once                     unproven
all ranks on one host, or each group of them (NCCL_TESTS_SPLIT)         single-node
NVLink, or what NCCL takes for one node, joins several hosts            unproven
a connection over sockets, or none at all and NCCL chose sockets        tcp
libfabric's provider is tcp or sockets                                  tcp
connections over another network, or by another provider                unproven
no connection over a network, or not by every node                      unproven
EFA's connections, some without GPUDirect RDMA                          efa-no-gdr
EFA's connections, all with GPUDirect RDMA                              efa-gdr
====================================================================== ================

Sources: src/transport/net.cc of NVIDIA/nccl, src/nccl_ofi_net.cpp of aws/aws-ofi-nccl, and logs that people published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from .evidence import Evidence, LogLine, Sightings
from .results import NcclTestsRun

__all__ = ["Reason", "Verdict", "network_verdict"]

# What NCCL calls the plugin: "AWS Libfabric" until aws-ofi-nccl 1.13.
_PLUGIN_NETWORKS = ("Libfabric", "AWS Libfabric")
_SOCKETS = "Socket"
_EFA = "efa"
_TCP_PROVIDERS = frozenset(("tcp", "sockets", "net"))
_MOST_NAMES = 4


class Verdict(StrEnum):
    """What carried the traffic, as far as the log proves it."""

    EFA_GDR = "efa-gdr"
    EFA_NO_GDR = "efa-no-gdr"
    TCP = "tcp"
    SINGLE_NODE = "single-node"
    UNPROVEN = "unproven"
    NOT_NCCL_TESTS = "not-nccl-tests"


@dataclass(frozen=True, slots=True)
class Reason:
    """A statement, and the first lines of the log that it follows from."""

    statement: str
    # How many lines say so. 0: that there is none is the reason.
    count: int = 0
    lines: tuple[LogLine, ...] = ()


Judgement = tuple[Verdict, list[Reason]]


def network_verdict(run: NcclTestsRun, evidence: Evidence, devices: Sightings, mixed: Sightings) -> Judgement:
    """Judge what carried a run.

    :param devices: The lines of the list of ranks.
    :param mixed: Lines that show that it is of several runs.
    """
    if mixed.count:
        statement = "lines of several runs are mixed, and nothing tells which is whose"
        return Verdict.UNPROVEN, [_because(statement, [mixed])]
    if run.nodes == 1 or (run.group_layout is not None and run.group_layout.nodes == 1):
        return _single_node(run, evidence, devices)
    judgements = (judge(run, evidence) for judge in _JUDGES)
    return next(judgement for judgement in judgements if judgement is not None)


def _single_node(run: NcclTestsRun, evidence: Evidence, devices: Sightings) -> Judgement:
    host = f" ({run.hosts[0]})" if run.hosts else ""
    where = f"all ranks are on one host{host}" if run.nodes == 1 else f"each of {run.groups:,} groups is on one host"
    sightings = [devices] if devices.count else evidence.communicators.values()
    reasons = [_because(f"{where}: nothing had to cross a network", sightings)]
    if evidence.channels:
        reasons.append(
            _because("connections over a network end on the host where they begin", evidence.channels.values())
        )
    return Verdict.SINGLE_NODE, reasons


def _one_node_of_several(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    nvlink = [said for (_, nodes), said in evidence.nvlink_communicators.items() if nodes == 1]
    if nvlink:
        return Verdict.UNPROVEN, [_because("NVLink joins the nodes (MNNVL), and may carry all traffic", nvlink)]
    counted = [said for (_, nodes), said in evidence.communicators.items() if nodes == 1]
    if len(run.hosts) < 2 or not counted or len(evidence.communicators) > 1:
        return None
    statement = f"NCCL counts one node, and the list of ranks names {len(run.hosts):,} hosts"
    return Verdict.UNPROVEN, [_because(statement, counted)]


def _sockets(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    connections = _channels_of(evidence, lambda network: network == _SOCKETS)
    if connections:
        return Verdict.TCP, [_because("NCCL connected ranks over sockets, which is TCP", connections)]
    chosen = evidence.networks.get(_SOCKETS)
    if chosen is None:
        return None
    if not evidence.channels:
        return Verdict.TCP, [_because("NCCL chose sockets, which is TCP", [chosen])]
    return Verdict.UNPROVEN, [
        _because("NCCL of some ranks chose sockets, which is TCP", [chosen]),
        _because("but ranks are connected over another network", evidence.channels.values()),
    ]


def _tcp_provider(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    chosen = {name: said for name, said in evidence.providers.items() if not _TCP_PROVIDERS.isdisjoint(name.split(";"))}
    if not chosen:
        return None
    names = ", ".join(chosen)
    return Verdict.TCP, [_because(f"the plugin chose libfabric's provider {names}, which is TCP", chosen.values())]


def _another_network(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    others = {network: None for network, _ in evidence.channels if network not in _PLUGIN_NETWORKS}
    if others:
        connections = _channels_of(evidence, lambda network: network in others)
        statement = f"NCCL connected ranks over NET/{', NET/'.join(others)}, which is not EFA"
        return Verdict.UNPROVEN, [_because(statement, connections)]
    providers = {name: said for name, said in evidence.providers.items() if name != _EFA}
    if providers:
        statement = f"the plugin chose libfabric's provider {', '.join(providers)}, which is not EFA"
        return Verdict.UNPROVEN, [_because(statement, providers.values())]
    return None


def _no_connection(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    if evidence.channels:
        return None
    reasons = []
    if not evidence.has_lines:
        reasons.append(Reason("NCCL printed nothing about its network"))
    elif evidence.others_channels.count:
        statement = "only processes that the run does not list print connections over a network"
        reasons.append(_because(statement, [evidence.others_channels]))
    else:
        reasons.append(Reason("NCCL printed no connection over a network ('via NET/...')"))
    if evidence.providers:
        statement = "that the plugin chose EFA does not mean that NCCL used it"
        reasons.append(_because(statement, evidence.providers.values()))
    return Verdict.UNPROVEN, reasons


def _no_provider(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    if evidence.providers:
        return None
    return Verdict.UNPROVEN, [
        _because("NCCL connected ranks by libfabric", evidence.channels.values()),
        Reason("but the plugin did not say by which of its providers ('Selected provider is efa')"),
    ]


def _without_gpu_direct(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    without = [said for (_, gpu_direct), said in evidence.channels.items() if not gpu_direct]
    if not without:
        return None
    count, of = sum(said.count for said in without), sum(said.count for said in evidence.channels.values())
    how_many = "no connection" if count == of else f"only {of - count:,} of {of:,} connections"
    return Verdict.EFA_NO_GDR, [
        _provider_is_efa(evidence),
        _because(f"{how_many} over EFA {'has' if count == of else 'have'} GPUDirect RDMA (/GDRDMA)", without),
    ]


def _not_every_node(run: NcclTestsRun, evidence: Evidence) -> Judgement | None:
    statement = _silent_nodes(run, evidence)
    if statement is None:
        return None
    connections = _because("NCCL connected ranks over EFA with GPUDirect RDMA", evidence.channels.values())
    return Verdict.UNPROVEN, [connections, Reason(f"but {statement}")]


def _silent_nodes(run: NcclTestsRun, evidence: Evidence) -> str | None:
    """Who says nothing of a connection, in words. None: every node says something of one."""
    if run.hosts:
        missing = [host for host in run.hosts if host not in evidence.channel_hosts]
        names = ", ".join(missing[:_MOST_NAMES]) + (" and others" if len(missing) > _MOST_NAMES else "")
        return f"{len(missing):,} of {len(run.hosts):,} nodes say nothing of it: {names}" if missing else None
    hosts = len(evidence.channel_hosts)
    if run.nodes is not None and hosts >= run.nodes:
        return None
    # Nodes are connected to each other, so that whoever says something names ranks of one that says nothing.
    if evidence.silent_ranks:
        return f"the ranks at the other end say nothing of it, rank {evidence.silent_ranks[0]} for one"
    # Ranks that are listed with no host or number of nodes are on several hosts of one name.
    several = run.nodes is not None or run.ranks is not None or hosts > 1
    return None if several else "they may all be on one node: the log neither lists nor counts the nodes"


def _all_with_gpu_direct(run: NcclTestsRun, evidence: Evidence) -> Judgement:
    count = sum(said.count for said in evidence.channels.values())
    statement = f"each of the {count:,} ends of connections over EFA has GPUDirect RDMA (/GDRDMA)"
    return Verdict.EFA_GDR, [_provider_is_efa(evidence), _because(statement, evidence.channels.values())]


_JUDGES: tuple[Callable[[NcclTestsRun, Evidence], Judgement | None], ...] = (
    _one_node_of_several,
    _sockets,
    _tcp_provider,
    _another_network,
    _no_connection,
    _no_provider,
    _without_gpu_direct,
    _not_every_node,
    _all_with_gpu_direct,
)


def _provider_is_efa(evidence: Evidence) -> Reason:
    return _because("the plugin chose libfabric's provider efa", evidence.providers.values())


def _channels_of(evidence: Evidence, wanted: Callable[[str], bool]) -> list[Sightings]:
    return [said for (network, _), said in evidence.channels.items() if wanted(network)]


def _because(statement: str, sightings: Iterable[Sightings]) -> Reason:
    """The statement with how many lines say so, and the first of each kind."""
    kinds = list(sightings)
    lines = tuple(_examples(kinds))
    return Reason(statement, sum(said.count for said in kinds), lines)


def _examples(kinds: list[Sightings]) -> Iterator[LogLine]:
    # Three lines of one kind, or one of each of several.
    for said in kinds:
        yield from said.examples if len(kinds) == 1 else said.examples[:1]
