"""Checks of what jobs say of their pods, and the MPI Operator sets itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...pods.known_programs import JOB_NAME_LABEL, JOB_ROLE_LABEL, OPERATOR_LABELS
from ...pods.operators_own import (
    CONFIG_PATH,
    CONFIG_VOLUME,
    RESTART_POLICIES,
    ROLE_VARIABLE,
    SSH_PATH,
    SSH_VOLUME,
    VARIABLES,
    taken_by_operator,
)
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about_pods
from ..jobs import pods_of_operator
from ..pod_templates import PodTemplate
from ..shapes import as_mapping, as_mappings, at_path
from ..values import is_known, known_text

__all__ = ["OPERATORS_OWN_CHECKS"]


def _taken_volumes(blueprint: Blueprint) -> Iterator[Violation]:
    for _, template in pods_of_operator(blueprint):
        names, paths = [SSH_VOLUME], [known_text(_of_job(template, "sshAuthMountPath", SSH_PATH)) or ""]
        if template.role == "launcher":
            names.append(CONFIG_VOLUME)
            paths.append(CONFIG_PATH)
        # The operator mounts its volumes into the first alone.
        mounts = as_mappings(template.spec["containers"][0].get("volumeMounts"))
        volumes = as_mappings(template.spec.get("volumes"))
        for name, path in (
            *((str(volume.get("name")), "") for volume in volumes),
            *(("", known_text(mount.get("mountPath")) or "") for mount in mounts),
        ):
            for taken in taken_by_operator(name, path, names=names, paths=paths):
                yield about_pods(template, problem=taken.problem, what=taken.what)


def _overwritten(blueprint: Blueprint) -> Iterator[Violation]:
    for _, template in pods_of_operator(blueprint):
        for field in ("hostname", "subdomain"):
            value = template.spec.get(field)
            if value and is_known(value):
                yield about_pods(template, what=f"the {field} {value!r}", instead="")
        yield from _other_restart_policy(template)
        yield from _other_labels(template)
        yield from _overwritten_variables(template)


def _other_restart_policy(template: PodTemplate) -> Iterator[Violation]:
    role, policy = template.role.capitalize(), template.spec.get("restartPolicy")
    set_by_job = at_path(_of_job(template, "mpiReplicaSpecs", {}), role, "restartPolicy")
    set_by_operator = set_by_job or RESTART_POLICIES.get(template.role)
    if policy and is_known([policy, set_by_operator]) and policy != set_by_operator:
        yield about_pods(
            template,
            what=f"the restartPolicy {policy!r} in its pod template",
            instead=f", and set mpiReplicaSpecs.{role}.restartPolicy",
        )


def _other_labels(template: PodTemplate) -> Iterator[Violation]:
    own = {
        f"{OPERATOR_LABELS}operator-name": "mpi-operator",
        JOB_NAME_LABEL: template.of.object_name,
        JOB_ROLE_LABEL: template.role,
    }
    for label, set_by_operator in own.items():
        value = template.labels.get(label)
        if value is not None and is_known([value, set_by_operator]) and value != set_by_operator:
            yield about_pods(template, what=f"the label {label} {value!r}", instead="")


def _overwritten_variables(template: PodTemplate) -> Iterator[Violation]:
    names = [ROLE_VARIABLE]
    if template.role == "launcher":
        names.extend(VARIABLES.get(str(_of_job(template, "mpiImplementation", "OpenMPI")), ()))
    # The operator sets them in the first alone.
    for variable in as_mappings(template.spec["containers"][0].get("env")):
        if variable.get("name") in names:
            yield about_pods(template, what=f"the variable {variable['name']}", instead="")


def _of_job(template: PodTemplate, field: str, default: Any) -> Any:
    specification: Mapping[str, Any] = as_mapping(template.of.content.get("spec"))
    value = specification.get(field)
    return default if value is None else value


OPERATORS_OWN_CHECKS = (
    Check(rule=rules.OPERATOR_HAS_ITS_VOLUMES, violations=_taken_volumes),
    Check(rule=rules.OPERATOR_SETS_ITS_OWN, violations=_overwritten),
)
