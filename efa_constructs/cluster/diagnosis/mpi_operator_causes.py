"""Why MPIJobs are not started: the operator is not there, does not run, may not, or looks elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from ...pods.access_rules import Right, bound_cluster_role, is_granted
from ...pods.known_programs import KnownProgram
from ...rules.manifests import OPERATOR_IS_THERE, OPERATOR_MAY_UPDATE_JOBS, OPERATOR_SEES_NAMESPACES
from ..snapshot import KubernetesObject, condition
from .cause import Cause, Owner, listed
from .cluster_objects import ClusterObjects

__all__ = ["MPI_JOB_KIND_MISSING", "OPERATOR_FORBIDDEN", "about_mpi_operators", "gang_scheduler", "unseen_jobs"]

OPERATOR_FORBIDDEN = "mpi-operator-forbidden"

_FORBIDDEN = re.compile(
    r'User "system:serviceaccount:(?P<account>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group '
    r'"(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]+)")?'
)
_LEASES = "leases"
# "E1125 16:55:56.054599   10588 reflector.go:200] ..."
_LOG_PREFIX = re.compile(r"^[IWEF]\d{4} \S+ +\d+ [^\]]+\] ")
_FLAG = re.compile(r"^--?(?P<name>[\w-]+)=(?P<value>.*)$")
_NAMESPACE_VARIABLE = "KUBEFLOW_NAMESPACE"
# Go's flag package.
_REFUSES_ARGUMENT = ("flag provided but not defined:", "flag needs an argument:", "invalid value ", "invalid boolean ")
# Its last words where MPIJobs are not defined.
_NO_KIND = re.compile(r"CRD doesn't exist\. Exiting")
MPI_JOB_KIND_MISSING = "mpi-job-kind-missing"
_APPLY_KIND = "apply the CustomResourceDefinition mpijobs.kubeflow.org before the operator"


def unseen_jobs(objects: ClusterObjects) -> tuple[Owner, ...]:
    """The jobs that no operator has begun to work on."""
    return tuple(name for name, job in objects.mpi_jobs.items() if not condition(job, "Created"))


def about_mpi_operators(objects: ClusterObjects) -> Iterator[Cause]:
    """Say why the operator does not do what it should, and which jobs wait for it."""
    operators = dict(objects.programs(KnownProgram.MPI_OPERATOR))
    waiting = tuple(name for name, job in objects.mpi_jobs.items() if _waits(job))
    if not operators:
        if waiting and waiting == unseen_jobs(objects) and "deployments" not in objects.snapshot.unread:
            yield Cause(
                code="mpi-operator-missing",
                problem="no Deployment runs the MPI Operator",
                fix=OPERATOR_IS_THERE.mend(),
                rule=OPERATOR_IS_THERE,
                sufferers=waiting,
            )
        return
    # Where nobody may read whether it was granted since then, old words alone are no fault.
    known = waiting or "cluster_roles" not in objects.snapshot.unread
    forbidden = tuple(_forbidden(objects, waiting)) if known else ()
    of_pods = [
        cause
        for owner, deployment in operators.items()
        for cause in _about_its_pods(objects, owner, deployment, waiting)
        # It ends when it has waited long enough for what it may not see.
        if not (forbidden and cause.code == "mpi-operator-crash-loop")
    ]
    yield from of_pods
    yield from forbidden
    if objects.snapshot.mpi_jobs is None and not of_pods:
        # It was there when the operator began.
        yield Cause(
            code=MPI_JOB_KIND_MISSING,
            problem=f"the MPI Operator ({listed(operators)}) runs, and the cluster has no CustomResourceDefinition "
            "mpijobs.kubeflow.org",
            fix=_APPLY_KIND,
        )
    yield from _elsewhere(objects, operators)


def gang_scheduler(operators: Iterable[KubernetesObject]) -> str | None:
    """The name that an operator's ``--gang-scheduling`` has. None: jobs are not scheduled as gangs."""
    for deployment in operators:
        name = _flags(deployment).get("gang-scheduling")
        if name:
            return name
    return None


def _about_its_pods(
    objects: ClusterObjects, owner: Owner, deployment: KubernetesObject, waiting: tuple[Owner, ...]
) -> Iterator[Cause]:
    pods = objects.pods.get(owner, [])
    crashed = [words for pod in pods for words in _crash_words(objects, pod)]
    if crashed:
        # How it may be used follows upon what is wrong, and hides it.
        refused = [line for line in objects.snapshot.operator_log if line.startswith(_REFUSES_ARGUMENT)]
        yield _crash_loop(owner, next(iter(refused), crashed[0]), waiting)
    elif deployment["spec"].get("replicas", 1) == 0:
        yield Cause(
            code="mpi-operator-not-running",
            problem=f"the MPI Operator ({owner}) has 0 replicas",
            fix="set its replicas to 1",
            sufferers=waiting,
        )
    elif not pods and "pods" not in objects.snapshot.unread:
        said = objects.events([owner], "FailedCreate")
        yield Cause(
            code="mpi-operator-not-running",
            problem=f"the MPI Operator ({owner}) has no pod" + (f": {said[0]}" if said else ""),
            fix=f"mend what the API server names in {owner}" if said else f"see the events of {owner}",
            sufferers=waiting,
        )


def _crash_loop(owner: Owner, words: str, waiting: tuple[Owner, ...]) -> Cause:
    if _NO_KIND.search(words):
        return Cause(
            code=MPI_JOB_KIND_MISSING,
            problem=f'the MPI Operator ({owner}) is in CrashLoopBackOff: it says "{words}", for the cluster has no '
            "CustomResourceDefinition mpijobs.kubeflow.org",
            fix=_APPLY_KIND,
            sufferers=waiting,
        )
    return Cause(
        code="mpi-operator-crash-loop",
        problem=f'the MPI Operator ({owner}) is in CrashLoopBackOff: it says "{words}"',
        fix=f"mend the arguments or the environment of {owner}",
        sufferers=waiting,
    )


def _forbidden(objects: ClusterObjects, waiting: tuple[Owner, ...]) -> Iterator[Cause]:
    rights: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    quotes: dict[tuple[str, str, str], str] = {}
    for line in objects.snapshot.operator_log:
        # In an error within an error, quotation marks are escaped.
        found = _FORBIDDEN.search(line.replace('\\"', '"'))
        if found is not None and not _may_now(objects, found):
            right = (found["account"], found["group"], found["resource"])
            rights[right].add(found["verb"])
            if found["verb"] == "list":
                # It is refused only after that.
                rights[right].add("watch")
            quotes.setdefault(right, found[0])
    for account in sorted({account for account, _, _ in rights}):
        role = bound_cluster_role(objects.snapshot, account)
        if role is None and "cluster_role_bindings" not in objects.snapshot.unread:
            quote = next(quotes[right] for right in sorted(quotes) if right[0] == account)
            yield Cause(
                code=OPERATOR_FORBIDDEN,
                problem=f"no ClusterRoleBinding gives the MPI Operator's service account '{account}' any rights: "
                f"the API server refuses it with '{quote}'",
                fix=f"bind the operator's ClusterRole to service account '{account}'",
                rule=OPERATOR_MAY_UPDATE_JOBS,
                sufferers=waiting,
            )
            continue
        for right in sorted(right for right in rights if right[0] == account):
            yield _missing_rule(role or "of the operator", right, sorted(rights[right]), quotes[right], waiting)


def _missing_rule(
    role: str, right: tuple[str, str, str], verbs: list[str], quote: str, waiting: tuple[Owner, ...]
) -> Cause:
    _, group, resource = right
    # Its leader election is for one namespace, with a Role.
    where = "the Role for its leader election" if resource == _LEASES else f"ClusterRole '{role}'"
    rule = f"{{apiGroups: [{group or chr(34) * 2}], resources: [{resource}], verbs: [{', '.join(verbs)}]}}"
    return Cause(
        code=OPERATOR_FORBIDDEN,
        problem=f"the API server refuses the MPI Operator what it needs: {quote}",
        fix=f"add to {where} the rule {rule}",
        rule=OPERATOR_MAY_UPDATE_JOBS,
        sufferers=waiting,
    )


def _may_now(objects: ClusterObjects, refused: re.Match[str]) -> bool:
    """Whether what was refused has been granted since then: a log keeps what was."""
    return is_granted(objects.snapshot, Right(**refused.groupdict()))


def _elsewhere(objects: ClusterObjects, operators: dict[Owner, KubernetesObject]) -> Iterator[Cause]:
    """Jobs in namespaces that no operator looks at."""
    watched = {owner: _watched_namespace(deployment) for owner, deployment in operators.items()}
    # An operator without the flag looks at all of them.
    if not all(watched.values()):
        return
    unwatched = [job for job in unseen_jobs(objects) if job.namespace not in watched.values()]
    if unwatched:
        where = listed(f"'{namespace}'" for namespace in watched.values())
        yield Cause(
            code="mpi-operator-watches-another-namespace",
            problem=f"the MPI Operator ({listed(watched)}) works on jobs of namespace {where} only (its --namespace)",
            fix=f"take --namespace from the arguments of {listed(watched)}, or put the jobs into {where}",
            rule=OPERATOR_SEES_NAMESPACES,
            sufferers=tuple(unwatched),
        )


def _watched_namespace(deployment: KubernetesObject) -> str | None:
    flagged = _flags(deployment).get("namespace")
    variables = {
        variable["name"]: variable.get("value", "")
        for variable in deployment["spec"]["template"]["spec"]["containers"][0].get("env") or ()
    }
    return flagged or variables.get(_NAMESPACE_VARIABLE) or None


def _flags(deployment: KubernetesObject) -> dict[str, str]:
    arguments = deployment["spec"]["template"]["spec"]["containers"][0].get("args") or ()
    return {found["name"]: found["value"] for found in map(_FLAG.match, arguments) if found is not None}


def _crash_words(objects: ClusterObjects, pod: KubernetesObject) -> Iterator[str]:
    """The last words of a program that ends and is started again, for ever."""
    for status in pod["status"].get("containerStatuses") or ():
        ended = (status.get("lastState") or {}).get("terminated") or {}
        if ended.get("exitCode") and not status.get("ready"):
            lines = [line for line in objects.snapshot.operator_log if line.strip()]
            yield _LOG_PREFIX.sub("", str(ended.get("message") or (lines[-1] if lines else "nothing")))


def _waits(job: KubernetesObject) -> bool:
    return not any(condition(job, kind) for kind in ("Running", "Succeeded", "Failed", "Suspended"))
