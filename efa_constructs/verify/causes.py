"""Known reasons why NCCL leaves EFA, or does not get all of it, by the lines that say so, and what to do.

Sources are the threads in which people found out; none was reproduced by this project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..rules import Rule
from ..rules.jobs import DEVICES_COME_FROM_PLUGINS, EFA_PODS_LOCK_MEMORY, ENVIRONMENT_DOES_NO_HARM
from ..rules.security_groups import EFA_DOES_NOT_PASS, LET_EFA_PASS

__all__ = ["CAUSES", "WITHOUT_MPI", "Cause", "causes_in_nccl_line", "causes_in_other_line"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason."""

    # Stable, for scripts.
    code: str
    # What NCCL says, from the start of its text; None: it says nothing of the kind.
    in_nccl_lines: re.Pattern[str] | None
    # What libfabric or nccl-tests says.
    in_other_lines: re.Pattern[str] | None
    # What the line means, a clause.
    meaning: str
    advice: str
    source: str
    # The one that templates with the same mistake break. None: no template says it.
    rule: Rule | None = None


CAUSES = (
    Cause(
        "plugin-not-found",
        re.compile(r"NET/Plugin ?: ?.{0,200}?(?:No plugin found|Could not find:? libnccl-net)"),
        None,
        "NCCL did not find the plugin aws-ofi-nccl, and takes sockets instead",
        "put the folder that has libnccl-net.so into LD_LIBRARY_PATH of every rank (mpirun -x LD_LIBRARY_PATH): "
        "/opt/amazon/ofi-nccl/lib where the EFA installer brought it, /opt/aws-ofi-nccl/lib in older images",
        "https://github.com/NVIDIA-NeMo/RL/issues/1973",
    ),
    Cause(
        "no-efa-provider",
        re.compile(r"NET/OFI (?:No eligible providers were found|Could not find any optimal provider)"),
        re.compile(r"libfabric:.{0,200}fi_getinfo: provider efa output empty list"),
        "libfabric has no EFA to offer to the plugin",
        "run 'fi_info -p efa' in a worker; if it finds nothing, the pod has no EFA: let it ask for "
        "vpc.amazonaws.com/efa, and mount no /dev/infiniband of the host over what the device plugin gives it",
        "https://github.com/aws-samples/aws-do-eks/issues/63",
        DEVICES_COME_FROM_PLUGINS,
    ),
    Cause(
        "gdr-disabled",
        re.compile(r"NET/OFI GDR disabled on GDR-supported instance type"),
        None,
        "libfabric offers no GPUDirect RDMA on a type that has it",
        "use the libfabric of the EFA installer, and no other: 'fi_info -p efa -t FI_EP_RDM -c FI_HMEM' must list "
        "something in the worker, and /sys/class/infiniband/*/device/p2p must say NVIDIA on the node",
        "https://github.com/aws/aws-ofi-nccl/issues/889",
    ),
    Cause(
        "cuda-library-missing",
        re.compile(r"NET/OFI (?:Failed to find CUDA|Unable to find (?:libcudart|libcuda))"),
        None,
        "the plugin did not find the CUDA library that it needs for GPUDirect RDMA",
        "let the image have libcudart.so and libcuda.so by these very names (symbolic links will do), or take a newer "
        "plugin: without them others measured half the bandwidth",
        "https://github.com/aws/aws-ofi-nccl/issues/244",
    ),
    Cause(
        "shared-memory-option",
        re.compile(r"NET/OFI Disabling shared memory failed"),
        None,
        "the plugin got a libfabric provider that is not EFA's",
        "run 'fi_info -p efa' in a worker: the container has no EFA devices, or a libfabric without EFA",
        "https://github.com/aws/aws-ofi-nccl/issues/803",
    ),
    Cause(
        "locked-memory",
        re.compile(r"NET/OFI .{0,300}Cannot allocate memory"),
        re.compile(r"Libfabric error: \(-12\)|EFA internal error: \(4112\)"),
        "memory could not be registered with the EFA",
        "let the container lock memory without limit: 'ulimit -l' must say unlimited in a worker; "
        "then see whether the pod's memory and hugepages-2Mi are enough",
        "https://github.com/awslabs/awsome-distributed-ai/issues/647",
        EFA_PODS_LOCK_MEMORY,
    ),
    Cause(
        "security-group",
        re.compile(r"NET/OFI .{0,300}(?:Unable to insert remote address|unresponsive|Unresponsive|Unreachable|4126)"),
        re.compile(r"EFA internal error: \(41(?:07|26)\)|libfabric:.{0,300}prov_err(?:no)?: .{0,100}\(41(?:07|26)\)"),
        "a node does not reach the EFA of another",
        LET_EFA_PASS,
        "https://github.com/aws/aws-ofi-nccl/issues/663",
        EFA_DOES_NOT_PASS,
    ),
    Cause(
        "network-by-environment",
        re.compile(r"NCCL_NET(?:_PLUGIN)? set by environment to (?:Socket|none)\b"),
        None,
        "the environment tells NCCL to do without the plugin",
        "leave NCCL_NET and NCCL_NET_PLUGIN out of the job",
        "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html",
        ENVIRONMENT_DOES_NO_HARM,
    ),
    Cause(
        "gdr-by-environment",
        re.compile(r"NCCL_NET_GDR_(?:LEVEL|READ) set by environment to (?:LOC|0)\b"),
        None,
        "the environment switches GPUDirect RDMA off",
        "leave NCCL_NET_GDR_LEVEL and NCCL_NET_GDR_READ out of the job",
        "https://github.com/awslabs/awsome-distributed-ai/pull/1106",
        ENVIRONMENT_DOES_NO_HARM,
    ),
    Cause(
        "stopped",
        None,
        re.compile(r"\S+: Test (?:NCCL failure|CUDA failure|timeout|failure) "),
        "nccl-tests stopped with an error",
        "look at the lines above the first of these: the first error is the one that counts",
        "src/common.h of NVIDIA/nccl-tests",
    ),
)

# Shows in no line by itself: several processes are rank 0.
WITHOUT_MPI = Cause(
    "without-mpi",
    None,
    None,
    "each process is rank 0 of a run of its own: nccl-tests was built without MPI",
    "build nccl-tests with MPI=1 and MPI_HOME, or take an image where it is",
    "https://github.com/NVIDIA/nccl-tests/issues/107",
)


def causes_in_nccl_line(text: str) -> Iterator[Cause]:
    """The causes that show in what NCCL printed, from where its own text begins."""
    return (cause for cause in CAUSES if cause.in_nccl_lines and cause.in_nccl_lines.match(text))


def causes_in_other_line(text: str) -> Iterator[Cause]:
    """The causes that show in a line of another program."""
    return (cause for cause in CAUSES if cause.in_other_lines and cause.in_other_lines.match(text))
