"""Further fields of an MPI job's pods, in Kubernetes' own names, on top of what the job writes.

What the MPI Operator writes itself is refused: it would be overwritten, or there would be two of it.
Source: https://github.com/kubeflow/mpi-operator, pkg/controller/mpi_job_controller.go, v0.8.2
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from cdk8s_plus_27 import k8s

from ..catalogue.nearest import nearest
from ..errors import InvalidArgumentError

__all__ = ["Overrides", "infiniband", "merged", "operators_labels", "operators_variables", "operators_volume"]

# A part of a pod template: {"metadata": {...}, "spec": {...}}.
Overrides = Mapping[str, Any]

_OPERATOR_LABELS = "training.kubeflow.org/"
_OPERATOR_VOLUMES = frozenset({"mpi-job-config", "ssh-auth"})
_OPERATOR_VARIABLES = (
    "K_MPI_JOB_ROLE",
    "OMPI_MCA_orte_keep_fqdn_hostnames",
    "OMPI_MCA_orte_default_hostfile",
    "OMPI_MCA_orte_set_default_slots",
    "OMPI_MCA_plm_rsh_args",
    "I_MPI_HYDRA_HOST_FILE",
    "I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS",
    "I_MPI_PERHOST",
    "HYDRA_HOST_FILE",
    "HYDRA_LAUNCH_EXTRA_ARGS",
)
_CONFIG_PATH = "/etc/mpi"
# Fields of the pod that the operator sets, and what to use in their place.
_OPERATOR_FIELDS = {
    "hostname": "the operator names each pod, and the hostfile depends on it: leave it out",
    "subdomain": "the operator's Service depends on it: leave it out",
    "restartPolicy": "the operator overrides it, and warns: use the restart policies of RunPolicy",
}
# What the API writes in capitals: hostIPC, hostPID, setHostnameAsFQDN.
_CAPITALS = frozenset({"fqdn", "ipc", "pid"})
# Newer than the Kubernetes of the typed classes, from whose arguments the other names are taken.
_NEWER_FIELDS = frozenset({"hostnameOverride", "resources"})


def merged(
    template: Mapping[str, Any],
    overrides: Overrides,
    *,
    argument: str,
    container: str,
    ssh_auth_mount_path: str,
) -> dict[str, Any]:
    """Put overrides on a pod template: maps are merged, named entries of lists too, other entries are added.

    :param argument: Where the overrides were given, for messages.
    :param container: The name of the MPI container.
    :raises InvalidArgumentError: a field does not exist, or is the operator's.
    """
    for problem in _problems(overrides, container, ssh_auth_mount_path):
        raise InvalidArgumentError(f"'{argument}' {problem}")
    result = _merge(template, overrides)
    assert isinstance(result, dict)
    return result


def _problems(overrides: Overrides, container: str, ssh_auth_mount_path: str) -> Iterator[str]:
    spec = overrides.get("spec", {})
    containers = spec.get("containers", [])
    yield from _unknown_names("", overrides, frozenset({"metadata", "spec"}))
    yield from _unknown_names("metadata.", overrides.get("metadata", {}), frozenset({"annotations", "labels"}))
    yield from _unknown_names("spec.", spec, _field_names(k8s.PodSpec) | _NEWER_FIELDS)
    for index, one in enumerate(containers):
        yield from _unknown_names(f"spec.containers[{index}].", one, _field_names(k8s.Container) | {"restartPolicy"})
    yield from _operators_own(overrides.get("metadata", {}), spec)
    yield from _order_of_containers(containers, container)
    for index, one in enumerate(containers):
        if one.get("name") == container:
            yield from _about_the_mpi_container(f"spec.containers[{index}]", one, ssh_auth_mount_path)


def _unknown_names(where: str, given: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    for name in given:
        if name not in known:
            meant = nearest(name.replace("_", ""), known, most=1)
            hint = f"; did you mean '{meant[0]}'?" if meant else f"; known are {', '.join(sorted(known))}"
            yield f"has '{where}{name}', which no pod has, and Kubernetes would drop it silently{hint}"


@cache
def _field_names(struct: Callable[..., object]) -> frozenset[str]:
    """The JSON names of the fields of one of the typed classes."""
    parameters = list(inspect.signature(struct).parameters)
    return frozenset(_camel_case(name) for name in parameters)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.upper() if word in _CAPITALS else word.capitalize() for word in others)


def _operators_own(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
    for name, instead in _OPERATOR_FIELDS.items():
        if name in spec:
            yield f"has 'spec.{name}' {spec[name]!r}: {instead}"
    yield from operators_labels(metadata.get("labels", {}))
    for volume in spec.get("volumes", []):
        yield from operators_volume(volume.get("name", ""), "", "")
        yield from infiniband(str(volume.get("hostPath", {}).get("path", "")))


def operators_labels(labels: Iterable[str]) -> Iterator[str]:
    """What is wrong with labels of pods, because the operator sets them, or because they do nothing there."""
    for label in labels:
        if label.startswith(_OPERATOR_LABELS):
            yield f"has the label '{label}', by which the operator finds its pods: leave it out"
        if label.startswith("kueue.x-k8s.io/"):
            yield f"has the label '{label}', which Kueue reads on the MPIJob, not on its pods: use Kueue(queue=...)"


def operators_variables(names: Iterable[str]) -> Iterator[str]:
    """What is wrong with variables, because the operator sets them too."""
    for name in names:
        if name in _OPERATOR_VARIABLES:
            yield f"sets {name}, which the operator sets too: leave it out"


def operators_volume(name: str, mount_path: str, ssh_auth_mount_path: str) -> Iterator[str]:
    """What is wrong with a volume, or with a mount of it, because the operator has one there."""
    if name in _OPERATOR_VOLUMES:
        yield f"has a volume '{name}', a name that the operator uses: choose another"
    path = mount_path.rstrip("/")
    if path and path in {_CONFIG_PATH, ssh_auth_mount_path.rstrip("/")}:
        yield f"mounts a volume at {path}, where the operator mounts its own: choose another path"


def infiniband(host_path: str) -> Iterator[str]:
    """What is wrong with mounting the devices of the host. https://github.com/aws-samples/aws-do-eks/issues/63"""
    if host_path.startswith("/dev/infiniband"):
        yield (
            "mounts /dev/infiniband of the host, which shows the job devices that are not EFAs, and libfabric then "
            "uses none: leave it out, the EFA device plugin brings the devices"
        )


def _order_of_containers(containers: Sequence[Mapping[str, Any]], container: str) -> Iterator[str]:
    names = [one.get("name") for one in containers]
    if container in names[1:]:
        yield (
            f"lists the container '{names[0]}' before '{container}', but the operator sets up SSH in the first one "
            f"only: list '{container}' first"
        )


def _about_the_mpi_container(where: str, container: Mapping[str, Any], ssh_auth_mount_path: str) -> Iterator[str]:
    for name in ("image", "command", "args"):
        if name in container:
            yield f"has '{where}.{name}': use the job's own arguments for it"
    yield from operators_variables(variable.get("name", "") for variable in container.get("env", []))
    for mount in container.get("volumeMounts", []):
        yield from operators_volume(str(mount.get("name", "")), str(mount.get("mountPath", "")), ssh_auth_mount_path)


def _merge(base: Any, over: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        both = dict(base)
        for name, value in over.items():
            both[name] = _merge(base[name], value) if name in base else value
        return both
    if isinstance(base, Sequence) and isinstance(over, Sequence) and not isinstance(base, str):
        return _merge_lists(base, over)
    return over


def _merge_lists(base: Sequence[Any], over: Sequence[Any]) -> list[Any]:
    result = list(base)
    places = {_key(one): index for index, one in enumerate(base)}
    for one in over:
        key = _key(one)
        if key is not None and key in places:
            result[places[key]] = _merge(result[places[key]], one)
        else:
            result.append(one)
    return result


def _key(entry: Any) -> str | None:
    """What Kubernetes tells the entries of a list apart by: mounts have the name of a volume, which may recur."""
    if not isinstance(entry, Mapping):
        return None
    key = entry.get("mountPath") or entry.get("name")
    return None if key is None else str(key)
