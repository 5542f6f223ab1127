"""Which environment variables do harm, or nothing any more, on EFA nodes of today: one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..catalogue import InstanceType

__all__ = ["VERDICTS", "EnvironmentFinding", "EnvironmentVerdict", "judge_environment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentVerdict:
    """What is wrong with a variable, for some values and instance types."""

    # With * for any letters.
    names: tuple[str, ...]
    # For which values and on which types, in the words of the documentation.
    when: str
    # The same for programs. The value comes in lower case and without blanks around it.
    applies: Callable[[str, InstanceType], bool]
    # What happens, and what to do instead.
    reason: str
    # Who says so.
    source: str


_ON = ("1", "true", "yes", "on", "y")
_OFF = ("0", "false", "no", "off", "n")

_CHEATSHEET = "aws/aws-ofi-nccl, doc/efa-env-var.md"
_PLATFORMS = "aws/aws-ofi-nccl, src/platform-aws.cpp"
_FI_EFA = "libfabric, fi_efa(7)"
_NCCL = "NCCL user guide, Environment Variables"


def _nvidia(value: str, instance: InstanceType) -> bool:
    return instance.has_nvidia_gpus


def _any(value: str, instance: InstanceType) -> bool:
    return True


def _nvidia_and(*values: str) -> Callable[[str, InstanceType], bool]:
    return lambda value, instance: instance.has_nvidia_gpus and value in values


def _several_gpus_and(*values: str) -> Callable[[str, InstanceType], bool]:
    return lambda value, instance: instance.has_nvidia_gpus and instance.accelerator_count > 1 and value in values


def _cpu(instance: InstanceType) -> bool:
    """Whether MPI itself carries the data: on accelerators it only starts the programs."""
    return not instance.accelerators


def _lets_through(wanted: str, value: str) -> bool:
    """Whether a list of libfabric providers, or of components of Open MPI, has one in it. A ^ in front inverts it."""
    listed = wanted in re.split(r"[,;]", value.removeprefix("^"))
    return not value or listed != value.startswith("^")


VERDICTS: tuple[EnvironmentVerdict, ...] = (
    EnvironmentVerdict(
        names=("FI_PROVIDER", "I_MPI_OFI_PROVIDER"),
        when="any value that leaves `efa` out",
        applies=lambda value, instance: not _lets_through("efa", value),
        reason="libfabric does not use EFA then: set it to efa",
        source="libfabric, fabric(7)",
    ),
    EnvironmentVerdict(
        names=("FI_EFA_USE_DEVICE_RDMA",),
        when="`1`, on types that have no RDMA, or of which AWS does not say that they have it",
        applies=lambda value, instance: value in _ON and not instance.rdma,
        reason="it aborts the program where the EFA device has no RDMA, and the instance type is not known to have it: "
        "leave it out, then libfabric finds out by itself",
        source=_FI_EFA,
    ),
    EnvironmentVerdict(
        names=("FI_EFA_USE_DEVICE_RDMA",),
        when="`1`, on types that have RDMA, but for Trainium",
        applies=lambda value, instance: value in _ON and bool(instance.rdma) and not instance.has_neuron_devices,
        reason="it is not needed since libfabric 1.18 and aws-ofi-nccl 1.7, and aborts the program on types without "
        "RDMA: leave it out",
        source=_CHEATSHEET,
    ),
    EnvironmentVerdict(
        names=("FI_EFA_USE_DEVICE_RDMA",),
        when="`0`, on types that have RDMA",
        applies=lambda value, instance: value in _OFF and bool(instance.rdma),
        reason="it switches off the RDMA that the instance type has, and GPUDirect with it: leave it out",
        source=_FI_EFA,
    ),
    EnvironmentVerdict(
        names=("FI_EFA_FORK_SAFE",),
        when="`1`",
        applies=lambda value, instance: value in _ON,
        reason="it does nothing on the kernels of AL2023 and Bottlerocket, where forking is safe, and on kernels "
        "before 5.13 it switches off huge pages: leave it out",
        source=f"{_CHEATSHEET}; {_FI_EFA}",
    ),
    EnvironmentVerdict(
        names=("FI_EFA_ENABLE_SHM_TRANSFER",),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="it does nothing: aws-ofi-nccl has libfabric leave shared memory to NCCL; leave it out",
        source=_CHEATSHEET,
    ),
    EnvironmentVerdict(
        names=("RDMAV_*",),
        when="any value",
        applies=_any,
        reason="it reaches below libfabric, and RDMAV_FORK_SAFE breaks programs on current kernels: leave it out",
        source=_CHEATSHEET,
    ),
    EnvironmentVerdict(
        names=("NCCL_PROTO",),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="it was needed up to aws-ofi-nccl 1.5, and now overrides what the plugin chooses for the instance type: "
        "leave it out",
        source=_CHEATSHEET,
    ),
    EnvironmentVerdict(
        names=("NCCL_ALGO",),
        when="`Ring`, on types with NVIDIA GPUs",
        applies=_nvidia_and("ring"),
        reason="it costs speed: NCCL knows faster algorithms for many messages and nodes; leave it out",
        source=f"{_NCCL}, Debugging",
    ),
    EnvironmentVerdict(
        names=(
            "NCCL_BUFFSIZE",
            "NCCL_P2P_NET_CHUNKSIZE",
            "NCCL_NVLS*_CHUNKSIZE",
            "NCCL_NET_FORCE_FLUSH",
            "NCCL_NETDEVS_POLICY",
            "NCCL_TOPO_FILE",
            "NCCL_TUNER_PLUGIN",
        ),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="aws-ofi-nccl sets it, or has its default chosen, for each instance type: leave it out",
        source=_PLATFORMS,
    ),
    EnvironmentVerdict(
        names=("NCCL_MIN_CHANNELS", "NCCL_MIN_NCHANNELS"),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="more channels make smaller messages, too small for EFA: leave it out",
        source=_CHEATSHEET,
    ),
    EnvironmentVerdict(
        names=("NCCL_SOCKET_NTHREADS", "NCCL_NSOCKS_PERTHREAD"),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="it is about TCP, which EFA does not use: leave it out",
        source=_CHEATSHEET,
    ),
    EnvironmentVerdict(
        names=("NCCL_NET",),
        when="`Socket`, `IB` or the old name `AWS Libfabric`, on types with NVIDIA GPUs",
        applies=_nvidia_and("socket", "ib", "aws libfabric"),
        reason="NCCL uses no other network then, and the one over EFA is called Libfabric, before 2025 AWS Libfabric: "
        "leave it out",
        source=f"{_NCCL}; aws/aws-ofi-nccl, src/nccl_ofi_interface_nvidia.cpp",
    ),
    EnvironmentVerdict(
        names=("NCCL_NET_PLUGIN",),
        when="`none`, on types with NVIDIA GPUs",
        applies=_nvidia_and("none"),
        reason="NCCL does not load aws-ofi-nccl then, and uses TCP: leave it out",
        source=_NCCL,
    ),
    EnvironmentVerdict(
        names=("NCCL_IB_*",),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="it is about NCCL's own transport for InfiniBand, which EFA does not use: leave it out",
        source=_NCCL,
    ),
    EnvironmentVerdict(
        names=("NCCL_NET_GDR_LEVEL",),
        when="`LOC` or `0`, on types with NVIDIA GPUs",
        applies=_nvidia_and("loc", "0"),
        reason="it switches GPUDirect RDMA off: leave it out",
        source=_NCCL,
    ),
    EnvironmentVerdict(
        names=("NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE"),
        when="`1`, on types with several NVIDIA GPUs",
        applies=_several_gpus_and("1"),
        reason="GPUs of one node then do not use NVLink, PCIe or shared memory with each other, but the network: leave "
        "it out",
        source=_NCCL,
    ),
    EnvironmentVerdict(
        names=("NCCL_P2P_LEVEL",),
        when="`LOC` or `0`, on types with several NVIDIA GPUs",
        applies=_several_gpus_and("loc", "0"),
        reason="GPUs of one node then do not use NVLink or PCIe with each other: leave it out",
        source=_NCCL,
    ),
    EnvironmentVerdict(
        names=("NCCL_NVLS_ENABLE", "NCCL_MNNVL_ENABLE"),
        when="any value, on types with NVIDIA GPUs, but for p6e",
        applies=lambda value, instance: instance.has_nvidia_gpus and not instance.family.startswith("p6e-"),
        reason="it is for GB200 and GB300; elsewhere NCCL decides: leave it out",
        source="awslabs/awsome-distributed-ai, micro-benchmarks/nccl-tests/kubernetes",
    ),
    EnvironmentVerdict(
        names=("OFI_NCCL_PROTOCOL", "OFI_NCCL_DISABLE_GDR_REQUIRED_CHECK"),
        when="any value, on types with NVIDIA GPUs",
        applies=_nvidia,
        reason="aws-ofi-nccl chooses for each instance type, and stops where GPUDirect is missing, for good reasons: "
        "leave it out unless you are looking for a fault",
        source=_PLATFORMS,
    ),
    EnvironmentVerdict(
        names=("OMPI_MCA_pml",),
        when="any value that leaves `cm` out, on types without accelerators",
        applies=lambda value, instance: _cpu(instance) and not _lets_through("cm", value),
        reason="Open MPI reaches EFA by its component cm only: set it to cm",
        source="open-mpi/ompi#9858",
    ),
    EnvironmentVerdict(
        names=("OMPI_MCA_mtl",),
        when="any value that leaves `ofi` out, on types without accelerators",
        applies=lambda value, instance: _cpu(instance) and not _lets_through("ofi", value),
        reason="Open MPI reaches libfabric, and by it EFA, by its component ofi only: set it to ofi",
        source="open-mpi/ompi#9858",
    ),
    EnvironmentVerdict(
        names=("I_MPI_FABRICS",),
        when="any value without `ofi`",
        applies=lambda value, instance: bool(value) and "ofi" not in value.split(":"),
        reason="Intel MPI does not use libfabric between nodes then: set it to shm:ofi",
        source="Intel MPI Library Developer Reference, Communication Fabrics Control",
    ),
    EnvironmentVerdict(
        names=("*",),
        when="a value with `$NAME` or `${NAME}`",
        applies=lambda value, instance: re.search(r"(?<!\$)(\$\$)*\$\{?[a-z_]", value) is not None,
        reason="Kubernetes expands $(NAME) only, and only variables of the manifest, not those of the image: write the "
        "whole value out, or have a shell of the container set it",
        source="kubernetes.io, Define Dependent Environment Variables",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFinding:
    """A variable that does harm, or nothing any more."""

    name: str
    value: str
    # What happens, and what to do instead.
    reason: str
    # Who says so.
    source: str


def judge_environment(environment: Mapping[str, str], instance: InstanceType) -> list[EnvironmentFinding]:
    """Say what of an environment does harm, or nothing any more, on nodes of the type, in the order of the variables.

    It is about the versions that nodes and images have today: libfabric 1.18 and aws-ofi-nccl 1.7 or newer, and the
    kernels of AL2023 and Bottlerocket.

    :param environment: Values by name, as a container has them.
    :param instance: The type of the nodes.
    """
    return [
        EnvironmentFinding(name=name, value=value, reason=verdict.reason, source=verdict.source)
        for name, value in environment.items()
        for verdict in VERDICTS
        if _is_about(verdict, name) and verdict.applies(value.strip().lower(), instance)
    ]


def _is_about(verdict: EnvironmentVerdict, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in verdict.names)
