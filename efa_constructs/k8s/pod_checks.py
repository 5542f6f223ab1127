"""Refuses pods of an MPI job, overrides included, that would not start, or would not use EFA."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .. import catalogue
from ..catalogue import EFA_RESOURCE, InstanceType
from ..errors import InvalidArgumentError
from .images import check_image
from .launcher import LauncherPlacement
from .mpi_job_pods import INSTANCE_TYPE_LABEL, WORKER_CONTAINER
from .pod_overrides import is_never_overcommitted, normal_path
from .worker_resources import HUGEPAGES, accelerators_of

__all__ = ["check_pods", "plain_variables"]

Pod = Mapping[str, Any]

_MIB = 2**20
# The older name of the label, which the kubelet sets still.
_INSTANCE_TYPE_LABELS = (INSTANCE_TYPE_LABEL, "beta.kubernetes.io/instance-type")
# Kubernetes documentation, "Quantity" of the API reference
_QUANTITY = re.compile(r"(?P<number>[+-]?[0-9.]+([eE][+-]?[0-9]+)?)(?P<suffix>[KMGTPE]i|[numkMGTPE]|)")
_SUFFIXES = {
    **{
        prefix: Decimal(1000) ** power
        for prefix, power in zip("numkMGTPE", (-3, -2, -1, 1, 2, 3, 4, 5, 6), strict=True)
    },
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", 1)},
    "": Decimal(1),
}


def check_pods(
    where: str,
    *,
    worker: Pod,
    launcher: Pod,
    instance: InstanceType,
    placement: LauncherPlacement,
    operating_system: str,
) -> None:
    """Refuse pods that would not start, or would not use EFA.

    :param where: Whose pods, for messages.
    :param worker: The specification of the workers' pods.
    :param launcher: That of the launcher's.
    :param instance: The type of the workers' nodes.
    :param placement: Whether the launcher runs on one of them.
    :param operating_system: Of the nodes' AMI, as for :func:`~efa_constructs.catalogue.allocatable`.
    :raises InvalidArgumentError: naming the pod, and the container, the resource or the label.
    """
    for role, pod in (("launcher", launcher), ("worker", worker)):
        volumes = [volume["name"] for volume in pod.get("volumes", [])]
        for container in _containers(pod):
            for problem in _problems_of(container, volumes):
                raise InvalidArgumentError(f"{where}: the container '{container.get('name')}' of the {role} {problem}")
    for problem in _locking(_mpi_container(worker)):
        raise InvalidArgumentError(f"{where}: the container '{WORKER_CONTAINER}' {problem}")
    of_one_node = [worker, launcher] if placement is LauncherPlacement.WORKER_NODE else [worker]
    for problem in (*_other_nodes(of_one_node, instance), *_excess(of_one_node, instance, operating_system)):
        raise InvalidArgumentError(f"{where}: {problem}")


def plain_variables(pod: Pod) -> dict[str, str]:
    """The variables of the MPI container whose values are known."""
    variables = _mpi_container(pod).get("env", [])
    return {variable["name"]: variable["value"] for variable in variables if "value" in variable}


def _mpi_container(pod: Pod) -> Mapping[str, Any]:
    first: Mapping[str, Any] = pod["containers"][0]
    return first


def _containers(pod: Pod) -> Iterator[Mapping[str, Any]]:
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def _problems_of(container: Mapping[str, Any], volumes: Collection[str]) -> Iterator[str]:
    if "image" not in container:
        yield "has no image: give it one"
    else:
        try:
            check_image("image", container["image"])
        except InvalidArgumentError as error:
            yield f"is not pinned: {error}"
    yield from _problems_of_requests(container.get("resources", {}))
    mounts = container.get("volumeMounts", [])
    yield from _mounts_at_one_path(mounts)
    for mount in mounts:
        if mount["name"] not in volumes:
            yield f"mounts the volume '{mount['name']}', which the pod does not have: add it to 'volumes'"


def _locking(container: Mapping[str, Any]) -> Iterator[str]:
    context = container.get("securityContext", {})
    if "IPC_LOCK" in context.get("capabilities", {}).get("drop", ()) and not context.get("privileged"):
        yield "drops IPC_LOCK, but libfabric registers memory with the EFA, which locks it: leave it out of 'drop'"


def _other_nodes(pods: Sequence[Pod], instance: InstanceType) -> Iterator[str]:
    for pod in pods:
        for label in _INSTANCE_TYPE_LABELS:
            wanted = pod.get("nodeSelector", {}).get(label, instance.name)
            if wanted != instance.name:
                yield (
                    f"the node selector has {label}={wanted}, but the job is for {instance.name}: change "
                    "'instance_type', or leave the label out"
                )


def _excess(pods: Sequence[Pod], instance: InstanceType, operating_system: str) -> Iterator[str]:
    """What the containers of one node's pods ask for together, and the node does not have."""
    has = _resources_of(instance, operating_system)
    who = "a worker and the launcher beside it ask" if len(pods) > 1 else "a worker asks"
    for resource, wants in _sum(*map(_asked, pods)).items():
        # Pages of another size no node has; of what else there is, nothing is known.
        most = has.get(resource, Decimal(0) if resource.startswith("hugepages-") else wants)
        if wants > most:
            yield (
                f"{who} for {_shown(resource, wants)} of '{resource}', all containers together, but a {instance.name} "
                f"has at most {_shown(resource, most)}: the pods would stay Pending; lower it in the overrides, or in "
                "'resources'"
            )


def _resources_of(instance: InstanceType, operating_system: str) -> dict[str, Decimal]:
    node = catalogue.allocatable(instance, operating_system=operating_system)
    accelerators = dict.fromkeys((catalogue.GPU_RESOURCE, catalogue.NEURON_RESOURCE), Decimal(0))
    resource = catalogue.accelerator_resource(instance)
    if resource is not None:
        accelerators[resource] = Decimal(accelerators_of(instance))
    return {
        **accelerators,
        "cpu": Decimal(node.cpu_millicores) / 1000,
        "memory": Decimal(node.memory_mib - catalogue.DAEMON_SETS_MEMORY_MIB) * _MIB,
        HUGEPAGES: Decimal(node.hugepages_2mi_mib) * _MIB,
        EFA_RESOURCE: Decimal(instance.known_efa_interfaces),
    }


def _asked(pod: Pod) -> dict[str, Decimal]:
    """What the scheduler counts: Kubernetes documentation, "Sidecar Containers" and "Pod-level resources"."""
    beside: dict[str, Decimal] = {}
    most: dict[str, Decimal] = {}
    for container in pod.get("initContainers", []):
        at_this_time = _sum(beside, _requests(container))
        most = _most(most, at_this_time)
        if container.get("restartPolicy") == "Always":
            beside = at_this_time
    together = _sum(beside, *map(_requests, pod["containers"]))
    of_the_pod = pod.get("resources", {})
    return {
        **_numbers(of_the_pod.get("limits", {})),
        **_most(most, together),
        **_numbers(of_the_pod.get("requests", {})),
    }


def _most(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in {**one, **other}}


def _sum(*amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for one in amounts:
        for name, amount in one.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total


def _requests(container: Mapping[str, Any]) -> dict[str, Decimal]:
    """What a container requests; where it says nothing, Kubernetes takes the limit."""
    resources = container.get("resources", {})
    return _numbers({**resources.get("limits", {}), **resources.get("requests", {})})


def _numbers(quantities: Mapping[str, str | int]) -> dict[str, Decimal]:
    return {name: _number(quantity) for name, quantity in quantities.items()}


def _number(quantity: str | int) -> Decimal:
    match = _QUANTITY.fullmatch(str(quantity))
    assert match is not None, quantity
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]]


def _shown(resource: str, amount: Decimal) -> str:
    in_bytes = resource == "memory" or resource.startswith("hugepages-")
    # Without zeros at the end, and without an exponent.
    return f"{(amount / _MIB).normalize():f} MiB" if in_bytes else f"{amount.normalize():f}"


def _problems_of_requests(resources: Mapping[str, Any]) -> Iterator[str]:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for name, request in requests.items():
        limit = limits.get(name)
        if is_never_overcommitted(name):
            if limit is None or _number(request) != _number(limit):
                yield (
                    f"requests {request} of {name} and is limited to {limit}, but Kubernetes does not overcommit it: "
                    "give the limit alone"
                )
        elif limit is not None and _number(request) > _number(limit):
            yield f"requests {request} of {name}, more than its limit of {limit}: override both"


def _mounts_at_one_path(mounts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    paths = Counter(normal_path(mount["mountPath"]) for mount in mounts)
    yield from (f"mounts two volumes at {path}: leave one out" for path, count in paths.items() if count > 1)
