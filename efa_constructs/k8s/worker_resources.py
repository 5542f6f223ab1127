"""What a worker of an MPI job asks of its node, and whether the node has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cdk8s import Size
from cdk8s_plus_27 import k8s

from .. import catalogue
from ..argument_kinds import check_fields
from ..catalogue import EFA_RESOURCE, InstanceType
from ..errors import InvalidArgumentError
from ..rules.jobs import PODS_FIT_NODES, WHOLE_HUGE_PAGES
from .field_kinds import COUNT, CPUS, SIZE
from .launcher import Launcher
from .node_room import NodeRoom, accelerators_of
from .quantities import whole_mebibytes

__all__ = ["ResolvedResources", "WorkerResources", "ranks_an_accelerator"]

_PAGE_MIB = 2
# What the job of the EKS guide "Run machine learning training on Amazon EKS with Elastic Fabric Adapter" asks for. On
# types without accelerators, too: libfabric has its bounce buffers there, 110 MiB an endpoint, and takes ordinary pages
# for what does not fit. https://github.com/ofiwg/libfabric, prov/efa/docs/overview.md;
# https://github.com/bottlerocket-os/bottlerocket-core-kit/pull/141
_HUGEPAGES_DEFAULT_MIB = 5120
_MIB_A_GIB = 1024

_SIZES = ("memory", "hugepages", "shared_memory")
_KINDS = {"accelerators": COUNT, "efa_interfaces": COUNT, "cpu": CPUS, **dict.fromkeys(_SIZES, SIZE)}


@dataclass(frozen=True, kw_only=True)
class WorkerResources:
    """What one worker asks for. A worker has a node to itself unless you say less than the node has.

    Sizes are in whole MiB.

    :param accelerators: GPUs or Neuron devices. Default: all of the node.
    :param efa_interfaces: EFAs; 0 for none. Default: all of the node.
    :param memory: Ordinary memory, ``/dev/shm`` included, hugepages not. Default: what surely is left on the node
        beside system and DaemonSets (and the launcher, if it runs there), in whole GiB.
    :param cpu: vCPUs requested; no limit is set; 0 for no request. Default: as for memory.
    :param hugepages: Memory in 2 MiB pages, which libfabric uses for its buffers; ``Size.mebibytes(0)`` for none.
        Default: 5120 MiB, or what the node has if that is less.
    :param shared_memory: Limit of ``/dev/shm``, a part of ``memory``. Default: half of it.
    :raises InvalidArgumentError: a field is of another kind, or a size has a fraction of a MiB.
    """

    accelerators: int | None = None
    efa_interfaces: int | None = None
    memory: Size | None = None
    cpu: float | None = None
    hugepages: Size | None = None
    shared_memory: Size | None = None

    def __post_init__(self) -> None:
        check_fields(self, _KINDS)
        if self.cpu and not round(self.cpu * 1000):
            raise InvalidArgumentError(f"WorkerResources: 'cpu' must be 0 or at least 0.001, got {self.cpu}")
        for field in _SIZES:
            self.mebibytes(field)

    def mebibytes(self, field: str) -> int | None:
        """A size in MiB, None where the default is to be worked out."""
        size: Size | None = getattr(self, field)
        return None if size is None else whole_mebibytes("WorkerResources", field, size)


@dataclass(frozen=True, kw_only=True)
class ResolvedResources:
    """The same with every default worked out."""

    instance: InstanceType
    accelerators: int
    efa_interfaces: int
    memory_mib: int
    cpu_millicores: int
    hugepages_mib: int
    shared_memory_mib: int

    @staticmethod
    def of(
        wanted: WorkerResources,
        instance: InstanceType,
        *,
        launcher: Launcher,
        operating_system: str,
        where: str,
    ) -> ResolvedResources:
        """Work out the defaults, and refuse what no node of the type has.

        :param launcher: It may share a worker's node.
        :param operating_system: Of the node's AMI: ``"AL2023"`` or ``"BOTTLEROCKET"``.
        :param where: Whose resources, for messages.
        :raises InvalidArgumentError: the node has less.
        """
        node = NodeRoom.of(instance, operating_system=operating_system)
        _check_launcher(where, wanted, node, launcher)
        room = node.beside(launcher)
        memory = wanted.mebibytes("memory")
        if memory is None:
            spare = room.sure_memory_mib
            memory = spare // _MIB_A_GIB * _MIB_A_GIB if spare >= _MIB_A_GIB else spare
        hugepages = wanted.mebibytes("hugepages")
        if hugepages is None:
            hugepages = min(_HUGEPAGES_DEFAULT_MIB, room.hugepages_mib // _PAGE_MIB * _PAGE_MIB)
        shared_memory = wanted.mebibytes("shared_memory")
        resolved = ResolvedResources(
            instance=instance,
            accelerators=_count(wanted.accelerators, accelerators_of(instance)),
            efa_interfaces=_count(wanted.efa_interfaces, instance.known_efa_interfaces),
            memory_mib=memory,
            cpu_millicores=room.sure_cpu_millicores if wanted.cpu is None else round(wanted.cpu * 1000),
            hugepages_mib=hugepages,
            shared_memory_mib=memory // 2 if shared_memory is None else shared_memory,
        )
        resolved._check_devices(where)
        resolved._check_memory(where, room)
        resolved._check_sharing(where, room, launcher)
        return resolved

    def without_devices(self) -> ResolvedResources:
        """The same with accelerators and EFAs left to a resource claim."""
        return replace(self, accelerators=0, efa_interfaces=0)

    def requirements(self, *, claims: list[k8s.ResourceClaim] | None = None) -> k8s.ResourceRequirements:
        """As a container of a pod states them."""
        limits = {"memory": k8s.Quantity.from_string(f"{self.memory_mib}Mi")}
        resource = catalogue.accelerator_resource(self.instance)
        if self.accelerators and resource is not None:
            limits[resource] = k8s.Quantity.from_number(self.accelerators)
        if self.efa_interfaces:
            limits[EFA_RESOURCE] = k8s.Quantity.from_number(self.efa_interfaces)
        if self.hugepages_mib:
            limits[catalogue.HUGEPAGES_RESOURCE] = k8s.Quantity.from_string(f"{self.hugepages_mib}Mi")
        # Kubernetes overcommits neither devices nor hugepages: their requests must be their limits.
        requests = {**limits, "cpu": k8s.Quantity.from_string(f"{self.cpu_millicores}m")}
        if not self.cpu_millicores:
            del requests["cpu"]
        return k8s.ResourceRequirements(limits=limits, requests=requests, claims=claims)

    def _check_devices(self, where: str) -> None:
        name = self.instance.name
        present = {"accelerators": accelerators_of(self.instance), "efa_interfaces": self.instance.known_efa_interfaces}
        for field, has in present.items():
            wants = getattr(self, field)
            if wants < 0:
                raise InvalidArgumentError(f"{where}: '{field}' must be at least 0, got {wants}")
            if wants > has:
                what = f"has {has}" if has else "has none"
                raise InvalidArgumentError(
                    PODS_FIT_NODES.refusal(f"{where}: '{field}' is {wants}, but a {name} {what}", most=has)
                )

    def _check_memory(self, where: str, room: NodeRoom) -> None:
        if self.hugepages_mib % _PAGE_MIB:
            raise InvalidArgumentError(
                WHOLE_HUGE_PAGES.refusal(
                    f"{where}: 'hugepages' is {self.hugepages_mib} MiB, but pages have {_PAGE_MIB} MiB"
                )
            )
        if self.hugepages_mib > room.hugepages_mib:
            raise InvalidArgumentError(
                PODS_FIT_NODES.refusal(
                    f"{where}: 'hugepages' is {self.hugepages_mib} MiB, but a {self.instance.name} reserves "
                    f"{room.hugepages_mib} MiB: the pod would stay Pending",
                    most=f"{room.hugepages_mib} MiB",
                )
            )
        if self.memory_mib <= 0:
            # Kubernetes: "HugePages require cpu or memory".
            raise InvalidArgumentError(f"{where}: 'memory' is {self.memory_mib} MiB: a worker needs some")
        if self.shared_memory_mib > self.memory_mib:
            raise InvalidArgumentError(
                f"{where}: 'shared_memory' is {self.shared_memory_mib} MiB, but it is a part of 'memory', which is "
                f"{self.memory_mib} MiB: raise 'memory', or lower it"
            )

    def _check_sharing(self, where: str, room: NodeRoom, launcher: Launcher) -> None:
        with_launcher = " with the launcher on one of the nodes" if launcher.memory_mib_of_worker_node else ""
        if self.memory_mib > room.memory_mib:
            raise InvalidArgumentError(
                PODS_FIT_NODES.refusal(
                    f"{where}: 'memory' is {self.memory_mib} MiB, but a {self.instance.name} has at most "
                    f"{room.memory_mib} MiB for it{with_launcher}: the pod would stay Pending",
                    most=f"{room.memory_mib} MiB",
                )
            )
        if not 0 <= self.cpu_millicores <= room.cpu_millicores:
            raise InvalidArgumentError(
                PODS_FIT_NODES.refusal(
                    f"{where}: 'cpu' is {self.cpu_millicores / 1000:g}, but a {self.instance.name} has from 0 to "
                    f"{room.cpu_millicores / 1000:g} vCPUs for it{with_launcher}: the pod would stay Pending",
                    most=f"{room.cpu_millicores / 1000:g}",
                )
            )


def ranks_an_accelerator(instance: InstanceType) -> int:
    """How many ranks drive one accelerator of a node: one a GPU, but one each NeuronCore of a Neuron device.

    AWS Neuron documentation, "Best practices for training on AWS Neuron": one process per logical core.
    """
    return max((accelerator.logical_neuron_cores or 1 for accelerator in instance.accelerators), default=1)


def _count(wanted: int | None, default: int) -> int:
    return default if wanted is None else wanted


def _check_launcher(where: str, wanted: WorkerResources, node: NodeRoom, launcher: Launcher) -> None:
    """Refuse a launcher that leaves nothing of its node to the worker there."""
    # Where the worker's share is left to us, it is worked out from what surely is there.
    memory = node.sure_memory_mib if wanted.memory is None else node.memory_mib
    cpu = node.sure_cpu_millicores if wanted.cpu is None else node.cpu_millicores
    instead = "lower it, or use LauncherPlacement.OTHER_NODE"
    if launcher.memory_mib_of_worker_node >= memory:
        raise InvalidArgumentError(
            PODS_FIT_NODES.refusal(
                f"{where}: 'launcher.memory' is {launcher.memory_mib} MiB, but a {node.instance.name} has {memory} MiB "
                "for the launcher and a worker together",
                instead,
            )
        )
    if launcher.cpu_millicores_of_worker_node >= cpu:
        raise InvalidArgumentError(
            PODS_FIT_NODES.refusal(
                f"{where}: 'launcher.cpu' is {launcher.cpu:g}, but a {node.instance.name} has {cpu / 1000:g} vCPUs for "
                "the launcher and a worker together",
                instead,
            )
        )
