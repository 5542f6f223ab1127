"""Refuses pods of an MPI job, overrides included, that would not start, or would not use EFA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cdk8s_plus_27 import k8s

from ..catalogue import INSTANCE_TYPE_LABEL, InstanceType
from ..catalogue.labels import INSTANCE_TYPE_LABELS
from ..errors import InvalidArgumentError
from ..pods.pod_refusals import refusals_of
from ..pods.requests import is_never_overcommitted, number
from ..rules.jobs import EFA_PODS_LOCK_MEMORY, NODES_TAKE_PODS, PODS_FIT_NODES, REQUESTS_ARE_LIMITS, WHOLE_HUGE_PAGES
from ..rules.manifests import POD_TEMPLATES_ARE_SOUND
from .finished_pods import FinishedPods, Pod, mpi_container, shown
from .images import check_image
from .mpi_job_pods import WORKER_CONTAINER
from .node_room import NodeRoom
from .node_selection import check_tolerated, takes_nodes_with, tolerations_of

__all__ = ["check_pods"]


def check_pods(where: str, pods: FinishedPods, room: NodeRoom, node_taints: Sequence[k8s.Taint]) -> None:
    """Refuse pods that would not start, or would not use EFA.

    :param where: Whose pods, for messages.
    :param room: What a worker's node has for them.
    :param node_taints: Of the workers' nodes.
    :raises InvalidArgumentError: naming the pod, and the container, the resource or the label.
    """
    for role, template in (("launcher", pods.launcher), ("worker", pods.worker)):
        for refused in refusals_of(template["spec"]):
            raise InvalidArgumentError(f"{where}: {POD_TEMPLATES_ARE_SOUND.cited(f'the {role} {refused}')}")
        for problem in _problems_of_containers(role, template["spec"]):
            raise InvalidArgumentError(f"{where}: {problem}")
    for problem in _locking(mpi_container(pods.worker["spec"])):
        raise InvalidArgumentError(f"{where}: the container '{WORKER_CONTAINER}' {problem}")
    for problem in (*_other_nodes(pods.of_one_node, room.instance), *_excess(pods, room)):
        raise InvalidArgumentError(f"{where}: {problem}")
    for pod in pods.of_one_node:
        check_tolerated(where, node_taints, tolerations_of(pod), NODES_TAKE_PODS)


def _problems_of_containers(role: str, pod: Pod) -> Iterator[str]:
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        for problem in _problems_of(container):
            yield f"the container '{container['name']}' of the {role} {problem}"


def _problems_of(container: Mapping[str, Any]) -> Iterator[str]:
    try:
        check_image("image", container["image"])
    except InvalidArgumentError as error:
        yield f"is not pinned: {error}"
    yield from _problems_of_requests(container.get("resources", {}))


def _locking(container: Mapping[str, Any]) -> Iterator[str]:
    context = container.get("securityContext", {})
    capabilities = context.get("capabilities", {})
    if context.get("privileged"):
        return
    why = "but libfabric registers memory with the EFA, which locks it"
    if "IPC_LOCK" in capabilities.get("drop", ()):
        yield EFA_PODS_LOCK_MEMORY.refusal(f"drops IPC_LOCK, {why}")
    elif {"ALL", "IPC_LOCK"}.isdisjoint(capabilities.get("add", ())):
        yield EFA_PODS_LOCK_MEMORY.refusal(f"has no IPC_LOCK, {why}")


def _other_nodes(pods: Sequence[Pod], instance: InstanceType) -> Iterator[str]:
    for pod in pods:
        for label in INSTANCE_TYPE_LABELS:
            wanted = pod.get("nodeSelector", {}).get(label, instance.name)
            if wanted != instance.name:
                yield (
                    f"the node selector has {label}={wanted}, but the job is for {instance.name}: change "
                    "'instance_type', or leave the label out"
                )
        if not takes_nodes_with(pod, dict.fromkeys(INSTANCE_TYPE_LABELS, instance.name)):
            yield (
                f"the required node affinity has {INSTANCE_TYPE_LABEL}, and takes no {instance.name}, which the job is "
                "for: change 'instance_type', or leave the label out"
            )


def _excess(pods: FinishedPods, room: NodeRoom) -> Iterator[str]:
    """What the containers of one node's pods ask for together, and the node does not have."""
    has = room.at_most
    for resource, wants in pods.requests.items():
        # Pages of another size no node has; of what else there is, nothing is known.
        most = has.get(resource, Decimal(0) if resource.startswith("hugepages-") else wants)
        if wants > most:
            yield PODS_FIT_NODES.refusal(
                f"{pods.who_asks} for {shown(resource, wants)} of '{resource}', all containers together, with "
                f"'resources' and overrides, but a {room.instance.name} has at most {shown(resource, most)}: the pods "
                "would stay Pending",
                most=shown(resource, most),
            )


def _problems_of_requests(resources: Mapping[str, Any]) -> Iterator[str]:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    yield from _problems_of_limits(limits, requests)
    for name, request in requests.items():
        limit = limits.get(name)
        if is_never_overcommitted(name) and (limit is None or number(request) != number(limit)):
            yield REQUESTS_ARE_LIMITS.refusal(
                f"requests {request} of {name} and is limited to {limit}, but Kubernetes does not overcommit it"
            )


def _problems_of_limits(limits: Mapping[str, Any], requests: Mapping[str, Any]) -> Iterator[str]:
    for name, limit in limits.items():
        if name.startswith("hugepages-") and number(limit) % number(name.removeprefix("hugepages-")):
            yield WHOLE_HUGE_PAGES.refusal(f"is limited to {limit} of {name}, but pages are whole")
    if any(name.startswith("hugepages-") for name in limits) and {"cpu", "memory"}.isdisjoint({*limits, *requests}):
        yield WHOLE_HUGE_PAGES.refusal("asks for hugepages, which Kubernetes gives only beside 'cpu' or 'memory'")
