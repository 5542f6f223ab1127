"""What people want to know of a cluster: nodes with their devices, pods with what they hold, jobs, warnings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..catalogue import (
    DEVICE_RESOURCES,
    EFA_RESOURCE,
    GPU_RESOURCE,
    INSTANCE_TYPE_LABEL,
    NEURON_RESOURCE,
    NODE_GROUP_LABEL,
)
from ..catalogue.labels import ZONE_LABEL
from ..pods.known_programs import JOB_NAME_LABEL, KnownProgram, job_role, known_program
from ..pods.requests import amounts, total, written
from .printable import printable
from .snapshot import ClusterSnapshot, KubernetesObject, condition

__all__ = [
    "ClusterEvent",
    "ClusterSummary",
    "JobCondition",
    "PodRole",
    "SummarizedJob",
    "SummarizedNode",
    "SummarizedPod",
    "alike",
    "devices_in_words",
    "summarize",
]

_HUGEPAGES = "hugepages-"
# Up to how many nodes each is shown. Of more, one of each kind is.
_MOST_SINGLE_NODES = 8
_DEVICE_WORDS = {EFA_RESOURCE: "EFA", GPU_RESOURCE: "GPU", NEURON_RESOURCE: "Neuron device"}


class PodRole(StrEnum):
    """What a pod is there for."""

    LAUNCHER = "launcher"
    WORKER = "worker"
    DEVICE_PLUGIN = "device-plugin"
    MPI_OPERATOR = "mpi-operator"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizedNode:
    """A node, and what it offers to pods."""

    name: str
    # None: it is no EC2 instance.
    instance_id: str | None
    instance_type: str
    availability_zone: str
    node_group: str
    ready: bool
    # Extended resources that it advertises: {"vpc.amazonaws.com/efa": 4}.
    devices: Mapping[str, int]
    # All that it has for pods, in Kubernetes' quantities.
    allocatable: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizedPod:
    """A pod, where it is, and what it holds there."""

    namespace: str
    name: str
    # Of what made it: "DaemonSet aws-efa-k8s-device-plugin".
    owner: str
    role: PodRole
    # Of the MPIJob that it belongs to. None: to none.
    job_name: str | None
    # None: it has no node.
    node_name: str | None
    # Kubernetes' word, or why a container waits: "Running", "Pending", "CrashLoopBackOff".
    state: str
    ready: bool
    # Devices and huge pages that its containers ask for together: {"nvidia.com/gpu": "8"}.
    holds: Mapping[str, str]
    # What there is to say: why no node takes it, or what its container said last.
    message: str
    # How often its containers were started again.
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCondition:
    """A condition of a job, as its controller wrote it."""

    type: str
    status: str
    reason: str
    message: str
    # RFC 3339, whole seconds.
    last_transition_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizedJob:
    """A job."""

    kind: str
    namespace: str
    name: str
    conditions: tuple[JobCondition, ...]
    # What would carry the traffic between its nodes: "efa", "tcp-instead", "tcp", "single-node". None: nobody asked.
    transport: str | None = None

    @property
    def state(self) -> str:
        """The type of the newest condition that holds."""
        # Of those of one second the last: controllers append.
        holding = [one for one in reversed(self.conditions) if one.status == "True"]
        return max(holding, key=lambda one: one.last_transition_time).type if holding else "no condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterEvent:
    """A warning, the objects that it is about, and how often it was written."""

    reason: str
    # "Pod default/worker-0".
    objects: tuple[str, ...]
    message: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSummary:
    """A cluster at one moment."""

    nodes: tuple[SummarizedNode, ...]
    pods: tuple[SummarizedPod, ...]
    jobs: tuple[SummarizedJob, ...]
    # Warnings only, and those that are about the same together.
    warnings: tuple[ClusterEvent, ...]

    def pods_on(self, node: SummarizedNode) -> tuple[SummarizedPod, ...]:
        """The pods that are on a node, those of jobs first."""
        return tuple(pod for pod in self.pods if pod.node_name == node.name)

    @property
    def unplaced(self) -> Mapping[str, tuple[str, ...]]:
        """The pods that no node has, by why: ``{"0/2 nodes are available: ...": ("default/worker-0",)}``."""
        found: dict[str, tuple[str, ...]] = {}
        for pod in self.pods:
            if pod.node_name is None:
                why = pod.message or pod.state
                found[why] = (*found.get(why, ()), f"{pod.namespace}/{pod.name}")
        return found


def alike(summary: ClusterSummary) -> list[list[SummarizedNode]]:
    """The nodes, each alone; of more than eight, those together that offer the same and have the same on them."""
    if len(summary.nodes) <= _MOST_SINGLE_NODES:
        return [[node] for node in summary.nodes]
    by_node: dict[str | None, list[object]] = {}
    for pod in summary.pods:
        what = (pod.role, pod.job_name or pod.owner, pod.state, devices_in_words(pod.holds))
        by_node.setdefault(pod.node_name, []).append(what)
    shapes: dict[object, list[SummarizedNode]] = {}
    for node in summary.nodes:
        pods = tuple(sorted(by_node.get(node.name, ()), key=str))
        shape = node.instance_type, node.availability_zone, node.ready, tuple(node.devices.items()), pods
        shapes.setdefault(shape, []).append(node)
    return list(shapes.values())


def summarize(snapshot: ClusterSnapshot) -> ClusterSummary:
    """Read a snapshot."""
    order = list(PodRole)
    pods = sorted(map(_pod, snapshot.pods), key=lambda pod: (order.index(pod.role), pod.namespace, _natural(pod.name)))
    return ClusterSummary(
        nodes=tuple(sorted(map(_node, snapshot.nodes), key=lambda node: _natural(node.name))),
        pods=tuple(pods),
        jobs=tuple(_jobs(snapshot)),
        warnings=_warnings(snapshot),
    )


def devices_in_words(amounts: Mapping[str, object]) -> str:
    """Name amounts of devices and huge pages for a person: ``4 EFAs, 8 GPUs, 5120Mi of hugepages-2Mi``."""
    return ", ".join(
        f"{amount} {_DEVICE_WORDS.get(name, name)}{'s' * (name in _DEVICE_WORDS and str(amount) != '1')}"
        if name in DEVICE_RESOURCES
        else f"{amount} of {name}"
        for name, amount in sorted(
            amounts.items(), key=lambda pair: (pair[0] not in DEVICE_RESOURCES, pair[0] != EFA_RESOURCE)
        )
    )


def _natural(name: str) -> list[tuple[bool, int | str]]:
    """Sorts worker-10 after worker-9."""
    return [
        (not part.isdecimal(), int(part) if part.isdecimal() else part) for part in re.split(r"(\d+)", name) if part
    ]


def _node(node: KubernetesObject) -> SummarizedNode:
    labels: Mapping[str, str] = node["metadata"].get("labels") or {}
    allocatable: Mapping[str, str] = node["status"].get("allocatable") or {}
    # "aws:///us-east-1a/i-0123456789abcdef0"
    provider_id = node["spec"].get("providerID", "")
    return SummarizedNode(
        name=node["metadata"]["name"],
        instance_id=provider_id.rpartition("/")[2] if provider_id.startswith("aws://") else None,
        instance_type=labels.get(INSTANCE_TYPE_LABEL, ""),
        availability_zone=labels.get(ZONE_LABEL, ""),
        node_group=labels.get(NODE_GROUP_LABEL, ""),
        ready=condition(node, "Ready"),
        devices={name: int(allocatable[name]) for name in DEVICE_RESOURCES if name in allocatable},
        allocatable=allocatable,
    )


def _pod(pod: KubernetesObject) -> SummarizedPod:
    metadata, status = pod["metadata"], pod["status"]
    return SummarizedPod(
        namespace=metadata["namespace"],
        name=metadata["name"],
        owner=next((f"{owner['kind']} {owner['name']}" for owner in metadata.get("ownerReferences") or ()), "nobody"),
        role=_role(pod),
        job_name=(metadata.get("labels") or {}).get(JOB_NAME_LABEL),
        node_name=pod["spec"].get("nodeName"),
        state=_state(status),
        ready=condition(pod, "Ready"),
        holds=_holds(pod),
        message=printable(_message(pod)),
        restarts=sum(one.get("restartCount", 0) for one in _containers(status)),
    )


def _role(pod: KubernetesObject) -> PodRole:
    by_label = job_role(pod)
    if by_label in (PodRole.LAUNCHER, PodRole.WORKER):
        return PodRole(by_label)
    program = known_program(dict(pod))
    if program is None:
        return PodRole.OTHER
    return PodRole.MPI_OPERATOR if program is KnownProgram.MPI_OPERATOR else PodRole.DEVICE_PLUGIN


def _state(status: Mapping[str, Any]) -> str:
    waiting = [
        container["state"]["waiting"].get("reason", "")
        for container in _containers(status)
        if (container.get("state") or {}).get("waiting")
    ]
    # What every container waits for while one before it is not done.
    told = (reason for reason in waiting if reason not in ("", "PodInitializing"))
    return next(told, None) or str(status.get("phase", "Pending"))


def _containers(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a pod, in the order in which they start."""
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _holds(pod: KubernetesObject) -> dict[str, str]:
    """A device that is asked for is held alone, and so is a huge page."""
    asked: dict[str, list[str]] = {}
    for container in pod["spec"]["containers"]:
        for name, quantity in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in DEVICE_RESOURCES or name.startswith(_HUGEPAGES):
                asked.setdefault(name, []).append(str(quantity))
    return {
        name: quantities[0] if len(quantities) == 1 else _sum(name, quantities) for name, quantities in asked.items()
    }


def _sum(name: str, quantities: Iterable[str]) -> str:
    return written(name, total(amounts({name: quantity}) for quantity in quantities)[name])


def _message(pod: KubernetesObject) -> str:
    unscheduled = [
        one.get("message", "") for one in _conditions(pod) if one["type"] == "PodScheduled" and one["status"] == "False"
    ]
    return next(filter(None, (*unscheduled, *map(_container_message, _containers(pod["status"])))), "")


def _container_message(status: Mapping[str, Any]) -> str:
    """What a container said before it ended, or why it is not made."""
    state = status.get("state") or {}
    waiting: Mapping[str, Any] = state.get("waiting") or {}
    # What runs again has nothing to say of the time before.
    before = (status.get("lastState") or {}).get("terminated") if waiting else None
    return str((state.get("terminated") or before or {}).get("message") or waiting.get("message") or "")


def _jobs(snapshot: ClusterSnapshot) -> Iterator[SummarizedJob]:
    for job in snapshot.mpi_jobs or ():
        yield _job("MPIJob", job)
    for job in snapshot.jobs:
        # The operator's own Job of a launcher says nothing beside its MPIJob.
        if not any(owner["kind"] == "MPIJob" for owner in job["metadata"].get("ownerReferences") or ()):
            yield _job("Job", job)


def _job(kind: str, job: KubernetesObject) -> SummarizedJob:
    return SummarizedJob(
        kind=kind,
        namespace=job["metadata"]["namespace"],
        name=job["metadata"]["name"],
        conditions=tuple(
            JobCondition(
                type=one["type"],
                status=one["status"],
                reason=one.get("reason", ""),
                message=printable(one.get("message", "")),
                last_transition_time=one.get("lastTransitionTime") or "",
            )
            for one in _conditions(job)
        ),
    )


def _warnings(snapshot: ClusterSnapshot) -> tuple[ClusterEvent, ...]:
    """Warnings that say the same of several objects as one, in the order in which they first came.

    That a pod waited for a node is not among them once it has one.
    """
    placed = {
        (pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in snapshot.pods if pod["spec"].get("nodeName")
    }
    count: Counter[tuple[str, str]] = Counter()
    objects: dict[tuple[str, str], dict[str, None]] = {}
    for event in sorted(snapshot.events, key=lambda one: one.get("firstTimestamp") or one.get("eventTime") or ""):
        # An event may say as little as it likes of what it is about.
        about = event.get("involvedObject") or {}
        name, namespace = about.get("name", ""), about.get("namespace")
        waited = event.get("reason") == "FailedScheduling" and (namespace, name) in placed
        if event.get("type") != "Warning" or waited:
            continue
        where = "/".join(filter(None, (namespace, name)))
        said = event.get("reason", ""), printable(event.get("message", ""))
        objects.setdefault(said, {})[" ".join(filter(None, (about.get("kind"), where)))] = None
        count[said] += (event.get("series") or {}).get("count") or event.get("count") or 1
    return tuple(
        ClusterEvent(reason=reason, objects=tuple(about), message=message, count=count[reason, message])
        for (reason, message), about in objects.items()
    )


def _conditions(item: KubernetesObject) -> list[Mapping[str, Any]]:
    return (item.get("status") or {}).get("conditions") or []
