"""Refuses MPI jobs that the operator would not start, or that would not do what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdk8s_plus_27 import k8s

from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE
from ..errors import InvalidArgumentError
from ..pods.host_names import LONGEST_HOST_NAME, worker_host_name
from ..pods.mpirun_ranks import other_ranks
from ..pods.operators_own import CONFIG_PATH, SSH_PATH
from ..pods.pod_refusals import normal_path
from ..rules.jobs import (
    DEVICES_BY_ONE_WAY,
    GANGS_HAVE_ONE_SCHEDULER,
    HOST_NAMES_FIT,
    KUEUE_OR_GANGS,
    RANKS_FILL_SLOTS,
    WORKERS_HAVE_SLOTS,
)
from ..rules.manifests import POD_TEMPLATES_ARE_SOUND
from .finished_pods import FinishedPods
from .gang_scheduling import GangScheduling
from .kueue import Kueue
from .launcher import Launcher, LauncherPlacement
from .mpi_job_pods import SHARED_MEMORY_PATH, SHARED_MEMORY_VOLUME, PodParts
from .names import (
    check_host_name,
    check_keys,
    check_label_name,
    check_labels,
    check_subdomain_name,
    check_variable_names,
)
from .node_selection import check_tolerations
from .pod_overrides import (
    infiniband,
    operators_labels,
    operators_variables,
    operators_volume,
    other_values,
)
from .quantities import check_range
from .worker_resources import ResolvedResources, WorkerResources, ranks_an_accelerator

__all__ = [
    "check_allocation",
    "check_claims",
    "check_commands",
    "check_environment",
    "check_launcher_affinity",
    "check_name",
    "check_names",
    "check_pods_labels",
    "check_queueing",
    "check_scheduler",
    "check_volumes",
    "ranks_per_node",
]

# Kubernetes documentation, "Labels and Selectors", "Syntax and character set"
_LONGEST_LABEL_VALUE = 63
# Kueue documentation, "Topology Aware Scheduling": each is about the pods of one template.
_PODSET_ANNOTATIONS = "kueue.x-k8s.io/podset-"


def check_name(where: str, name: str, nodes: int) -> None:
    """Refuse a name of which the operator could not make host names.

    :raises InvalidArgumentError: the name of the last worker would be no DNS label.
    """
    check_host_name("name", name)
    last_worker = worker_host_name(name, nodes - 1)
    if len(last_worker) > LONGEST_HOST_NAME:
        longest = LONGEST_HOST_NAME - (len(last_worker) - len(name))
        raise InvalidArgumentError(
            HOST_NAMES_FIT.refusal(
                f"{where}: 'name' has {len(name)} characters, and the host name {last_worker} {len(last_worker)}, but "
                f"Kubernetes takes {LONGEST_HOST_NAME}, so that a name may have {longest}"
            )
        )


def ranks_per_node(where: str, processes_per_node: int | None, resources: ResolvedResources) -> int:
    """The slots of a worker: one for each GPU, each logical NeuronCore, or each physical core.

    :raises InvalidArgumentError: ``processes_per_node`` is less than 1, or more than the API server can hold.
    """
    instance = resources.instance
    if processes_per_node is None:
        return resources.accelerators * ranks_an_accelerator(instance) or instance.cores or instance.vcpus
    check_range(where, "processes_per_node", processes_per_node, least=1, rule=WORKERS_HAVE_SLOTS)
    return processes_per_node


def check_commands(
    where: str,
    command: Sequence[str],
    launcher_command: Sequence[str],
    mpirun_arguments: Sequence[str],
    processes: int,
) -> None:
    """Refuse both commands, or neither, and a number of ranks that is surely meant and not that of the workers' slots.

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
    other = other_ranks(started, processes)
    if other is not None and other.surely_meant:
        raise InvalidArgumentError(
            RANKS_FILL_SLOTS.refusal(
                f"{where}: '{argument}' has {other.words}, but the workers have {processes} slots, "
                "'processes_per_node' times 'nodes'",
                slots=processes,
            )
        )


def check_claims(where: str, wanted: WorkerResources) -> None:
    """Refuse devices counted beside a claim that allocates them: each would be given out twice.

    :raises InvalidArgumentError: naming what was counted.
    """
    for field in ("accelerators", "efa_interfaces"):
        count = getattr(wanted, field)
        if count:
            raise InvalidArgumentError(
                DEVICES_BY_ONE_WAY.refusal(
                    f"{where}: '{field}' is {count}, and 'resource_claim_template' allocates devices, too"
                )
            )


def check_launcher_affinity(where: str, launcher: Launcher, overrides: Mapping[str, Any]) -> None:
    """Refuse node affinity that would undo where the launcher goes: Kubernetes takes any one of its terms.

    :raises InvalidArgumentError: the launcher is kept off EFA nodes, and the overrides have terms of their own.
    """
    affinity = (overrides.get("spec") or {}).get("affinity") or {}
    required = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if required and launcher.placement is LauncherPlacement.OTHER_NODE:
        raise InvalidArgumentError(
            f"{where}: 'launcher_overrides' has required node affinity, but LauncherPlacement.OTHER_NODE keeps the "
            "launcher off EFA nodes by a term of it, and Kubernetes takes any one term: use 'nodeSelector' there"
        )


def check_allocation(where: str, worker_template: Mapping[str, Any]) -> None:
    """Refuse a worker whose claim allocates its devices, and that asks device plugins for some after overrides.

    :raises InvalidArgumentError: it asks device plugins, too.
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
            DEVICES_BY_ONE_WAY.refusal(
                f"{where}: the workers have resource claims, and ask device plugins for {', '.join(sorted(asked))}, too"
            )
        )


def check_names(namespace: str, parts: PodParts) -> None:
    """Refuse names, labels and tolerations that the API server would refuse.

    :raises InvalidArgumentError: naming the argument.
    """
    check_label_name("namespace", namespace)
    if parts.service_account is not None:
        check_subdomain_name("service_account", parts.service_account)
    if parts.resource_claim_template is not None:
        check_subdomain_name("resource_claim_template", parts.resource_claim_template)
    for path, volume in parts.volumes.items():
        check_label_name(f"volumes[{path}].name", volume.name)
    check_labels("pod_labels", parts.labels)
    check_keys("pod_annotations", parts.annotations)
    check_labels("node_selector", parts.node_selector)
    check_tolerations(parts.tolerations)


def check_queueing(
    where: str, kueue: Kueue | None, gang_scheduling: GangScheduling | None, annotations: Mapping[str, str]
) -> None:
    """Refuse names that Kueue would not find, two schedulers of gangs, and topologies asked for launcher and workers.

    :raises InvalidArgumentError: naming the argument.
    """
    if kueue is not None:
        for argument, name in (("kueue.queue", kueue.queue), ("kueue.priority_class", kueue.priority_class)):
            if name is not None:
                # Both are values of labels.
                check_subdomain_name(argument, name, longest=_LONGEST_LABEL_VALUE)
        check_keys("kueue.topology", [] if kueue.topology is None else [kueue.topology])
        if gang_scheduling is not None:
            raise InvalidArgumentError(
                KUEUE_OR_GANGS.refusal(
                    f"{where}: 'kueue' and 'gang_scheduling' are both given, which do not go together",
                    "Kueue admits a job as a whole already; use one of them",
                )
            )
    for key in annotations:
        if key.startswith(_PODSET_ANNOTATIONS):
            raise InvalidArgumentError(
                f"{where}: 'pod_annotations' has '{key}', which would bind the launcher like the workers: use "
                "Kueue(queue=..., topology=...), or 'worker_overrides'"
            )


def check_scheduler(where: str, gang_scheduling: GangScheduling | None, pods: FinishedPods) -> None:
    """Refuse a scheduler of the pods' own beside that of the gang, by which the operator replaces it.

    :raises InvalidArgumentError: naming the pod.
    """
    if gang_scheduling is None:
        return
    for argument, template in (("worker_overrides", pods.worker), ("launcher_overrides", pods.launcher)):
        name = template["spec"].get("schedulerName")
        if name is not None:
            raise InvalidArgumentError(
                GANGS_HAVE_ONE_SCHEDULER.refusal(
                    f"{where}: '{argument}' has 'spec.schedulerName' {name!r}, but with 'gang_scheduling' the operator "
                    "sets that of the gang",
                    "leave one of them out",
                )
            )


def check_environment(
    where: str,
    own_variables: Mapping[str, str],
    environment: Mapping[str, object],
    base_environment: Mapping[str, object],
) -> None:
    """Refuse variables without a proper name, and those that are the operator's, or the job's own.

    :param own_variables: What the job sets for its MPI to find the workers.
    :raises InvalidArgumentError: naming the variable.
    """
    for argument, variables in (("environment", environment), ("base_environment", base_environment)):
        check_variable_names(argument, variables)
        for problem in (*operators_variables(variables), *other_values(variables, own_variables)):
            raise InvalidArgumentError(f"{where}: '{argument}' {problem}")


def check_pods_labels(where: str, labels: Mapping[str, str]) -> None:
    """Refuse labels of the pods that are the operator's, or Kueue's.

    :raises InvalidArgumentError: naming the label.
    """
    for problem in operators_labels(labels):
        raise InvalidArgumentError(f"{where}: 'pod_labels' {problem}")


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
                POD_TEMPLATES_ARE_SOUND.cited(
                    f"{where}: 'volumes' has the paths {paths[normal_path(path)]!r} and {path!r}, which are the same: "
                    "leave one out"
                )
            )
        if seen.setdefault(volume.name, volume) != volume:
            raise InvalidArgumentError(
                POD_TEMPLATES_ARE_SOUND.cited(
                    f"{where}: 'volumes' has two volumes of the name '{volume.name}': give each a name of its own"
                )
            )
        host_path = volume.host_path.path if volume.host_path is not None else ""
        for problem in (
            *_shared_memory(volume.name, path),
            *operators_volume(volume.name, path, ssh_auth_mount_path),
            *infiniband(volume.name, host_path),
        ):
            raise InvalidArgumentError(f"{where}: 'volumes' {problem}")


def _check_ssh_path(where: str, path: str) -> None:
    if not path.startswith("/") or normal_path(path) in ("", CONFIG_PATH, SHARED_MEMORY_PATH):
        raise InvalidArgumentError(
            f"{where}: 'ssh_auth_mount_path' is {path!r}: use an absolute path, such as '{SSH_PATH}', but neither the "
            f"root nor {CONFIG_PATH} nor {SHARED_MEMORY_PATH}, which are taken"
        )


def _shared_memory(name: str, path: str) -> Iterator[str]:
    if name == SHARED_MEMORY_VOLUME or normal_path(path) == SHARED_MEMORY_PATH:
        yield (
            f"has the volume '{name}' at {path}, but the workers have a volume '{SHARED_MEMORY_VOLUME}' at "
            f"{SHARED_MEMORY_PATH} already: choose another name and path, or set its size by "
            "WorkerResources(shared_memory=...)"
        )
