"""What nodes lack that nodes like them should have: they are not ready, or offer less than their type has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from ... import catalogue
from ...catalogue.search import known_instance_type
from ...pods.requests import written
from ..finding import Level
from ..snapshot import KubernetesObject, condition
from .cause import Cause, listed
from .cluster_objects import ClusterObjects, allocatable, type_of

__all__ = ["about_nodes", "expected_allocatable"]

_FIXES = {
    catalogue.EFA_RESOURCE: "see the log of the EFA device plugin on them, and whether their launch template has all "
    "the interfaces",
    catalogue.GPU_RESOURCE: "see the log of NVIDIA's device plugin on them: a GPU that fails (an XID in the kernel's "
    "log) is taken out; replace the node",
    catalogue.NEURON_RESOURCE: "see the log of the Neuron device plugin on them, and replace the node",
    catalogue.HUGEPAGES_RESOURCE: "use an AMI that reserves them at boot, as EKS's AMIs of AL2023 and Bottlerocket do "
    "on nodes with EFA, or let the pods ask for no more than is there",
}


def about_nodes(objects: ClusterObjects) -> Iterator[Cause]:
    """Find nodes that are not ready, and those that offer some, but not all, of what they should.

    That they offer nothing of a device is for their plugin to say.
    """
    for node in objects.snapshot.nodes:
        if not condition(node, "Ready"):
            yield _not_ready(node)
    short: dict[tuple[str, str, Decimal, int], list[str]] = defaultdict(list)
    for node in objects.snapshot.nodes:
        offered = allocatable(node)
        for resource, expected in expected_allocatable(objects, node).items():
            has = offered.get(resource, Decimal(0))
            if has < expected and (has or resource == catalogue.HUGEPAGES_RESOURCE):
                short[resource, type_of(node), has, expected].append(node["metadata"]["name"])
    for (resource, instance_type, has, expected), names in short.items():
        yield Cause(
            code="node-short-of-resource",
            level=Level.WARNING if resource == catalogue.HUGEPAGES_RESOURCE else Level.FAULT,
            problem=f"{listed(names)} ({instance_type}) {'offers' if len(names) == 1 else 'offer'} "
            f"{written(resource, has)} of {resource}, and should offer {written(resource, Decimal(expected))}",
            fix=_FIXES[resource],
        )


def expected_allocatable(objects: ClusterObjects, node: KubernetesObject) -> Mapping[str, int]:
    """What a node of its type, with the interfaces that it has, offers once its plugins run. Huge pages in bytes.

    Only what is known: without AWS's word on its interfaces, a node that says by its label that it has EFA is taken to
    have as many as its type can have.
    """
    instance_type = known_instance_type(type_of(node))
    if instance_type is None:
        return {}
    labels = node["metadata"].get("labels") or {}
    expected = dict(objects.accelerators(instance_type.name))
    instance = objects.instance(node)
    efas: int | None = None
    if instance is not None:
        efas = len(instance.efa_interfaces)
    elif labels.get(catalogue.EFA_LABEL) == "true":
        efas = instance_type.maximum_efa_interfaces
    if efas:
        expected[catalogue.EFA_RESOURCE] = efas
        system = "BOTTLEROCKET" if _is_bottlerocket(node) else "AL2023"
        expected[catalogue.HUGEPAGES_RESOURCE] = (
            catalogue.allocatable(instance_type, operating_system=system).hugepages_2mi_mib << 20
        )
    return expected


def _not_ready(node: KubernetesObject) -> Cause:
    said = next(
        (
            str(one.get("message") or one.get("reason"))
            for one in node["status"].get("conditions") or ()
            if one["type"] == "Ready"
        ),
        "its kubelet has said nothing yet",
    )
    return Cause(
        code="node-not-ready",
        problem=f"node {node['metadata']['name']} ({type_of(node)}) is not Ready: {said}",
        fix="see the kubelet's log by Session Manager, or let the Auto Scaling group replace the instance",
    )


def _is_bottlerocket(node: KubernetesObject) -> bool:
    return "bottlerocket" in str((node["status"].get("nodeInfo") or {}).get("osImage", "")).lower()
