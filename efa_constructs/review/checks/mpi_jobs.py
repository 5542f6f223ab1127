"""Checks of MPIJobs: what the MPI Operator makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue import GPU_RESOURCE
from ...pods.host_names import LONGEST_HOST_NAME, is_host_name, worker_host_name
from ...pods.known_programs import PLUGINS
from ...pods.mpi_job_schema import mismatches_of_job
from ...pods.mpirun_ranks import other_ranks, runs_of
from ...pods.requests import amounts, written
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about, about_pods
from ..jobs import each_job, is_of_mpi_operator, pods_of_operator, replicas_of, words_of
from ..shapes import as_mapping
from ..values import is_known, whole_number

__all__ = ["MPI_JOB_CHECKS"]

_SSH_PORT = 22
# By which a script waits, or tries again.
_WAITING = re.compile(r"\b(until|while|for|sleep|ssh|nslookup|getent|wait)\b|\|\|")
# Of sshd: -p 2222, -o Port=2222, -f FILE.
_OTHER_PORT = re.compile(r"\s-(p|f)|\bPort\b")


def _other_ranks(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in each_job(blueprint):
        workers, slots = replicas_of(spec, "Worker"), whole_number(spec.get("slotsPerWorker", 1))
        # A worker without slots is another mistake.
        if workers is None or not slots:
            continue
        # The launcher may be one of the hosts.
        slots *= workers + (spec.get("runLauncherAsWorker") is True)
        for template in cluster.pods:
            if template.of is job and template.role == "launcher":
                first = template.spec["containers"][0]
                command = words_of(first)
                other = other_ranks(command, slots) if is_known(command) else None
                # A script may have several runs: what it says of one is not what it is.
                if other is not None and other.surely_meant:
                    yield about_pods(template, words=other.words, slots=slots)


def _other_slots(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in each_job(blueprint):
        slots = whole_number(spec.get("slotsPerWorker", 1))
        for template in cluster.pods:
            gpus = template.requests.get(GPU_RESOURCE) if template.of is job and template.role == "worker" else None
            if gpus and slots and slots != gpus:
                yield about_pods(template, slots=slots, gpus=written(GPU_RESOURCE, gpus))


def _no_slots(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in each_job(blueprint):
        if whole_number(spec.get("slotsPerWorker")) == 0:
            yield about(job)


def _several_launchers(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in each_job(blueprint):
        replicas = replicas_of(spec, "Launcher")
        if replicas is not None and replicas > 1:
            yield about(job, replicas=replicas)


def _long_names(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in each_job(blueprint):
        workers = replicas_of(spec, "Worker") or 1
        host = worker_host_name(job.object_name, workers - 1)
        if is_known(host) and (len(host) > LONGEST_HOST_NAME or not is_host_name(host)):
            yield about(job, host=host, length=len(host), most=LONGEST_HOST_NAME)


def _left_workers(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in each_job(blueprint):
        policy = as_mapping(spec.get("runPolicy")).get("cleanPodPolicy")
        # kubeflow/mpi-operator, pkg/apis/kubeflow/v2beta1/default.go
        if policy in (None, "None") and is_of_mpi_operator(job):
            yield about(
                job,
                says="sets runPolicy.cleanPodPolicy to None"
                if policy
                else "sets no runPolicy.cleanPodPolicy, and the MPI Operator deletes no pods then",
            )


def _unsound(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, _ in each_job(blueprint):
        if is_of_mpi_operator(job):
            for problem, hint in mismatches_of_job(job.content.get("spec")):
                if is_known(problem):
                    yield about(job, problem=problem, hint=hint)


def _not_first(blueprint: Blueprint) -> Iterator[Violation]:
    for _, template in pods_of_operator(blueprint):
        first, *others = template.spec["containers"]
        work = _starts_ranks if template.role == "launcher" else _asks_for_devices
        for container in others:
            does = work(container)
            if does is not None and work(first) is None:
                yield about_pods(template, first=first.get("name"), container=container.get("name"), does=does)
                break


def _starts_ranks(container: Mapping[str, Any]) -> str | None:
    return "starts mpirun" if runs_of(words_of(container)) else None


def _asks_for_devices(container: Mapping[str, Any]) -> str | None:
    resources = as_mapping(container.get("resources"))
    if not is_known(resources):
        return None
    asked = [name for name, amount in amounts(resources.get("limits")).items() if name in PLUGINS and amount > 0]
    if resources.get("claims"):
        asked.append("resource claims")
    return f"asks for {' and '.join(asked)}" if asked else None


def _on_network_of_nodes(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in pods_of_operator(blueprint):
        if template.role != "worker" or template.spec.get("hostNetwork") is not True:
            continue
        systems = {group.ami_type and group.ami_type.operating_system for group in cluster.groups_for(template)}
        # Its nodes run no sshd of their own.
        if systems != {"BOTTLEROCKET"} and _listens_for_ssh(template.spec["containers"][0]):
            yield about_pods(template)


def _listens_for_ssh(worker: Mapping[str, Any]) -> bool:
    """Whether sshd of a worker listens on its port, as far as the job says: an image may have another."""
    command = " ".join(words_of(worker))
    ports = [port.get("containerPort") for port in worker.get("ports") or ()]
    if not is_known([command, *ports]) or (ports and _SSH_PORT not in ports):
        return False
    return not command or ("sshd" in command and _OTHER_PORT.search(command) is None)


def _deleted_launchers(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in each_job(blueprint):
        if whole_number(as_mapping(spec.get("runPolicy")).get("ttlSecondsAfterFinished")) == 0:
            yield about(job)


def _impatient(blueprint: Blueprint) -> Iterator[Violation]:
    for _, template in pods_of_operator(blueprint):
        spec = as_mapping(template.of.content.get("spec"))
        limit = as_mapping(spec.get("runPolicy")).get("backoffLimit")
        if template.role != "launcher" or spec.get("launcherCreationPolicy") not in (None, "AtStartup"):
            continue
        # What runs before it may wait for the workers.
        if whole_number(limit) == 0 and not template.spec.get("initContainers"):
            words = words_of(template.spec["containers"][0])
            if is_known(words) and runs_of(words) and not _WAITING.search(" ".join(words)):
                yield about(template.of)


MPI_JOB_CHECKS = (
    Check(rule=rules.RANKS_FILL_SLOTS, violations=_other_ranks),
    Check(rule=rules.SLOTS_ARE_ACCELERATORS, violations=_other_slots),
    Check(rule=rules.ONE_LAUNCHER, violations=_several_launchers),
    Check(rule=rules.HOST_NAMES_FIT, violations=_long_names),
    Check(rule=rules.WORKERS_HAVE_SLOTS, violations=_no_slots),
    Check(rule=rules.WORKERS_ARE_CLEANED_UP, violations=_left_workers),
    Check(rule=rules.MPI_JOBS_ARE_SOUND, violations=_unsound),
    Check(rule=rules.MPI_CONTAINER_IS_FIRST, violations=_not_first),
    Check(rule=rules.WORKERS_HAVE_A_NETWORK_OF_THEIR_OWN, violations=_on_network_of_nodes),
    Check(rule=rules.LAUNCHERS_LOG_STAYS, violations=_deleted_launchers),
    Check(rule=rules.LAUNCHERS_TRY_AGAIN, violations=_impatient),
)
