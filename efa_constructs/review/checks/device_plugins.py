"""Checks of the DaemonSets that offer a node's devices to pods."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...catalogue import (
    EFA_LABEL,
    EFA_RESOURCE,
    GPU_LABEL,
    GPU_RESOURCE,
    NEURON_LABEL,
    NEURON_RESOURCE,
)
from ...catalogue.device_plugins import oldest_efa_device_plugin
from ...catalogue.labels import INSTANCE_TYPE_LABELS
from ...catalogue.release_numbers import release_numbers
from ...pods.image_references import image_reference
from ...pods.known_programs import PLUGINS, KnownProgram
from ...pods.node_rules import unmet_requirement, untolerated_taints
from ...rules.device_plugins import (
    GPU_PLUGIN_LEAVES_EFAS,
    PLUGIN_IS_THERE,
    PLUGIN_KNOWS_TYPE,
    PLUGIN_REACHES_KUBELET,
    PLUGIN_SELECTS_NODES,
    PLUGIN_SELECTS_TYPES,
    PLUGIN_TOLERATES_TAINTS,
)
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import ReviewedCluster, clusters_of
from ..node_group import NodeGroup
from ..pod_templates import PodTemplate
from ..shapes import as_mappings, at_path
from ..values import is_known

__all__ = ["DEVICE_PLUGIN_CHECKS"]

# https://github.com/NVIDIA/k8s-device-plugin/issues/1692
_MOFED_BY_DEFAULT = re.compile(r":v?0\.19\.[0-2](?![\w.])")
# https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
_KUBELETS_FOLDER = "/var/lib/kubelet/device-plugins"
_LABELS = {EFA_RESOURCE: EFA_LABEL, GPU_RESOURCE: GPU_LABEL, NEURON_RESOURCE: NEURON_LABEL}


def _missing(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        for resource, program in PLUGINS.items():
            brought = any(group.brings(resource) for group in cluster.node_groups)
            if brought or not cluster.surely_lacks_plugin(resource):
                continue
            for template in cluster.pods:
                if template.asks_for(resource):
                    yield about(template.of, resource=resource, plugin=program.in_words, construct=program.construct)


def _each_plugin(
    find: Callable[[ReviewedCluster, PodTemplate, NodeGroup, str], Iterator[dict[str, object]]],
) -> Callable[[Blueprint], Iterator[Violation]]:
    """A check of each plugin on each node group that has its devices, and does not bring the plugin itself."""

    def violations(blueprint: Blueprint) -> Iterator[Violation]:
        for cluster in clusters_of(blueprint):
            for resource, program in PLUGINS.items():
                for group in cluster.node_groups_with(resource):
                    for template in cluster.running(program) if not group.brings(resource) else ():
                        if template.of.kind == "DaemonSet":
                            yield from (
                                about(
                                    template.of,
                                    resource=resource,
                                    group=group.resource.name,
                                    label=f"{_LABELS[resource]}=true",
                                    **values,
                                )
                                for values in find(cluster, template, group, resource)
                            )

    return violations


def _not_tolerated(
    cluster: ReviewedCluster, template: PodTemplate, group: NodeGroup, resource: str
) -> Iterator[dict[str, object]]:
    for taint in untolerated_taints(template.spec, cluster.node_of(group), daemon=True):
        if is_known(str(taint)):
            yield {"taint": str(taint), "key": taint.key}


def _of_other_types(
    cluster: ReviewedCluster, template: PodTemplate, group: NodeGroup, resource: str
) -> Iterator[dict[str, object]]:
    unmet = unmet_requirement(template.spec, cluster.node_of(group))
    if unmet is None or not is_known(unmet[1]):
        return
    if unmet[0] in INSTANCE_TYPE_LABELS and group.instance_type is not None:
        yield {"requirement": unmet[1], "types": group.instance_type.name}


def _of_other_labels(
    cluster: ReviewedCluster, template: PodTemplate, group: NodeGroup, resource: str
) -> Iterator[dict[str, object]]:
    unmet = unmet_requirement(template.spec, cluster.node_of(group))
    if unmet is not None and unmet[0] not in INSTANCE_TYPE_LABELS and is_known([unmet[1], *group.labels.values()]):
        yield {"requirement": unmet[1]}


def _too_old(
    cluster: ReviewedCluster, template: PodTemplate, group: NodeGroup, resource: str
) -> Iterator[dict[str, object]]:
    instance = group.instance_type
    oldest = oldest_efa_device_plugin(instance) if instance is not None else None
    if instance is None or oldest is None or resource != EFA_RESOURCE:
        return
    # Where the plugin does not go, its version is no matter.
    if unmet_requirement(template.spec, cluster.node_of(group)) is not None:
        return
    for container in template.spec["containers"]:
        image = image_reference(str(container.get("image")))
        numbers = release_numbers(image.tag or "")
        # A tag of one's own, or a digest alone, says nothing.
        if image.name == KnownProgram.EFA_DEVICE_PLUGIN and len(numbers) > 1 and numbers < release_numbers(oldest):
            yield {"version": image.tag, "types": instance.name, "oldest": oldest}


def _takes_efas(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        if not any(cluster.running(KnownProgram.EFA_DEVICE_PLUGIN)) and not any(cluster.node_groups_with(EFA_RESOURCE)):
            continue
        for template in cluster.running(KnownProgram.NVIDIA_DEVICE_PLUGIN):
            setting = next(filter(None, map(_mofed, template.spec["containers"])), None)
            if setting is not None:
                yield about(template.of, setting=setting)


def _unreached(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        for program in PLUGINS.values():
            for template in cluster.running(program):
                volumes = as_mappings(template.spec.get("volumes"))
                if is_known(volumes) and not any(
                    _mounts_kubelets_folder(each, volumes) for each in template.containers
                ):
                    yield about(template.of, folder=_KUBELETS_FOLDER)


def _mounts_kubelets_folder(container: Mapping[str, Any], volumes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a container has the folder at its own path. True, too: only the deployment knows."""
    mounts = as_mappings(container.get("volumeMounts"))
    folders = {volume.get("name"): at_path(volume, "hostPath", "path") for volume in volumes}
    return not is_known(mounts) or any(
        _is_folder(folders.get(mount.get("name")), str(mount.get("mountPath"))) for mount in mounts
    )


def _is_folder(on_node: object, in_container: str) -> bool:
    path = posixpath.normpath(in_container)
    below = posixpath.relpath(_KUBELETS_FOLDER, path)
    if not isinstance(on_node, str) or below.startswith(".."):
        return False
    return posixpath.normpath(posixpath.join(on_node, below)) == _KUBELETS_FOLDER


def _mofed(container: Mapping[str, Any]) -> str | None:
    """In words, how a plugin comes to give /dev/infiniband away. None: it does not, as far as is known."""
    variables = {each.get("name"): each.get("value") for each in container.get("env") or ()}
    value = variables.get("MOFED_ENABLED")
    if value is None and _MOFED_BY_DEFAULT.search(str(container.get("image"))):
        return "unset, which is true in this version"
    return "true" if str(value).lower() in ("true", "1", "t") else None


DEVICE_PLUGIN_CHECKS = (
    Check(rule=PLUGIN_IS_THERE, violations=_missing),
    Check(rule=PLUGIN_TOLERATES_TAINTS, violations=_each_plugin(_not_tolerated)),
    Check(rule=PLUGIN_SELECTS_TYPES, violations=_each_plugin(_of_other_types)),
    Check(rule=PLUGIN_SELECTS_NODES, violations=_each_plugin(_of_other_labels)),
    Check(rule=PLUGIN_KNOWS_TYPE, violations=_each_plugin(_too_old)),
    Check(rule=GPU_PLUGIN_LEAVES_EFAS, violations=_takes_efas),
    Check(rule=PLUGIN_REACHES_KUBELET, violations=_unreached),
)
