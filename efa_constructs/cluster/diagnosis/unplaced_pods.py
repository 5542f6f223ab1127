"""Pods that no node takes, and for each node why it does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum

from ...pods.known_programs import job_role
from ...pods.node_rules import Taint, unmet_requirement, untolerated_taints
from ...pods.requests import Amounts, pod_requests
from ..snapshot import KubernetesObject
from .cause import Owner
from .cluster_objects import ClusterObjects, allocatable

__all__ = ["Misfit", "Obstacle", "Unplaced", "find_unplaced", "scheduler_says"]

# How the scheduler begins to say that a resource is short.
_INSUFFICIENT = "Insufficient "
# What it adds for those who know it.
_PREEMPTION = (". preemption:", ". no new claims to deallocate")


class Obstacle(IntEnum):
    """Why a node does not take a pod. A node with a later one came closer to taking it."""

    LABELS = 0
    TAINT = 1
    # It asks for more than the node has.
    TOO_LARGE = 2
    MAX_PODS = 3
    # Other pods have what it asks for.
    TAKEN = 4
    # The scheduler knows more than is computed here: volumes, affinity to pods, topology.
    OTHER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Why one node does not take a pod."""

    node: KubernetesObject
    obstacle: Obstacle
    # A label's key, or "".
    key: str = ""
    # The requirement on labels, in words.
    words: str = ""
    taints: tuple[Taint, ...] = ()
    # The resources of which there is too little.
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Pods that are alike and that no node takes."""

    owner: Owner
    # "worker", "launcher" or "pod".
    role: str
    pods: Sequence[KubernetesObject]
    requests: Amounts
    # Of the nodes that came closest to taking them. Empty: there is no node.
    misfits: Sequence[Misfit]
    # Where others have what they ask for: of the nodes that have enough of it, and only a taint keeps them away.
    barred: Sequence[Misfit]
    # The scheduler's message about one of them. Empty: no scheduler has looked at it.
    scheduler_words: str

    @property
    def obstacle(self) -> Obstacle | None:
        """What has to be mended. None: there is no node."""
        return self.misfits[0].obstacle if self.misfits else None

    def lacks(self, resource: str) -> bool:
        """Whether the nodes that came closest offer nothing of a resource that they are asked for."""
        short = [misfit.node for misfit in self.misfits if resource in misfit.resources]
        return self.obstacle is Obstacle.TOO_LARGE and bool(short) and not any(map(_offers(resource), short))

    def __str__(self) -> str:
        count = len(self.pods)
        return (
            f"{count} {self.role}{'s' if count > 1 else ''} of {self.owner}"
            if self.owner.kind != "Pod"
            else str(self.owner)
        )


def find_unplaced(objects: ClusterObjects) -> list[Unplaced]:
    """Every group of pods that waits for a node."""
    groups = defaultdict(list)
    for owner, pods in objects.pods.items():
        for pod in pods:
            if pod["status"].get("phase") == "Pending" and not pod["spec"].get("nodeName"):
                groups[owner, job_role(pod) or "pod"].append(pod)
    return [_unplaced(objects, owner, role, pods) for (owner, role), pods in groups.items()]


def scheduler_says(words: str) -> str:
    """The scheduler's words, as they end a sentence."""
    return f': the scheduler says "{words}"' if words else ""


def _offers(resource: str) -> Callable[[KubernetesObject], bool]:
    return lambda node: bool(allocatable(node).get(resource))


def _unplaced(objects: ClusterObjects, owner: Owner, role: str, pods: Sequence[KubernetesObject]) -> Unplaced:
    # A pod of a DaemonSet is for one node: each may have another obstacle, and the first stands for all.
    pod = pods[0]
    misfits = [_misfit(objects, pod, node) for node in _nodes_for(objects.snapshot.nodes, pod)]
    words = _scheduler_words(pod)
    # Before it counts what is left, it looks at volumes and whatever else is not computed here.
    if words and _INSUFFICIENT not in words:
        misfits = [_beyond(misfit) for misfit in misfits]
    closest = max((misfit.obstacle for misfit in misfits), default=None)
    return Unplaced(
        owner=owner,
        role=role,
        pods=pods,
        requests=pod_requests(pod["spec"]),
        misfits=[misfit for misfit in misfits if misfit.obstacle == closest],
        barred=[misfit for misfit in misfits if closest is Obstacle.TAKEN and _is_large_enough(objects, misfit, pod)],
        scheduler_words=words,
    )


def _is_large_enough(objects: ClusterObjects, misfit: Misfit, pod: KubernetesObject) -> bool:
    """Whether a node has what a pod asks for, also if its plugins, which the taint may keep away, do not offer it."""
    offered = allocatable(misfit.node)
    return misfit.obstacle is Obstacle.TAINT and all(
        amount <= max(offered.get(name, Decimal(0)), Decimal(objects.devices(misfit.node, name)))
        for name, amount in pod_requests(pod["spec"]).items()
    )


def _beyond(misfit: Misfit) -> Misfit:
    return replace(misfit, obstacle=Obstacle.OTHER, resources=()) if misfit.obstacle is Obstacle.TAKEN else misfit


def _nodes_for(nodes: Iterable[KubernetesObject], pod: KubernetesObject) -> list[KubernetesObject]:
    """Of a DaemonSet's pod the node that it is for."""
    is_daemon = any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or ())
    return [node for node in nodes if not is_daemon or unmet_requirement(pod["spec"], node) is None]


def _misfit(objects: ClusterObjects, pod: KubernetesObject, node: KubernetesObject) -> Misfit:
    spec = pod["spec"]
    unmet = unmet_requirement(spec, node)
    if unmet is not None:
        return Misfit(node=node, obstacle=Obstacle.LABELS, key=unmet[0], words=unmet[1])
    taints = untolerated_taints(spec, node)
    if taints:
        return Misfit(node=node, obstacle=Obstacle.TAINT, taints=tuple(taints))
    requests = pod_requests(spec)
    too_large = tuple(_exceeding(requests, allocatable(node)))
    if too_large:
        return Misfit(node=node, obstacle=Obstacle.TOO_LARGE, resources=too_large)
    free = objects.free(node)
    if free.get("pods", Decimal(0)) < 1:
        return Misfit(node=node, obstacle=Obstacle.MAX_PODS)
    taken = tuple(_exceeding(requests, free))
    if taken:
        return Misfit(node=node, obstacle=Obstacle.TAKEN, resources=taken)
    return Misfit(node=node, obstacle=Obstacle.OTHER)


def _exceeding(requests: Amounts, offered: Amounts) -> Iterator[str]:
    return (name for name, amount in requests.items() if amount > offered.get(name, Decimal(0)))


def _scheduler_words(pod: KubernetesObject) -> str:
    for condition in pod["status"].get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            words = str(condition.get("message") or condition.get("reason"))
            for mark in _PREEMPTION:
                words = words.partition(mark)[0]
            return words
    return ""
