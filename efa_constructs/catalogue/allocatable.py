"""What of a node's CPU, memory and huge pages is left for pods."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..errors import InvalidArgumentError
from .ami_types import default_ami_type
from .instance_types import InstanceType
from .interfaces import max_pods as pods_that_fit
from .interfaces import network_interfaces
from .search import all_instance_types, get

__all__ = [
    "DAEMON_SETS_CPU_MILLICORES",
    "DAEMON_SETS_MEMORY_MIB",
    "HUGEPAGES_RESOURCE",
    "Allocatable",
    "allocatable",
    "node_allocatable",
]

# Pages of 2 MiB, which EFA's driver package reserves. https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages
HUGEPAGES_RESOURCE = "hugepages-2Mi"

# What to leave of it for the pods that run on every node. Their requests add up to a quarter of a vCPU and a few
# hundred MiB (aws-node 50m, kube-proxy 100m, the EFA plugin 10m and 20 MiB, the node monitoring agent 10m and 30 MiB,
# CSI drivers), and clusters run logging and monitoring agents of their own beside them.
DAEMON_SETS_CPU_MILLICORES = 1000
DAEMON_SETS_MEMORY_MIB = 2048

# The part of its nominal memory that a node's kernel reports as MemTotal. Seen on nodes: p4de.24xlarge, which has the
# hardware of p4d.24xlarge but for its GPUs (awslabs/awsome-distributed-ai,
# 3.test_cases/megatron/nemo1.0/EKS/README.md), and p5.48xlarge (same repository,
# 3.test_cases/mosaicml-composer/stable-diffusion/README.md), rounded up to four digits.
_SEEN_MEMORY: Mapping[str, float] = MappingProxyType({"p4d": 0.9738, "p4de": 0.9738})
# For all others the larger of the two. More than 63/64 (0.9844) cannot be: of each page of 4 KiB the kernel keeps a
# record of 64 bytes.
_MOST_MEMORY = 0.9766
# What Karpenter takes for firmware and kernel where it has not seen a node: VM_MEMORY_OVERHEAD_PERCENT in
# https://karpenter.sh/docs/reference/settings/
_LEAST_MEMORY = 0.925

# The kubelet's hard eviction threshold, memory.available in
# https://github.com/awslabs/amazon-eks-ami, nodeadm/internal/kubelet/config.go
_EVICTION_MIB = 100


class Allocatable(NamedTuple):
    """What a node has for pods, before those of DaemonSets."""

    cpu_millicores: int
    # At most, in MiB: with as much of its nominal memory as any EFA node was seen to have.
    memory_mib: int
    # In MiB: to be counted on, with 7.5 % of its nominal memory taken by firmware and kernel.
    conservative_memory_mib: int
    # MiB of huge pages of 2 MiB, beside the memory, not part of it.
    hugepages_2mi_mib: int


def allocatable(
    instance_type: InstanceType | str, *, operating_system: str = "AL2023", max_pods: int | None = None
) -> Allocatable:
    """Return what a node of the type has for pods.

    It is what the kubelet computes, from the settings that nodeadm, and Bottlerocket after the same formulas, give it:
    the node's capacity, without what is reserved for Kubernetes, the eviction threshold of the memory, and the memory
    in huge pages. How much memory the kernel sees is published nowhere, hence the two figures.

    The nodes are taken to have EFA interfaces, without which Bottlerocket reserves no huge pages.

    :param instance_type: An EFA instance type, or its name.
    :param operating_system: ``"AL2023"`` or ``"BOTTLEROCKET"``. Default: ``"AL2023"``.
    :param max_pods: The number of pods that the node's agent reserves memory for. Default: what it computes from the
        instance type, also where the kubelet then takes fewer. Where AWS publishes too little to know that, neither
        memory figure guesses: the larger one reserves nothing for pods, the conservative one as much as the type with
        the most pods does.
    :raises InvalidArgumentError: No such operating system, it has no AMI for the type, or ``max_pods`` is below 1.
    """
    if isinstance(instance_type, str):
        instance_type = get(instance_type)
    if max_pods is not None and max_pods < 1:
        raise InvalidArgumentError(f"'max_pods' must be at least 1, got {max_pods}; leave it out to have it computed")
    system = default_ami_type(instance_type, operating_system).operating_system
    hugepages = _hugepages_mib(instance_type.vcpus, system)
    fewest, most = _pods_reserved_for(instance_type) if max_pods is None else (max_pods, max_pods)
    seen = instance_type.memory_mib * _SEEN_MEMORY.get(instance_type.family, _MOST_MEMORY)
    least = instance_type.memory_mib * _LEAST_MEMORY
    return Allocatable(
        cpu_millicores=instance_type.vcpus * 1000 - _reserved_millicores(instance_type.vcpus),
        memory_mib=int(seen) - _reserved_mib(fewest) - _EVICTION_MIB - hugepages,
        conservative_memory_mib=int(least) - _reserved_mib(most) - _EVICTION_MIB - hugepages,
        hugepages_2mi_mib=hugepages,
    )


def node_allocatable(
    *, vcpus: int, memory_mib: int, max_pods: int, has_efa: bool, operating_system: str | None = None
) -> Allocatable:
    """Return what a node of any instance type has for pods.

    It is computed as by :func:`~efa_constructs.catalogue.allocatable`, which knows the EFA types.

    :param memory_mib: Nominal memory in MiB.
    :param max_pods: The number of pods that its kubelet allows.
    :param has_efa: Whether it has an EFA interface: without one it reserves no huge pages.
    :param operating_system: As an AMI type has it. Default: as Amazon Linux 2023.
    """
    hugepages = _hugepages_mib(vcpus, operating_system) if has_efa else 0
    taken = _reserved_mib(max_pods) + _EVICTION_MIB + hugepages
    return Allocatable(
        cpu_millicores=vcpus * 1000 - _reserved_millicores(vcpus),
        memory_mib=int(memory_mib * _MOST_MEMORY) - taken,
        conservative_memory_mib=int(memory_mib * _LEAST_MEMORY) - taken,
        hugepages_2mi_mib=hugepages,
    )


def _hugepages_mib(vcpus: int, operating_system: str | None) -> int:
    """What the nodes reserve at boot: 110 MiB for each of two libfabric endpoints a vCPU, and a page for rounding.

    AL2023 does it by the configuration package of the EFA installer, as quoted in
    https://github.com/bottlerocket-os/bottlerocket-core-kit/pull/141, and p4de.24xlarge and p5.48xlarge nodes were seen
    to have just that many. Bottlerocket leaves the further page out (core-kit, sources/api/corndog). Both have kernels
    with pages of 4 KiB on ARM too, hence huge pages of 2 MiB (aws/aws-graviton-getting-started, os.md;
    bottlerocket-os/bottlerocket-kernel-kit#259).
    """
    pages = 110 * vcpus + (0 if operating_system == "BOTTLEROCKET" else 1)
    return 2 * pages


def _reserved_millicores(vcpus: int) -> int:
    """6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest (nodeadm, config.go)."""
    if vcpus <= 4:
        return (0, 60, 70, 75, 80)[vcpus]
    return 80 + (vcpus - 4) * 25 // 10


def _reserved_mib(pods: int) -> int:
    """As nodeadm (config.go) and Bottlerocket (schnauzer, ``kube_reserve_memory``) compute it."""
    return 11 * pods + 255


def _pods_reserved_for(instance_type: InstanceType) -> tuple[int, int]:
    """The fewest and the most pods that memory may be reserved for: the same figure twice, where it is known."""
    reported = pods_that_fit(instance_type, network_interfaces(instance_type)).reported
    if reported is not None:
        return reported, reported
    figures = (pods_that_fit(known, network_interfaces(known)).reported for known in all_instance_types())
    return 0, max(figure for figure in figures if figure is not None)
