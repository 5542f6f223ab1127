"""What to do about a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from ..rules import with_rule
from .bandwidth import BandwidthVerdict
from .causes import Cause
from .verdict import Verdict

__all__ = ["advice_for"]

_TCP = (
    "find out where EFA gets lost, in this order: does 'fi_info -p efa' list anything in a worker; does the pod ask "
    "for vpc.amazonaws.com/efa; is libnccl-net.so in LD_LIBRARY_PATH of every rank; does NCCL_NET or NCCL_NET_PLUGIN "
    "keep NCCL from it",
    "set FI_PROVIDER=efa and NCCL_NET_PLUGIN=ofi in the job, so that a run without EFA fails instead of being slow",
)
_NO_GPU_DIRECT = (
    "find out what keeps GPUDirect RDMA away: 'fi_info -p efa -t FI_EP_RDM -c FI_HMEM' must list something in a "
    "worker; NCCL_NET_GDR_LEVEL must not be set; GPUs and EFAs of the pod must hang on the same PCIe switches, as they "
    "do where a pod has all of its node",
)
_OF_VERDICT = {
    Verdict.TCP: _TCP,
    Verdict.SINGLE_NODE: (
        "run it on two nodes or more: the fabric begins where a node ends (two workers with all GPUs of a node each)",
    ),
    Verdict.UNPROVEN: (
        "run it with NCCL_DEBUG=INFO for every rank (mpirun -x NCCL_DEBUG=INFO), without NCCL_DEBUG_FILE, and with "
        "NCCL_DEBUG_SUBSYS unset or INIT,NET; then give the whole log, from the first line",
    ),
    Verdict.NOT_NCCL_TESTS: (
        "give the launcher's log of a run of nccl-tests (all_reduce_perf and its like), or its JSON report",
    ),
}
_CONTRADICTORY = (
    "give the whole log of one run, as it was printed, and its instance type: the rows are of another run than "
    "what NCCL says"
)
_MIXED = (
    "give the log of one job (kubectl logs job/NAME), or let kubectl name the pod of each line, which tells them apart "
    "(kubectl logs --prefix)"
)
_SEVERAL_TYPES = (
    "run it on nodes of one type: how many EFA interfaces and what bandwidth are due depends on it, and NCCL waits for "
    "the slowest"
)
_NOTHING_MEASURED = "measure messages that are not empty, from small to large (-b 8 -e 16G -f 2)"
_TRUNCATED = "read the log anew when the job has ended: what is there stops within the table"
_WRONG_VALUES = (
    "do not train on these nodes before you know why values are wrong: run each pair of nodes by itself, and look for "
    "XID and ECC errors on those that stay wrong"
)
_UNKNOWN_TYPE = "name the type with --instance-type: the log does not say it, and not every type has GPUDirect RDMA"
_UNKNOWN_GPU_DIRECT = "nobody has said whether this type has GPUDirect RDMA: compare its bandwidth with what TCP gets"
_HALF_WITHOUT_GPU_DIRECT = (
    "half the bandwidth of others is what the plugin reaches without GPUDirect RDMA: where it does not find "
    "libcudart.so or libcuda.so, make them reachable in the image (such as a link libcuda.so to libcuda.so.1), which "
    "took one user of p4d from 20 to over 40 GB/s (https://github.com/aws/aws-ofi-nccl/issues/244)"
)
_SLOW = (
    "find what makes it slower than it should be: interfaces that the plugin did not find ('found N nics'), "
    "another job on the nodes, or one slow node, which runs of each pair of nodes by itself show"
)
_MISSING_INTERFACES = (
    "NCCL found {count} EFA interfaces less than the type has: does the launch template attach all of them, and does "
    "the pod ask for all of them (vpc.amazonaws.com/efa)"
)


def advice_for(
    verdict: Verdict,
    causes: Iterable[Cause] = (),
    *,
    gpu_direct: bool | None = None,
    known_type: bool = True,
    contradictory: bool = False,
    mixed: bool = False,
    several_types: bool = False,
    nothing_measured: bool = False,
    truncated: bool = False,
    wrong_values: bool = False,
    missing_interfaces: int = 0,
    bandwidth: BandwidthVerdict | None = None,
    too_slow: bool = False,
) -> tuple[str, ...]:
    """What to do, the most likely first.

    :param causes: What the log shows of known reasons.
    :param gpu_direct: Whether the type has GPUDirect RDMA. None: unknown.
    :param known_type: Whether the type is known at all.
    :param contradictory: Whether all that leaves it unproven is that the rows are not of the run that the log tells of.
    :param mixed: Whether all that leaves it unproven is that it is of several runs.
    :param several_types: Whether the nodes are of several types.
    :param nothing_measured: Whether no row tells anything.
    :param truncated: Whether the log ends within the run.
    :param wrong_values: Whether there are any.
    :param missing_interfaces: EFA interfaces that the type has, and NCCL did not find.
    :param bandwidth: How it stands against that of others.
    :param too_slow: Whether nccl-tests itself says so.
    """
    advice = []
    if wrong_values:
        advice.append(_WRONG_VALUES)
    advice += [with_rule(cause.advice, cause.rule) for cause in causes]
    if verdict is Verdict.EFA_NO_GDR and gpu_direct is not False:
        advice += [
            *((_UNKNOWN_GPU_DIRECT if known_type else _UNKNOWN_TYPE,) if gpu_direct is None else ()),
            *_NO_GPU_DIRECT,
        ]
    if mixed:
        advice.append(_MIXED)
    else:
        advice += (_CONTRADICTORY,) if contradictory else _OF_VERDICT.get(verdict, ())
    if several_types and not mixed:
        advice.append(_SEVERAL_TYPES)
    if nothing_measured and not truncated:
        advice.append(_NOTHING_MEASURED)
    if truncated:
        advice.append(_TRUNCATED)
    if missing_interfaces:
        advice.append(_MISSING_INTERFACES.format(count=missing_interfaces))
    # TCP is slow for the reason that its own advice is about.
    if (bandwidth in (BandwidthVerdict.BELOW, BandwidthVerdict.HALF) or too_slow) and verdict is not Verdict.TCP:
        advice += _of_slow_runs(
            bandwidth, without_gpu_direct=verdict is not Verdict.EFA_GDR and gpu_direct is not False
        )
    return tuple(dict.fromkeys(advice))


def _of_slow_runs(bandwidth: BandwidthVerdict | None, *, without_gpu_direct: bool) -> tuple[str, ...]:
    if bandwidth is BandwidthVerdict.HALF and without_gpu_direct:
        return _HALF_WITHOUT_GPU_DIRECT, _SLOW
    return (_SLOW,)
