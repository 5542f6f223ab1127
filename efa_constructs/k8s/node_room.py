"""What a node has for the pods of jobs, beside those of its DaemonSets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from .. import catalogue
from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, HUGEPAGES_RESOURCE, NEURON_RESOURCE, InstanceType
from .launcher import Launcher

__all__ = ["NodeRoom", "accelerators_of"]

_MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class NodeRoom:
    """The room for jobs on a node of a type. See :func:`~efa_constructs.catalogue.allocatable` for its two figures."""

    instance: InstanceType
    # At most.
    memory_mib: int
    # Surely.
    sure_memory_mib: int
    # At most: the DaemonSets may request next to none.
    cpu_millicores: int
    sure_cpu_millicores: int
    hugepages_mib: int

    @staticmethod
    def of(instance: InstanceType, *, operating_system: str) -> NodeRoom:
        """The room on a node without other jobs.

        :param operating_system: Of the node's AMI: ``"AL2023"`` or ``"BOTTLEROCKET"``.
        """
        node = catalogue.allocatable(instance, operating_system=operating_system)
        return NodeRoom(
            instance=instance,
            memory_mib=node.memory_mib - catalogue.DAEMON_SETS_MEMORY_MIB,
            sure_memory_mib=node.conservative_memory_mib - catalogue.DAEMON_SETS_MEMORY_MIB,
            cpu_millicores=node.cpu_millicores,
            sure_cpu_millicores=node.cpu_millicores - catalogue.DAEMON_SETS_CPU_MILLICORES,
            hugepages_mib=node.hugepages_2mi_mib,
        )

    def beside(self, launcher: Launcher) -> NodeRoom:
        """What is left of it where the launcher runs, if that is a worker's node."""
        memory, cpu = launcher.memory_mib_of_worker_node, launcher.cpu_millicores_of_worker_node
        return replace(
            self,
            memory_mib=self.memory_mib - memory,
            sure_memory_mib=self.sure_memory_mib - memory,
            cpu_millicores=self.cpu_millicores - cpu,
            sure_cpu_millicores=self.sure_cpu_millicores - cpu,
        )

    @property
    def devices(self) -> dict[str, int]:
        """How many devices the node offers, by resource."""
        devices = {GPU_RESOURCE: 0, NEURON_RESOURCE: 0, EFA_RESOURCE: self.instance.known_efa_interfaces}
        resource = catalogue.accelerator_resource(self.instance)
        return devices if resource is None else devices | {resource: accelerators_of(self.instance)}

    @property
    def at_most(self) -> Mapping[str, Decimal]:
        """The same by the names of resources, in CPUs, bytes and counts."""
        return {
            **{name: Decimal(count) for name, count in self.devices.items()},
            "cpu": Decimal(self.cpu_millicores) / 1000,
            "memory": Decimal(self.memory_mib) * _MIB,
            HUGEPAGES_RESOURCE: Decimal(self.hugepages_mib) * _MIB,
        }

    @property
    def surely(self) -> Mapping[str, Decimal]:
        """Of what is not sure to be free, that which is."""
        return {"cpu": Decimal(self.sure_cpu_millicores) / 1000, "memory": Decimal(self.sure_memory_mib) * _MIB}


def accelerators_of(instance: InstanceType) -> int:
    """How many accelerators a node offers pods."""
    return instance.accelerator_count if catalogue.accelerator_resource(instance) else 0
