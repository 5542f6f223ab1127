"""Refuses MPI jobs that the operator would not start, or that would not do what they say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cdk8s_plus_27 import k8s

from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE
from ..errors import InvalidArgumentError
from .mpi_job_pods import SHARED_MEMORY_PATH, SHARED_MEMORY_VOLUME
from .pod_overrides import (
    CONFIG_PATH,
    infiniband,
    normal_path,
    operators_labels,
    operators_variables,
    operators_volume,
)
from .worker_resources import ResolvedResources, WorkerResources

__all__ = [
    "check_allocation",
    "check_claims",
    "check_commands",
    "check_name",
    "check_nodes",
    "check_pods_metadata",
    "check_volumes",
    "ranks_per_node",
]

# Kubernetes documentation, "Object Names and IDs", RFC 1035 label names
_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_LABEL = 63
# How Open MPI's, Intel MPI's and MPICH's mpirun are told the number of ranks.
_PROCESS_OPTIONS = frozenset({"-np", "--np", "-n", "--n", "-c"})
# mpirun itself is among a launcher's words under one of these names.
_STARTERS = ("mpirun", "mpiexec", "mpiexec.hydra", "prterun")


def check_nodes(where: str, nodes: int) -> None:
    """Refuse a job without workers.

    :raises InvalidArgumentError: ``nodes`` is less than 1.
    """
    if nodes < 1:
        raise InvalidArgumentError(f"{where}: 'nodes' must be at least 1, got {nodes}")


def check_name(where: str, name: str, nodes: int) -> None:
    """Refuse a name of which the operator could not make host names.

    :raises InvalidArgumentError: the name of the last worker would be no DNS label.
    """
    if not _DNS_LABEL.fullmatch(name):
        raise InvalidArgumentError(
            f"{where}: 'name' is {name!r}, but host names are made of it: use lower case letters, digits and '-', "
            "beginning with a letter"
        )
    last_worker = f"{name}-worker-{nodes - 1}"
    if len(last_worker) > _LONGEST_LABEL:
        longest = _LONGEST_LABEL - (len(last_worker) - len(name))
        raise InvalidArgumentError(
            f"{where}: 'name' has {len(name)} characters, and the host name {last_worker} {len(last_worker)}, but "
            f"Kubernetes takes {_LONGEST_LABEL}: use a name of at most {longest} characters"
        )


def ranks_per_node(where: str, processes_per_node: int | None, resources: ResolvedResources) -> int:
    """The slots of a worker: one for each accelerator, or for each physical core.

    :raises InvalidArgumentError: ``processes_per_node`` is less than 1.
    """
    instance = resources.instance
    if processes_per_node is None:
        return resources.accelerators or instance.cores or instance.vcpus
    if processes_per_node < 1:
        raise InvalidArgumentError(f"{where}: 'processes_per_node' must be at least 1, got {processes_per_node}")
    return processes_per_node


def check_commands(
    where: str,
    command: Sequence[str],
    launcher_command: Sequence[str],
    mpirun_arguments: Sequence[str],
    processes: int,
) -> None:
    """Refuse both commands, or neither, and a number of ranks other than the workers' slots.

    :raises InvalidArgumentError: naming the argument.
    """
    if bool(command) is bool(launcher_command):
        given = "both are given" if command else "neither is"
        raise InvalidArgumentError(
            f"{where}: 'command' is what every rank runs, 'launcher_command' a whole launcher's command, and {given}: "
            "give one of them"
        )
    if launcher_command and mpirun_arguments:
        raise InvalidArgumentError(
            f"{where}: 'mpirun_arguments' is {list(mpirun_arguments)!r}, but 'launcher_command' has a mpirun of its "
            "own: put them there"
        )
    started = launcher_command or ["mpirun", *mpirun_arguments]
    argument = "launcher_command" if launcher_command else "mpirun_arguments"
    words = _words_of_mpirun(started)
    for option, value in itertools.pairwise(words):
        if option in _PROCESS_OPTIONS and value.isdecimal() and int(value) != processes:
            raise InvalidArgumentError(
                f"{where}: '{argument}' has {option} {value}, but the workers have {processes} slots: use "
                f"{option} {processes}, or change 'processes_per_node' or 'nodes'"
            )


def _words_of_mpirun(command: Sequence[str]) -> list[str]:
    """The words after mpirun, whether it is started directly or by a shell."""
    words = [word for argument in command for word in argument.split()]
    for index, word in enumerate(words):
        if word.rpartition("/")[2] in _STARTERS:
            return words[index + 1 :]
    return []


def check_claims(where: str, wanted: WorkerResources) -> None:
    """Refuse devices counted beside a claim that allocates them: each would be given out twice.

    :raises InvalidArgumentError: naming what was counted.
    """
    for field in ("accelerators", "efa_interfaces"):
        count = getattr(wanted, field)
        if count:
            raise InvalidArgumentError(
                f"{where}: '{field}' is {count}, and 'resource_claim_template' allocates devices too: a device plugin "
                "and dynamic resource allocation do not know of each other; use one of them"
            )


def check_allocation(where: str, worker_template: Mapping[str, Any]) -> None:
    """Refuse a worker that takes devices in two ways at once, after overrides.

    :raises InvalidArgumentError: it has a resource claim, and asks device plugins, too.
    """
    spec = worker_template["spec"]
    asked = {
        resource
        for container in [*spec["containers"], *spec.get("initContainers", [])]
        for resource in container.get("resources", {}).get("limits", {})
        if resource in (EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE)
    }
    if spec.get("resourceClaims") and asked:
        raise InvalidArgumentError(
            f"{where}: the workers have resource claims, and ask device plugins for {', '.join(sorted(asked))} too, "
            "which do not know of each other: use 'resource_claim_template' for all devices"
        )


def check_pods_metadata(where: str, labels: Mapping[str, str], environment: Iterable[str]) -> None:
    """Refuse labels and variables of the pods that are the operator's, or Kueue's.

    :raises InvalidArgumentError: naming the label or the variable.
    """
    for problem in operators_labels(labels):
        raise InvalidArgumentError(f"{where}: 'pod_labels' {problem}")
    for problem in operators_variables(environment):
        raise InvalidArgumentError(f"{where}: 'environment' {problem}")


def check_volumes(where: str, volumes: Mapping[str, k8s.Volume], ssh_auth_mount_path: str) -> None:
    """Refuse volumes in the way of the job's and the operator's, and two with one name or at one path.

    :raises InvalidArgumentError: naming the path or the volume.
    """
    _check_ssh_path(where, ssh_auth_mount_path)
    seen: dict[str, k8s.Volume] = {}
    paths: dict[str, str] = {}
    for path, volume in volumes.items():
        if not path.startswith("/") or not normal_path(path):
            raise InvalidArgumentError(
                f"{where}: 'volumes' has the path {path!r}: mount paths are absolute, and not the root"
            )
        if paths.setdefault(normal_path(path), path) != path:
            raise InvalidArgumentError(
                f"{where}: 'volumes' has the paths {paths[normal_path(path)]!r} and {path!r}, which are the same: "
                "leave one out"
            )
        if seen.setdefault(volume.name, volume) is not volume:
            raise InvalidArgumentError(
                f"{where}: 'volumes' has two volumes of the name '{volume.name}': give each a name of its own"
            )
        host_path = volume.host_path.path if volume.host_path is not None else ""
        for problem in (
            *_shared_memory(volume.name, path),
            *operators_volume(volume.name, path, ssh_auth_mount_path),
            *infiniband(host_path),
        ):
            raise InvalidArgumentError(f"{where}: 'volumes' {problem}")


def _check_ssh_path(where: str, path: str) -> None:
    if not path.startswith("/") or normal_path(path) in ("", CONFIG_PATH, SHARED_MEMORY_PATH):
        raise InvalidArgumentError(
            f"{where}: 'ssh_auth_mount_path' is {path!r}: use an absolute path, such as '/root/.ssh', but neither the "
            f"root nor {CONFIG_PATH} nor {SHARED_MEMORY_PATH}, which are taken"
        )


def _shared_memory(name: str, path: str) -> Iterator[str]:
    if name == SHARED_MEMORY_VOLUME or normal_path(path) == SHARED_MEMORY_PATH:
        yield (
            f"has the volume '{name}' at {path}, but the workers have a volume '{SHARED_MEMORY_VOLUME}' at "
            f"{SHARED_MEMORY_PATH} already: choose another name and path, or set its size by "
            "WorkerResources(shared_memory=...)"
        )
