"""How a job is queued with Kueue."""

from __future__ import annotations

from dataclasses import dataclass

from ..argument_kinds import check_fields
from ..pods.known_programs import KUEUE_QUEUE_LABEL
from .field_kinds import SWITCH, name_of

__all__ = ["Kueue"]


_KINDS = {
    "queue": name_of("a local queue"),
    "topology": name_of("a node label, such as 'topology.k8s.aws/network-node-layer-3'"),
    "topology_required": SWITCH,
    "priority_class": name_of("a WorkloadPriorityClass"),
}


@dataclass(frozen=True, kw_only=True)
class Kueue:
    """Let Kueue admit the job. The cluster queue must cover every resource of the workers, ``hugepages-2Mi`` included.

    Source: Kueue documentation, "Run MPIJobs" and "Topology Aware Scheduling".

    :param queue: The local queue, in the job's namespace.
    :param topology: The node label within one value of which all workers go, such as
        ``"topology.k8s.aws/network-node-layer-3"``. Default: no constraint.
    :param topology_required: Whether the job waits until they can; otherwise it is only preferred. Default: True
    :param priority_class: A ``WorkloadPriorityClass``. Default: none.
    :raises InvalidArgumentError: a field is of another kind.
    """

    queue: str
    topology: str | None = None
    topology_required: bool = True
    priority_class: str | None = None

    def __post_init__(self) -> None:
        check_fields(self, _KINDS)

    def job_labels(self) -> dict[str, str]:
        """Labels of the MPIJob; on pods they would do nothing."""
        labels = {KUEUE_QUEUE_LABEL: self.queue}
        if self.priority_class is not None:
            labels["kueue.x-k8s.io/priority-class"] = self.priority_class
        return labels

    def worker_annotations(self) -> dict[str, str]:
        """Annotations of the workers' pod template; on the MPIJob they would do nothing."""
        if self.topology is None:
            return {}
        kind = "required" if self.topology_required else "preferred"
        return {f"kueue.x-k8s.io/podset-{kind}-topology": self.topology}

    def launcher_annotations(self) -> dict[str, str]:
        """Annotations of the launcher's pod template: it may be anywhere."""
        return {} if self.topology is None else {"kueue.x-k8s.io/podset-unconstrained-topology": "true"}
