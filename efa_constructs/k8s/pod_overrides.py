"""Further fields of an MPI job's pods, in Kubernetes' own names, on top of what the job writes.

What the MPI Operator writes itself is refused: it would be overwritten, or there would be two of it.
Source: https://github.com/kubeflow/mpi-operator, pkg/controller/mpi_job_controller.go, v0.8.2
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from ..errors import InvalidArgumentError
from ..pods.known_programs import OPERATOR_LABELS
from ..pods.operators_own import (
    CONFIG_PATH,
    CONFIG_VOLUME,
    ROLE_VARIABLE,
    SSH_VOLUME,
    VARIABLES,
    taken_by_operator,
)
from ..pods.pod_refusals import normal_path
from ..pods.pod_template import merge, mismatches, one_of_conflicts, schema, useless_removals, without_removals
from ..pods.requests import is_never_overcommitted
from ..rules.jobs import (
    DEVICES_COME_FROM_PLUGINS,
    KUEUE_READS_WHAT_IT_IS_TOLD,
    MPI_CONTAINER_IS_FIRST,
    OPERATOR_HAS_ITS_VOLUMES,
    OPERATOR_SETS_ITS_OWN,
)
from ..rules.manifests import POD_TEMPLATES_ARE_SOUND
from .override_names import check_names_of

__all__ = [
    "Overrides",
    "infiniband",
    "merged",
    "operators_labels",
    "operators_variables",
    "operators_volume",
    "other_values",
]

# A part of a pod template: {"metadata": {...}, "spec": {...}}. None removes a field.
Overrides = Mapping[str, Any]

_OPERATOR_VARIABLES = frozenset({ROLE_VARIABLE}.union(*VARIABLES.values()))
# Fields of the pod that the operator sets, and what to use in their place.
_OPERATOR_FIELDS = {
    "hostname": "the operator names each pod, and the hostfile depends on it: leave it out",
    "subdomain": "the operator's Service depends on it: leave it out",
    "restartPolicy": "the operator overrides it, and warns: use the restart policies of RunPolicy",
}


def merged(
    template: Mapping[str, Any],
    overrides: Overrides,
    *,
    argument: str,
    container: str,
    ssh_auth_mount_path: str,
    own_variables: Mapping[str, str],
) -> dict[str, Any]:
    """Put overrides on a pod template, as :func:`~efa_constructs.pods.pod_template.merge` says.

    :param argument: Where the overrides were given, for messages.
    :param container: The name of the MPI container.
    :param own_variables: What the job sets for its MPI to find the workers.
    :raises InvalidArgumentError: a field does not exist, is of another kind, is the operator's or the job's own, would
        be removed and is not there, or has a name that the API server would refuse.
    """
    # First, and alone: what follows relies on the kinds.
    for mismatch in mismatches(overrides, schema()):
        raise InvalidArgumentError(POD_TEMPLATES_ARE_SOUND.cited(f"'{argument}' {mismatch}"))
    for problem in chain(
        useless_removals(overrides, template, schema()),
        _problems(overrides, container, ssh_auth_mount_path, own_variables),
    ):
        raise InvalidArgumentError(f"'{argument}' {problem}")
    check_names_of(argument, without_removals(overrides))
    result: dict[str, Any] = merge(template, _with_what_follows(overrides), schema())
    return result


def _with_what_follows(overrides: Overrides) -> Overrides:
    """The overrides, with what Kubernetes wants of containers beside it."""
    spec = overrides.get("spec", {})
    if not spec.get("containers"):
        return overrides
    containers = [_with_escalation(_with_requests_of_limits(one)) for one in spec["containers"]]
    return {**overrides, "spec": {**spec, "containers": containers}}


def _with_escalation(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """A privileged container may gain privileges: Kubernetes refuses one that the job's own setting keeps from it."""
    context = container.get("securityContext") or {}
    added = (context.get("capabilities") or {}).get("add") or ()
    if not context.get("privileged") and "CAP_SYS_ADMIN" not in added:
        return container
    return {**container, "securityContext": {"allowPrivilegeEscalation": True, **context}}


def _with_requests_of_limits(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """A limit of what Kubernetes does not overcommit is also the request."""
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    same = {name: limit for name, limit in limits.items() if is_never_overcommitted(name)}
    if not same:
        return container
    return {**container, "resources": {**resources, "requests": {**same, **requests}}}


def _problems(
    overrides: Overrides, container: str, ssh_auth_mount_path: str, own_variables: Mapping[str, str]
) -> Iterator[str]:
    stays = without_removals(overrides)
    yield from one_of_conflicts(stays, schema())
    metadata, spec = stays.get("metadata", {}), stays.get("spec", {})
    yield from _operators_own(metadata, spec)
    containers = spec.get("containers", [])
    yield from _order_of_containers(containers, container)
    for index, one in enumerate(containers):
        if one.get("name") == container:
            where = f"spec.containers[{index}]"
            yield from _jobs_arguments(where, overrides["spec"]["containers"][index])
            yield from _about_the_mpi_container(one, ssh_auth_mount_path, own_variables)


def _operators_own(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
    for name in metadata:
        if name not in ("annotations", "labels"):
            yield f"has 'metadata.{name}', but the operator makes the pods, and names them: leave it out"
    for name, instead in _OPERATOR_FIELDS.items():
        if name in spec:
            yield OPERATOR_SETS_ITS_OWN.cited(f"has 'spec.{name}' {spec[name]!r}: {instead}")
    yield from operators_labels(metadata.get("labels", {}))
    for volume in spec.get("volumes", []):
        yield from operators_volume(volume.get("name", ""), "", "")
        yield from infiniband(volume.get("name", ""), volume.get("hostPath", {}).get("path", ""))


def operators_labels(labels: Iterable[str]) -> Iterator[str]:
    """What is wrong with labels of pods, because the operator sets them, or because they do nothing there."""
    for label in labels:
        if label.startswith(OPERATOR_LABELS):
            yield OPERATOR_SETS_ITS_OWN.refusal(
                f"has the label '{label}', by which the operator finds its pods", what="it", instead=""
            )
        if label.startswith("kueue.x-k8s.io/"):
            yield KUEUE_READS_WHAT_IT_IS_TOLD.refusal(
                f"has the label '{label}', which Kueue reads on the MPIJob, not on its pods", "use Kueue(queue=...)"
            )


def operators_variables(names: Iterable[str]) -> Iterator[str]:
    """What is wrong with variables, because the operator sets them too."""
    for name in names:
        if name in _OPERATOR_VARIABLES:
            yield OPERATOR_SETS_ITS_OWN.refusal(f"sets {name}, which the operator sets too", what="it", instead="")


def other_values(variables: Mapping[str, object], own: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with variables, because the job sets them to something else."""
    for name, value in own.items():
        if name in variables and variables[name] != value:
            yield (
                f"sets {name} to {variables[name]!r}, but Open MPI 5 needs {value!r} to find the workers, which the "
                "job sets: leave it out"
            )


def operators_volume(name: str, mount_path: str, ssh_auth_mount_path: str) -> Iterator[str]:
    """What is wrong with a volume, or with a mount of it, because the operator has one there."""
    for taken in taken_by_operator(
        name, mount_path, names=(SSH_VOLUME, CONFIG_VOLUME), paths=(CONFIG_PATH, ssh_auth_mount_path)
    ):
        yield OPERATOR_HAS_ITS_VOLUMES.refusal(taken.problem, what=taken.what)


def infiniband(volume: str, host_path: str) -> Iterator[str]:
    """What is wrong with mounting the devices of the host. https://github.com/aws-samples/aws-do-eks/issues/63"""
    if f"{normal_path(host_path)}/".startswith("/dev/infiniband/") or normal_path(host_path) == "/dev":
        yield DEVICES_COME_FROM_PLUGINS.refusal(
            f"mounts {host_path} of the host, which shows the job devices that are not EFAs, and libfabric then uses "
            "none",
            volume=volume,
        )


def _order_of_containers(containers: Sequence[Mapping[str, Any]], container: str) -> Iterator[str]:
    names = [one.get("name") for one in containers]
    if container in names[1:]:
        yield MPI_CONTAINER_IS_FIRST.refusal(
            f"lists the container '{names[0]}' before '{container}', but the operator sets up SSH in the first only",
            f"list '{container}' first",
        )


def _jobs_arguments(where: str, container: Mapping[str, Any]) -> Iterator[str]:
    for name in ("image", "command", "args"):
        if name in container:
            yield f"has '{where}.{name}': use the job's own arguments for it"
    # mpirun hands the job's variables on by their names, and Open MPI 5 finds the workers by some of them.
    if container.get("env", ()) is None:
        yield f"removes '{where}.env': set 'base_environment' and 'environment' instead"


def _about_the_mpi_container(
    container: Mapping[str, Any], ssh_auth_mount_path: str, own_variables: Mapping[str, str]
) -> Iterator[str]:
    variables = {variable["name"]: variable.get("value") for variable in container.get("env", [])}
    yield from operators_variables(variables)
    yield from other_values(variables, own_variables)
    for mount in container.get("volumeMounts", []):
        yield from operators_volume(mount.get("name", ""), mount.get("mountPath", ""), ssh_auth_mount_path)
