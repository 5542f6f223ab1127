"""What is wrong with MPIJobs themselves: who schedules them, their launcher, their end."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...pods.known_programs import KUEUE_QUEUE_LABEL, KnownProgram
from ...rules import Rule
from ...rules.jobs import EFA_PODS_LOCK_MEMORY, RANKS_FILL_SLOTS, SCHEDULER_IS_THERE, WAITING_DOES_NOT_BLOCK_GANGS
from ...rules.security_groups import EFA_DOES_NOT_PASS, LET_EFA_PASS
from ..finding import Level
from ..snapshot import KubernetesObject, condition
from .cause import Cause, Owner, listed
from .cluster_objects import ClusterObjects, name_of
from .last_words import (
    BAD_SSH_FILES,
    NO_MEMORY_TO_LOCK,
    NO_SLOTS,
    NO_SSHD,
    SSH_REFUSED,
    UNREACHED,
    UNRESOLVED,
    said_at_the_end,
)
from .mpi_operator_causes import gang_scheduler
from .unplaced_pods import Unplaced

__all__ = ["REMEDIES", "about_ends", "about_jobs", "about_schedulers"]

_DEFAULT_SCHEDULER = "default-scheduler"
_WAIT = (
    "let the launcher wait for its workers (launcherCreationPolicy: WaitForWorkersReady), "
    "and see why they are not Ready"
)
_RESOLVE = "see why the workers are not Ready, and whether the job's Service is there"
_UNRESOLVED = "workers-do-not-resolve"
_SSH = "ssh-refused"
_SSH_FIX = (
    "set 'StrictModes no' in the sshd_config of the image, for the operator mounts keys into ~/.ssh as links, and "
    "leave 'fsGroup' out of the pods' securityContext, which lets a group read the private key"
)
# What a launcher says, and what is to be done about it. The first that fits.
REMEDIES = (
    (BAD_SSH_FILES, _SSH, _SSH_FIX),
    (SSH_REFUSED, _SSH, _SSH_FIX),
    (
        NO_SSHD,
        "no-sshd",
        "let the workers run '/usr/sbin/sshd -De', with a readinessProbe on its port, and the launcher wait for them "
        "(launcherCreationPolicy: WaitForWorkersReady)",
    ),
    (
        NO_MEMORY_TO_LOCK,
        "memory-not-locked",
        "add IPC_LOCK to securityContext.capabilities of the workers, or raise the limit of locked memory of the "
        "container runtime",
    ),
    (
        UNREACHED,
        "efa-does-not-reach",
        LET_EFA_PASS,
    ),
    (
        NO_SLOTS,
        "not-enough-slots",
        "let mpirun start no more ranks than slotsPerWorker times the workers; Open MPI 5 needs the operator's "
        "hostfile by another name, too: set PRTE_MCA_prte_default_hostfile to /etc/mpi/hostfile in the launcher",
    ),
)

# Those of which templates with the same mistake break a rule.
_RULES: dict[str, Rule] = {
    "memory-not-locked": EFA_PODS_LOCK_MEMORY,
    "efa-does-not-reach": EFA_DOES_NOT_PASS,
    "not-enough-slots": RANKS_FILL_SLOTS,
}


def about_schedulers(objects: ClusterObjects, unplaced: Collection[Unplaced]) -> Iterator[Cause]:
    """Find pods for which there is no scheduler, and gangs that could never start."""
    operators = [deployment for _, deployment in objects.programs(KnownProgram.MPI_OPERATOR)]
    gang = gang_scheduler(operators)
    deadlocked = [job for job, item in objects.mpi_jobs.items() if gang and _waits_for_the_whole_gang(item)]
    for job in deadlocked:
        yield Cause(
            code="gang-scheduling-deadlock",
            problem=f"{job} could never start: its launcherCreationPolicy is WaitForWorkersReady, so the launcher "
            f"comes after the workers, and the operator's --gang-scheduling={gang} places no worker before the "
            "launcher is there, for minMember of the PodGroup counts it",
            fix=WAITING_DOES_NOT_BLOCK_GANGS.mend(),
            rule=WAITING_DOES_NOT_BLOCK_GANGS,
            explains=(job,),
        )
    for name, owners in _unscheduled(unplaced).items():
        yield Cause(
            code="scheduler-missing",
            problem=f"no scheduler is called '{name}', which the pods of {listed(owners)} ask for",
            fix=f"install {name} and its CustomResourceDefinitions"
            + (", or take --gang-scheduling from the operator's arguments" if gang else ""),
            rule=SCHEDULER_IS_THERE,
            sufferers=tuple(owners),
        )


def about_jobs(objects: ClusterObjects, explained: Collection[Owner]) -> Iterator[Cause]:
    """Find jobs that are suspended, failed, or do not run though nothing else says why.

    :param explained: What other causes say why it does not run.
    """
    for job, item in objects.mpi_jobs.items():
        if (item["spec"].get("runPolicy") or {}).get("suspend"):
            yield _suspended(objects, job, item)
        elif job not in explained:
            yield from _about_its_start(objects, job, item)


def about_ends(running: ClusterObjects, ended: ClusterObjects, explained: Collection[Owner]) -> Iterator[Cause]:
    """Find jobs that ran, and whose end the operator did not tell.

    :param explained: What other causes say why it does not succeed.
    """
    for job, item in running.mpi_jobs.items():
        later = ended.mpi_jobs.get(job)
        if not condition(item, "Running") or job in explained or later is None or condition(later, "Succeeded"):
            continue
        launchers = [str(pod["status"].get("phase")) for pod in ended.launchers(job)]
        failed = _failure_of(later) or f"its launcher did not complete ({listed(launchers or ['it is gone'])})"
        if "Succeeded" in launchers:
            yield Cause(
                code="mpi-job-not-succeeded",
                problem=f"{job} ran and its launcher completed, and its conditions do not say that it succeeded: "
                f"{_conditions(later)}",
                fix="see the operator's log: the operator did not write the job's status",
            )
        else:
            yield Cause(
                code="mpi-job-failed",
                problem=f"{job} ran, and then: {failed}",
                fix="see the log of its launcher",
            )


def _about_its_start(objects: ClusterObjects, job: Owner, item: KubernetesObject) -> Iterator[Cause]:
    if condition(item, "Succeeded") or _goes_on(objects, job, item):
        return
    lost = _launcher_failure(objects, job, item)
    if lost is not None:
        yield lost
    elif condition(item, "Failed"):
        yield Cause(
            code="mpi-job-failed", problem=f"{job} failed: {_failure_of(item)}", fix="see the log of its launcher"
        )
    elif not condition(item, "Running"):
        yield from _stuck(objects, job, item)


def _goes_on(objects: ClusterObjects, job: Owner, item: KubernetesObject) -> bool:
    """Whether its newest launcher runs, whatever became of those before, and the operator says that the job does."""
    statuses = [
        status for pod in objects.launchers(job)[-1:] for status in pod["status"].get("containerStatuses") or ()
    ]
    return condition(item, "Running") and any((status.get("state") or {}).get("running") for status in statuses)


def _launcher_failure(objects: ClusterObjects, job: Owner, item: KubernetesObject) -> Cause | None:
    # Those of the newest that has any.
    words = [words for pod in reversed(objects.launchers(job)) for words in said_at_the_end(objects.snapshot, pod)]
    if not words:
        return None
    code, fix = _remedy(objects, job, item, words[0])
    return Cause(
        code=code,
        problem=f'the launcher of {job} failed: "{words[0]}" ({_states(objects, job)})',
        fix=fix,
        rule=_RULES.get(code),
    )


def _remedy(objects: ClusterObjects, job: Owner, item: KubernetesObject, words: str) -> tuple[str, str]:
    """The code and the fix of what a launcher said."""
    if UNRESOLVED.search(words):
        silent = _silent_dns(objects)
        if silent is not None:
            return _UNRESOLVED, f"let {silent} run, which answers for the names of pods: none of its pods is Ready"
        early = item["spec"].get("launcherCreationPolicy", "AtStartup") == "AtStartup"
        return _UNRESOLVED, _WAIT if early else _RESOLVE
    for pattern, code, fix in REMEDIES:
        if pattern.search(words):
            said = _said_by_workers(objects, job) if code == _SSH else ""
            return code, fix + (f' (a worker says "{said}")' if said else "")
    return "launcher-failed", "mend what the launcher says"


def _silent_dns(objects: ClusterObjects) -> Owner | None:
    """The cluster's DNS server, if none of its pods answers."""
    for deployment in objects.snapshot.deployments:
        # https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/: whatever it is.
        is_dns = (deployment["metadata"].get("labels") or {}).get("k8s-app") == "kube-dns"
        if is_dns and not deployment["status"].get("readyReplicas"):
            return name_of("Deployment", deployment)
    return None


def _said_by_workers(objects: ClusterObjects, job: Owner) -> str:
    lines = (line for pod in objects.workers(job) for line in objects.snapshot.logs.get(pod["metadata"]["uid"], ()))
    return next((line.strip() for line in lines if BAD_SSH_FILES.search(line)), "")


def _stuck(objects: ClusterObjects, job: Owner, item: KubernetesObject) -> Iterator[Cause]:
    invalid = objects.events([job], "ValidationError")
    created = objects.events([job], "FailedCreate")
    if invalid:
        yield Cause(
            code="mpi-job-invalid",
            problem=f'the MPI Operator does not take {job}: "{invalid[0]}"',
            fix="mend the field that it names",
        )
    elif created:
        yield Cause(
            code="pods-not-created",
            problem=f'the pods of {job} could not be created: "{created[0]}"',
            fix="mend what the API server names",
        )
    elif not condition(item, "Created"):
        yield Cause(
            code="mpi-job-not-seen",
            problem=f"no operator has begun to work on {job}: it has no condition",
            fix="see the log of the MPI Operator",
        )
    else:
        yield Cause(
            code="mpi-job-not-running",
            problem=f"{job} does not run: {_conditions(item)}; {_states(objects, job)}",
            fix="see the events of its pods",
        )


def _suspended(objects: ClusterObjects, job: Owner, item: KubernetesObject) -> Cause:
    queue = (item["metadata"].get("labels") or {}).get(KUEUE_QUEUE_LABEL)
    return Cause(
        code="mpi-job-suspended",
        level=Level.WARNING,
        problem=f"{job} is suspended (runPolicy.suspend), so nothing of it was started"
        + (f": Kueue starts it from queue '{queue}'" if queue else ""),
        fix=objects.fix_of_queued(job, queue) if queue else "set runPolicy.suspend to false to start it",
    )


def _waits_for_the_whole_gang(job: KubernetesObject) -> bool:
    spec = job["spec"]
    workers = (spec["mpiReplicaSpecs"].get("Worker") or {}).get("replicas", 1)
    least = ((spec.get("runPolicy") or {}).get("schedulingPolicy") or {}).get("minAvailable")
    return spec.get("launcherCreationPolicy") == "WaitForWorkersReady" and (least is None or least > workers)


def _unscheduled(unplaced: Collection[Unplaced]) -> dict[str, list[Owner]]:
    """The owners of pods that no scheduler has looked at, by the scheduler that they ask for."""
    owners: dict[str, list[Owner]] = {}
    for group in unplaced:
        name = group.pods[0]["spec"].get("schedulerName", _DEFAULT_SCHEDULER)
        if name != _DEFAULT_SCHEDULER and not group.scheduler_words:
            owners.setdefault(name, []).append(group.owner)
    return owners


def _states(objects: ClusterObjects, job: Owner) -> str:
    workers = objects.workers(job)
    if not workers:
        return "it has no workers"
    ready = sum(condition(pod, "Ready") for pod in workers)
    phases = listed(sorted({str(pod["status"].get("phase")) for pod in workers}))
    return f"{ready} of {len(workers)} workers are Ready, their phase is {phases}"


def _failure_of(job: KubernetesObject) -> str:
    for one in (job.get("status") or {}).get("conditions") or ():
        if one["type"] == "Failed" and one["status"] == "True":
            return str(one.get("message") or one.get("reason"))
    return ""


def _conditions(job: KubernetesObject) -> str:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return listed(f"{one['type']} is {one['status']}" for one in conditions) if conditions else "it has no condition"
