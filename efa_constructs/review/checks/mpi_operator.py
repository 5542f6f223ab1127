"""Checks of the MPI Operator: that it runs where there are jobs, sees them, and may do what they need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...pods.access_rules import Right, allows, granted_rules
from ...pods.image_references import image_reference
from ...pods.known_programs import KnownProgram
from ...pods.mpi_job_schema import API_VERSION, TRAINING_OPERATOR_API_VERSION
from ...rules.manifests import (
    OPERATOR_IS_THERE,
    OPERATOR_MAY_SUSPEND_JOBS,
    OPERATOR_MAY_UPDATE_JOBS,
    OPERATOR_SEES_NAMESPACES,
)
from ..access import ReviewedAccess
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import ReviewedCluster, clusters_of
from ..jobs import words_of
from ..pod_templates import PodTemplate
from ..shapes import as_mappings, at_path
from ..values import is_known

__all__ = ["MPI_OPERATOR_CHECKS"]

# What the operator writes, of what people forget most. https://github.com/kubeflow/mpi-operator, pkg/controller
_OF_EVERY_JOB = (
    ("update", "kubeflow.org", "mpijobs/status"),
    ("create", "batch", "jobs"),
    ("create", "", "pods"),
    ("create", "", "services"),
    ("create", "", "secrets"),
    ("create", "", "configmaps"),
    # Once a worker runs, its name is added to a list.
    ("update", "", "configmaps"),
)
_OF_SOME_JOBS = {
    ("update", "batch", "jobs"): "suspend a job that runs, or resume one",
    ("update", "batch", "jobs/status"): "resume a job that was suspended while its launcher ran",
    ("delete", "", "pods"): "delete the workers of a job that has ended or is suspended",
}
# Which do without "jobs/status": they resume a launcher as it is.
_OLDER_OPERATORS = re.compile(r"v?0\.[0-7](\.\d+)?")


# Of kubeflow/mpi-operator, cmd/mpi-operator/app/options/options.go
_NAMESPACE_FLAG = "namespace"
_NAMESPACE_VARIABLE = "KUBEFLOW_NAMESPACE"


def _no_operator(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        if cluster.surely_lacks(KnownProgram.MPI_OPERATOR):
            for job in cluster.of_kind("MPIJob"):
                managed_by = at_path(job.content, "spec", "runPolicy", "managedBy")
                if managed_by is None and job.content.get("apiVersion") != TRAINING_OPERATOR_API_VERSION:
                    yield about(job)


def _may_not_run_jobs(blueprint: Blueprint) -> Iterator[Violation]:
    for template, account, refused in blueprint.once(_refused_rights):
        if refused in _OF_EVERY_JOB:
            yield about(template.of, account=account, verb=refused[0], resource=_resource(refused))


def _may_not_suspend_jobs(blueprint: Blueprint) -> Iterator[Violation]:
    for template, account, refused in blueprint.once(_refused_rights):
        if refused in _OF_SOME_JOBS and not (refused[2] == "jobs/status" and _is_older(template)):
            use = _OF_SOME_JOBS[refused]
            yield about(template.of, account=account, verb=refused[0], resource=_resource(refused), use=use)


def _refused_rights(blueprint: Blueprint) -> Iterator[tuple[PodTemplate, str, tuple[str, str, str]]]:
    """The operators, their accounts, and each right that such an account lacks: its verb, group and resource."""
    for cluster in clusters_of(blueprint):
        for template in cluster.running(KnownProgram.MPI_OPERATOR):
            account = str(template.spec.get("serviceAccountName") or "default")
            name = f"{template.of.namespace}:{account}"
            access = ReviewedAccess.of(cluster)
            if not access.is_known:
                continue
            # An operator may serve some namespaces only.
            namespaces = (None, *{binding["metadata"]["namespace"] for binding in access.role_bindings})
            granted = [rule for namespace in namespaces for rule in granted_rules(access, name, namespace)]
            if not granted and not _has_account(cluster, template.of.namespace, account):
                # Its account and roles are of elsewhere.
                continue
            for verb, group, resource in (*_OF_EVERY_JOB, *_OF_SOME_JOBS):
                right = Right(account=name, verb=verb, group=group, resource=resource, namespace=None)
                if not any(allows(rule, right) for rule in granted):
                    yield template, f"{template.of.namespace}/{account}", (verb, group, resource)


def _resource(right: tuple[str, str, str]) -> str:
    _, group, resource = right
    return f"{resource}.{group}" if group else resource


def _is_older(operator: PodTemplate) -> bool:
    tags = (image_reference(str(container.get("image"))).tag for container in operator.containers)
    return any(tag is not None and _OLDER_OPERATORS.fullmatch(tag) for tag in tags)


def _has_account(cluster: ReviewedCluster, namespace: str, name: str) -> bool:
    return any((one.namespace, one.object_name) == (namespace, name) for one in cluster.of_kind("ServiceAccount"))


def _does_not_see(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        watched = [_watched(template) for template in cluster.running(KnownProgram.MPI_OPERATOR)]
        if not watched or not all(watched) or not is_known(watched):
            continue
        for job in cluster.of_kind("MPIJob"):
            is_of_operator = job.content.get("apiVersion") == API_VERSION
            if is_of_operator and is_known(job.namespace) and job.namespace not in watched:
                yield about(job, namespace=job.namespace, watched=" and ".join(map(str, watched)))


def _watched(operator: PodTemplate) -> str | None:
    """The one namespace whose jobs an operator sees. None: it sees all of them, or nobody knows."""
    for container in operator.spec["containers"]:
        words = words_of(container)
        for word, value in zip(words, [*words[1:], ""], strict=False):
            flag, equals, given = word.lstrip("-").partition("=")
            if flag == _NAMESPACE_FLAG and word.startswith("-"):
                return (given if equals else value) or None
        for variable in as_mappings(container.get("env")):
            if variable.get("name") == _NAMESPACE_VARIABLE:
                return _value_of(variable, operator) or None
    return None


def _value_of(variable: Mapping[str, Any], pod: PodTemplate) -> str | None:
    if at_path(variable, "valueFrom", "fieldRef", "fieldPath") == "metadata.namespace":
        return pod.of.namespace
    return variable.get("value")


MPI_OPERATOR_CHECKS = (
    Check(rule=OPERATOR_IS_THERE, violations=_no_operator),
    Check(rule=OPERATOR_MAY_UPDATE_JOBS, violations=_may_not_run_jobs),
    Check(rule=OPERATOR_MAY_SUSPEND_JOBS, violations=_may_not_suspend_jobs),
    Check(rule=OPERATOR_SEES_NAMESPACES, violations=_does_not_see),
)
