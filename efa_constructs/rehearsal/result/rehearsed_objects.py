"""The objects of a rehearsed cluster, with what is known of its nodes and of what was played on them."""

from __future__ import annotations

from collections.abc import Mapping

from ...catalogue import GPU_RESOURCE, NEURON_RESOURCE
from ...cluster.diagnosis.cause import Owner
from ...cluster.diagnosis.cluster_objects import ClusterObjects
from ...cluster.finding import Level
from ...cluster.snapshot import KubernetesObject
from ..account.hardware import hardware
from ..twin.outcomes import Outcome, verdict_of

__all__ = ["RehearsedObjects"]

_RESOURCES = {"nvidia": GPU_RESOURCE, "neuron": NEURON_RESOURCE}


class RehearsedObjects(ClusterObjects):
    """The objects of a cluster whose nodes are stood in for."""

    def accelerators(self, instance_type: str) -> Mapping[str, int]:
        """Those of every type that the emulated account knows."""
        machine = hardware(instance_type)
        if machine is None or machine.accelerator not in _RESOURCES:
            return {}
        return {_RESOURCES[machine.accelerator]: machine.accelerator_count}

    def fix_of_queued(self, job: Owner, queue: str) -> str:
        """Kueue's own programs are not run here."""
        return "rehearse it with suspend: false, too"

    @property
    def level_of_idle_devices(self) -> Level:
        """A stack or a template alone may be rehearsed before what runs on it."""
        return Level.WARNING

    def missing_objects(self, pod: KubernetesObject) -> str:
        """What the twin found missing."""
        told = verdict_of(dict(pod))
        return told.message if told is not None and told.outcome is Outcome.WAIT else ""
