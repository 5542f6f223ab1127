"""Why pods find no node: none there, labels, taints, requests, pods that are there already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from ...catalogue.labels import ZONE_LABELS
from ...pods.requests import pod_requests, written
from ...rules.jobs import NODES_TAKE_PODS, PODS_FIT_NODES, WORKERS_ARE_CLEANED_UP
from .cause import Cause, Owner, listed
from .cluster_objects import ClusterObjects, allocatable, type_of
from .unplaced_pods import Misfit, Obstacle, Unplaced, scheduler_says
from .worker_causes import fix_of_kept_workers, has_ended

__all__ = ["Dependents", "about_missing_nodes", "about_missing_objects", "about_placement"]

# What waits for something that is unplaced itself, by its owner.
Dependents = Mapping[Owner, tuple[Owner, ...]]

# Set by 'kubectl cordon' and 'kubectl drain'.
_CORDONED = "node.kubernetes.io/unschedulable"
_ZONE_KEYS = (*ZONE_LABELS, "topology.k8s.aws/zone-id")


def about_missing_nodes(objects: ClusterObjects, unplaced: Sequence[Unplaced]) -> Iterator[Cause]:
    """Say so where there is no node at all, and something waits for one."""
    if objects.snapshot.nodes:
        return
    sufferers = tuple(dict.fromkeys((*(group.owner for group in unplaced), *objects.mpi_jobs)))
    if not sufferers:
        return
    groups = [
        f"node group '{group.name}' has a desired size of {group.desired_size}"
        + (f", and instances that did not join ({len(group.nodes)})" if group.nodes else "")
        for group in objects.node_groups
    ]
    yield Cause(
        code="no-nodes",
        problem=f"the cluster has no nodes: {listed(groups) if groups else 'it has no managed node group'}"
        + next((scheduler_says(group.scheduler_words) for group in unplaced if group.scheduler_words), ""),
        fix=_fix_of_no_nodes(objects),
        sufferers=sufferers,
    )


def _fix_of_no_nodes(objects: ClusterObjects) -> str:
    if any(group.nodes for group in objects.node_groups):
        return (
            "see why the instances do not join: the access entry of the node role, the way to the API server, and the "
            "kubelet's log by Session Manager"
        )
    if any(group.desired_size for group in objects.node_groups):
        return "see the health of the node group and the activity of its Auto Scaling group, which launches none"
    return "set the desired size of the node group to the number of nodes that the jobs need"


def about_missing_objects(objects: ClusterObjects) -> Iterator[Cause]:
    """Say which pods have a node, and wait there for ConfigMaps or Secrets."""
    waiting: dict[tuple[str, str], list[Owner]] = defaultdict(list)
    for owner, pods in objects.pods.items():
        for pod in pods:
            if pod["spec"].get("nodeName") and pod["status"].get("phase") == "Pending":
                message = objects.missing_objects(pod)
                if message:
                    waiting[message, owner.namespace].append(owner)
    for (message, namespace), owners in waiting.items():
        yield Cause(
            code="object-missing",
            problem=f"pods of {listed(owners)} have a node and do not start: {message} in the namespace '{namespace}'",
            fix="create it before them, or correct its name",
            explains=tuple(dict.fromkeys(owners)),
        )


def about_placement(
    objects: ClusterObjects, unplaced: Sequence[Unplaced], dependents: Dependents, owed: Collection[str]
) -> Iterator[Cause]:
    """Say for each group of pods why no node takes it.

    :param owed: Resources that nodes would offer if their plugins ran, which is said already.
    """
    for group in unplaced:
        waits_too = dependents.get(group.owner, ())
        for cause in _causes(objects, group, owed):
            yield Cause(
                code=cause.code,
                problem=cause.problem + scheduler_says(group.scheduler_words),
                fix=cause.fix,
                rule=cause.rule,
                sufferers=waits_too,
                explains=(group.owner, *cause.explains),
            )


def _too_large(group: Unplaced, resource: str) -> Cause:
    """Say that pods ask for more of a resource than any node offers."""
    most = max((allocatable(misfit.node).get(resource, Decimal(0)) for misfit in group.misfits), default=Decimal(0))
    asked = written(resource, group.requests[resource])
    types = listed(sorted({type_of(misfit.node) for misfit in group.misfits}))
    offers = f"offers at most {written(resource, most)}" if most else "offers none"
    return Cause(
        code="request-too-large",
        problem=f"{group}: each asks for {asked} of {resource}, and a node ({types}) {offers}",
        fix=f"ask for at most {written(resource, most)} of {resource} in each pod, or use nodes that have more"
        if most
        else f"ask for no {resource}, or use nodes that offer it",
        rule=PODS_FIT_NODES,
        explains=(group.owner,),
    )


def _causes(objects: ClusterObjects, group: Unplaced, owed: Collection[str]) -> Iterator[Cause]:
    match group.obstacle:
        case Obstacle.LABELS:
            yield _labels(group)
        case Obstacle.TAINT:
            yield from _taints(group, group.misfits)
        case Obstacle.TOO_LARGE:
            for resource in dict.fromkeys(name for misfit in group.misfits for name in misfit.resources):
                if not (resource in owed and group.lacks(resource)):
                    yield _too_large(group, resource)
        case Obstacle.MAX_PODS:
            yield _max_pods(group)
        case Obstacle.TAKEN:
            yield from _taken(objects, group)
        # None: nobody may say what the nodes have.
        case Obstacle.OTHER | None:
            yield Cause(
                code="not-scheduled",
                problem=f"{group}: no node takes them"
                + ("" if group.obstacle is None else ", although each has what they ask for"),
                fix="mend what the scheduler names",
            )


def _labels(group: Unplaced) -> Cause:
    misfit = group.misfits[0]
    if misfit.key in _ZONE_KEYS:
        zones = sorted({(each.node["metadata"].get("labels") or {}).get(misfit.key, "?") for each in group.misfits})
        return Cause(
            code="wrong-zone",
            problem=f"{group}: they may only go to {misfit.words}, and the nodes are in {listed(zones)}",
            fix=f"let the pods select {misfit.key} {listed(zones)}, or give the node group a subnet in the zone that "
            "they select",
        )
    values = sorted({(each.node["metadata"].get("labels") or {}).get(misfit.key, "none") for each in group.misfits})
    return Cause(
        code="selector-matches-no-node",
        problem=f"{group}: they may only go to nodes with {misfit.words}, which no node has (values there: "
        f"{listed(values)})",
        fix=f"select by a label that the nodes have, or set {misfit.key} on the node group",
    )


def _taints(group: Unplaced, misfits: Sequence[Misfit]) -> Iterator[Cause]:
    """Say which taints keep pods away. Those that Kubernetes sets are for no pod to tolerate."""
    cordoned = [misfit for misfit in misfits if any(taint.key == _CORDONED for taint in misfit.taints)]
    unfit = [misfit for misfit in misfits if misfit not in cordoned and any(one.is_of_node for one in misfit.taints)]
    others = [misfit for misfit in misfits if misfit not in cordoned and misfit not in unfit]
    if cordoned:
        names = [misfit.node["metadata"]["name"] for misfit in cordoned]
        yield Cause(
            code="node-cordoned",
            problem=f"{group}: {listed(names)} {'is' if len(names) == 1 else 'are'} cordoned, and "
            f"{'takes' if len(names) == 1 else 'take'} no new pods",
            fix=f"run 'kubectl uncordon {' '.join(names)}' once the maintenance is over",
        )
    if unfit:
        taints = [taint for misfit in unfit for taint in misfit.taints if taint.is_of_node]
        where = listed(misfit.node["metadata"]["name"] for misfit in unfit)
        yield Cause(
            code="node-unfit",
            problem=f"{group}: {where} {'has' if len(unfit) == 1 else 'have'} the taint {listed(taints)}, which "
            "Kubernetes sets while a node is not as it should be",
            fix="see the conditions of the node; the taint goes with what is wrong there",
        )
    if others:
        taints = [taint for misfit in others for taint in misfit.taints]
        yield Cause(
            code="taint-not-tolerated",
            problem=f"{group}: the nodes have the taint {listed(taints)}, which they do not tolerate",
            fix=NODES_TAKE_PODS.mend(key=taints[0].key),
            rule=NODES_TAKE_PODS,
        )


def _max_pods(group: Unplaced) -> Cause:
    limits = sorted({str(allocatable(misfit.node)["pods"]) for misfit in group.misfits})
    return Cause(
        code="max-pods-reached",
        problem=f"{group}: nodes take {listed(limits)} pods each (their max-pods), and have them",
        fix="raise maxPods in the user data of the launch template, or leave it out for EKS to set",
    )


def _taken(objects: ClusterObjects, group: Unplaced) -> Iterator[Cause]:
    # Nodes without such a taint would be enough.
    yield from _taints(group, group.barred)
    if not group.barred:
        yield _too_few(objects, group)


def _too_few(objects: ClusterObjects, group: Unplaced) -> Cause:
    resources = list(dict.fromkeys(name for misfit in group.misfits for name in misfit.resources))
    holders: dict[Owner, set[str]] = defaultdict(set)
    for misfit in group.misfits:
        for pod in objects.pods_on(misfit.node):
            if set(pod_requests(pod["spec"])) & set(resources):
                holders[objects.owner(pod)].add(misfit.node["metadata"]["name"])
    others = sorted(owner for owner in holders if owner != group.owner)
    ended = [owner for owner in others if owner in objects.mpi_jobs and has_ended(objects.mpi_jobs[owner])]
    if ended:
        return Cause(
            code="nodes-taken",
            problem=f"{group}: {listed(ended)} {'has' if len(ended) == 1 else 'have'} ended, and workers of "
            f"{'it' if len(ended) == 1 else 'them'} still hold the {listed(resources)} of the nodes",
            fix=fix_of_kept_workers(ended[0]),
            rule=WORKERS_ARE_CLEANED_UP,
            explains=tuple(ended),
        )
    if not others:
        return Cause(
            code="too-few-nodes",
            problem=f"{group}: the other pods of {group.owner} have the {listed(resources)} of every node "
            f"({len(group.misfits)} of them)",
            fix=_fix_of_too_few(objects),
        )
    return Cause(
        code="nodes-taken",
        problem=f"{group}: {listed(others)} {'has' if len(others) == 1 else 'have'} the {listed(resources)} of the "
        "nodes",
        fix="give the cluster nodes for both, or start one after the other has ended (Kueue queues jobs)",
    )


def _fix_of_too_few(objects: ClusterObjects) -> str:
    for group in objects.node_groups:
        count = sum(objects.node_group(node) == group for node in objects.snapshot.nodes)
        if count < group.desired_size:
            return f"see why node group '{group.name}' has {count} of the {group.desired_size} nodes that it wants"
    return "raise the desired size of the node group, or ask for fewer pods"
