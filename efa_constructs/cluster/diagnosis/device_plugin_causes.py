"""Why nodes do not offer the devices that they have: the plugin is not there, or does not run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ... import catalogue
from ...catalogue.labels import INSTANCE_TYPE_LABELS
from ...pods.known_programs import KnownProgram
from ...pods.node_rules import unmet_requirement, untolerated_taints
from ...rules.device_plugins import (
    PLUGIN_IS_THERE,
    PLUGIN_SELECTS_NODES,
    PLUGIN_SELECTS_TYPES,
    PLUGIN_TOLERATES_TAINTS,
)
from ..finding import Level
from ..snapshot import KubernetesObject, condition
from .cause import Cause, Owner, listed
from .cluster_objects import RESOURCES, ClusterObjects, type_of
from .last_words import said_at_the_end
from .unplaced_pods import Unplaced

__all__ = ["DEVICE_PLUGIN_MISSING", "PLUGIN_CRASHES", "about_device_plugins", "plugins_that_wait"]

DEVICE_PLUGIN_MISSING = "device-plugin-missing"
PLUGIN_CRASHES = "device-plugin-crash-loop"

# What the EFA device plugin says on a node without EFA: https://github.com/aws/eks-charts/issues/1239.
_NO_EFA = "No valid EFA devices"


def about_device_plugins(objects: ClusterObjects, unplaced: Sequence[Unplaced]) -> Iterator[Cause]:
    """Say for each plugin why nodes do not offer its devices, and what waits for them.

    :param unplaced: Pods that no node takes.
    """
    for program, resource in RESOURCES.items():
        sufferers = tuple(dict.fromkeys(group.owner for group in unplaced if group.lacks(resource)))
        for cause in _about(objects, program, resource, waited_for=bool(sufferers)):
            yield replace(cause, sufferers=sufferers, resource=resource)


def plugins_that_wait(objects: ClusterObjects, unplaced: Sequence[Unplaced]) -> dict[Owner, tuple[Owner, ...]]:
    """The plugins that wait for a node themselves, each with what waits for its devices."""
    waiting = {group.owner for group in unplaced}
    return {
        owner: tuple(dict.fromkeys(group.owner for group in unplaced if group.lacks(resource)))
        for program, resource in RESOURCES.items()
        for owner, _ in objects.programs(program)
        if owner in waiting
    }


def _about(objects: ClusterObjects, program: KnownProgram, resource: str, *, waited_for: bool) -> Iterator[Cause]:
    plugins = dict(objects.programs(program))
    crashing = {owner: pods for owner in plugins if (pods := _crashing(objects, owner))}
    for owner, pods in crashing.items():
        yield _crash_loop(objects, program, owner, pods, waited_for=waited_for)
    unserved = objects.unserved(resource)
    if unserved and not plugins and "daemon_sets" not in objects.snapshot.unread:
        yield Cause(
            code=DEVICE_PLUGIN_MISSING,
            level=Level.FAULT if waited_for else objects.level_of_idle_devices,
            problem=f"{_nodes(unserved)} offer no {resource}, for no DaemonSet runs {program.in_words}",
            fix=PLUGIN_IS_THERE.mend(plugin=program.in_words, construct=program.construct),
            rule=PLUGIN_IS_THERE,
        )
    for owner, daemon_set in plugins.items():
        if owner not in crashing and unserved:
            yield from _absent(objects, program, owner, daemon_set, unserved)


def _absent(
    objects: ClusterObjects,
    program: KnownProgram,
    owner: Owner,
    daemon_set: KubernetesObject,
    unserved: Sequence[KubernetesObject],
) -> Iterator[Cause]:
    """Why a plugin has no pod on nodes that have its devices."""
    spec = daemon_set["spec"]["template"]["spec"]
    what = f"{_nodes(unserved)} offer no {RESOURCES[program]}, for {program.in_words} ({owner}) "
    unmet = {node["metadata"]["name"]: unmet_requirement(spec, node) for node in unserved}
    if all(unmet.values()):
        key, words = next(found for found in unmet.values() if found is not None)
        yield Cause(
            code="device-plugin-selects-no-node",
            problem=f"{what}runs only on nodes with {words}, which they do not have",
            fix=f"set the label {key} on the node group, or let {owner} select by a label that its nodes have",
            rule=PLUGIN_SELECTS_TYPES if key in INSTANCE_TYPE_LABELS else PLUGIN_SELECTS_NODES,
        )
        return
    taints = [taint for node in unserved for taint in untolerated_taints(spec, node, daemon=True)]
    if taints:
        yield Cause(
            code="device-plugin-does-not-tolerate",
            problem=f"{what}does not tolerate their taint {listed(taints)}",
            fix=PLUGIN_TOLERATES_TAINTS.mend(key=taints[0].key),
            rule=PLUGIN_TOLERATES_TAINTS,
        )
        return
    for message in objects.events([owner], "FailedCreate")[:1]:
        yield Cause(
            code="device-plugin-not-created",
            problem=f"{what}could not be created: {message}",
            fix=f"mend what the API server names in {owner}",
        )
        return
    running = {_node_of(pod) for pod in objects.pods.get(owner, ()) if condition(pod, "Ready")}
    idle = [node for node in unserved if node["metadata"]["name"] in running]
    if idle:
        yield Cause(
            code="device-plugin-offers-nothing",
            problem=f"{_nodes(idle)} offer no {RESOURCES[program]}, although {program.in_words} ({owner}) runs there",
            fix=f"see the log of {owner} on them: it found no devices, or the kubelet does not know it; delete its pod "
            "to have it register again",
        )


def _crash_loop(
    objects: ClusterObjects,
    program: KnownProgram,
    owner: Owner,
    pods: Sequence[KubernetesObject],
    *,
    waited_for: bool,
) -> Cause:
    # Empty: they are gone, or may not be seen.
    nodes = [node for node in objects.snapshot.nodes if node["metadata"]["name"] in {_node_of(pod) for pod in pods}]
    has_devices = any(objects.devices(node, RESOURCES[program]) for node in nodes)
    words = next(said_at_the_end(objects.snapshot, pods[0]), "")
    if program is KnownProgram.EFA_DEVICE_PLUGIN and has_devices and _NO_EFA not in words:
        # https://github.com/aws/eks-charts/pull/1245
        fix = "mend what it says; since v0.5.9 it has to run as root and privileged, as EfaDevicePlugin lets it"
    else:
        fix = _fix_of_crash(objects, program, nodes, has_devices=has_devices)
    return Cause(
        code=PLUGIN_CRASHES,
        # On nodes that have nothing for it, it does no harm.
        level=Level.FAULT if waited_for or has_devices or not nodes else Level.WARNING,
        problem=f"{program.in_words} ({owner}) is in CrashLoopBackOff on {_nodes(nodes) if nodes else _count(pods)}: "
        + (f'it says "{words}"' if words else "it says nothing"),
        fix=fix,
    )


def _fix_of_crash(
    objects: ClusterObjects, program: KnownProgram, nodes: Sequence[KubernetesObject], *, has_devices: bool
) -> str:
    groups = [group for group in map(objects.node_group, nodes) if group is not None]
    names = listed(f"'{group.name}'" for group in groups) if groups else "of these nodes"
    if program is KnownProgram.EFA_DEVICE_PLUGIN:
        return (
            f"give the launch template of node group {names} interfaces of type efa or efa-only, or keep the plugin "
            f"off it: the label {catalogue.EFA_LABEL} belongs on nodes with EFA only"
        )
    if not nodes:
        return "see whether they have devices for it and an AMI type with the driver, and keep the plugin off others"
    if has_devices:
        ami_types = listed(group.ami_type for group in groups) if groups else "theirs"
        return f"give node group {names} an AMI type that has the driver, which {ami_types} has not"
    return f"keep the plugin off node group {names}, whose nodes have no devices for it"


def _crashing(objects: ClusterObjects, owner: Owner) -> list[KubernetesObject]:
    return [pod for pod in objects.pods.get(owner, ()) if _is_crashing(pod)]


def _is_crashing(pod: KubernetesObject) -> bool:
    statuses = pod["status"].get("containerStatuses") or ()
    return any(
        ((status.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff" for status in statuses
    )


def _node_of(pod: KubernetesObject) -> str:
    return str(pod["spec"].get("nodeName", ""))


def _nodes(nodes: Sequence[KubernetesObject]) -> str:
    return f"{_count(nodes)} ({listed(sorted(set(map(type_of, nodes))))})"


def _count(nodes: Sequence[object]) -> str:
    return f"{len(nodes)} node{'s' if len(nodes) != 1 else ''}"
