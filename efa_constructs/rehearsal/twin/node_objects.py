"""A node of a managed node group as Kubernetes knows it once its kubelet has joined."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...catalogue import HUGEPAGES_RESOURCE, NODE_GROUP_LABEL, Allocatable
from ...catalogue.labels import INSTANCE_TYPE_LABELS, KUBERNETES_ARCHITECTURES
from ..control_plane.control_plane import KUBELET_ADDRESS_TYPE, KWOK_NODE_ANNOTATION

__all__ = ["NodeFacts", "Taint", "node_labels", "node_object", "taint_object"]

_MIB = "Mi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """A taint as Kubernetes writes it: ``effect`` is "NoSchedule", "PreferNoSchedule" or "NoExecute"."""

    key: str
    value: str | None
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What an instance and its node group say about a node."""

    # Kubernetes' name of it: the instance's private DNS name.
    name: str
    instance_id: str
    instance_type: str
    region: str
    availability_zone: str
    availability_zone_id: str
    private_address: str
    # "x86_64" or "arm64".
    architecture: str
    vcpus: int
    # Nominal, in MiB.
    memory_mib: int
    # What is left of both, and of huge pages, for pods.
    allocatable: Allocatable
    # Interfaces with an EFA device.
    efa_interfaces: int
    # "nvidia", "neuron" or None: what the instance has, ...
    accelerator: str | None
    accelerator_count: int
    # 0 without Neuron devices.
    logical_neuron_cores: int
    # ... and for what its AMI has the driver.
    driver: str | None
    # Whether the AMI itself offers GPUs to pods.
    brings_nvidia_device_plugin: bool
    # "AL2023", "BOTTLEROCKET", ...; None: not known.
    operating_system: str | None
    max_pods: int
    node_group: str
    # "ON_DEMAND", "SPOT" or "CAPACITY_BLOCK".
    capacity_type: str
    image_id: str
    launch_template: tuple[str, str] | None = None
    placement_group: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()


def node_object(facts: NodeFacts, *, kubelet_version: str, kubelet_port: int | None = None) -> dict[str, Any]:
    """The Node object, its status included. It offers no device: device plugins do that.

    :param kubelet_port: Where its kubelet answers the API server on this machine. Default: nowhere.
    """
    allocatable = facts.allocatable
    common = {"pods": str(facts.max_pods), "hugepages-1Gi": "0"}
    hugepages = {HUGEPAGES_RESOURCE: f"{allocatable.hugepages_2mi_mib}{_MIB}"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": facts.name,
            "labels": node_labels(facts),
            "annotations": {KWOK_NODE_ANNOTATION: "fake"},
        },
        "spec": {
            "providerID": f"aws:///{facts.availability_zone}/{facts.instance_id}",
            "taints": [taint_object(taint) for taint in facts.taints],
        },
        "status": {
            "capacity": {
                **common,
                **hugepages,
                "cpu": str(facts.vcpus),
                "memory": f"{facts.memory_mib}{_MIB}",
            },
            "allocatable": {
                **common,
                **hugepages,
                "cpu": f"{allocatable.cpu_millicores}m",
                # What is to be counted on: a job that fits here fits on AWS.
                "memory": f"{allocatable.conservative_memory_mib}{_MIB}",
            },
            "addresses": [
                {"type": "InternalIP", "address": facts.private_address},
                {"type": "InternalDNS", "address": facts.name},
                {"type": "Hostname", "address": facts.name},
                # The only one to which the API server connects.
                *([{"type": KUBELET_ADDRESS_TYPE, "address": "127.0.0.1"}] if kubelet_port else []),
            ],
            **({"daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}}} if kubelet_port else {}),
            "nodeInfo": {
                "architecture": _architecture(facts),
                "operatingSystem": "linux",
                "kubeletVersion": kubelet_version,
                "kubeProxyVersion": "",
                "containerRuntimeVersion": "none",
                "kernelVersion": "none",
                "osImage": f"rehearsal of {facts.operating_system or 'an AMI of its own'}",
                "machineID": facts.instance_id,
                "systemUUID": facts.instance_id,
                "bootID": facts.instance_id,
            },
        },
    }


def taint_object(taint: Taint) -> dict[str, str]:
    """A taint as a Node has it."""
    return {"key": taint.key, "effect": taint.effect} | ({"value": taint.value} if taint.value else {})


def node_labels(facts: NodeFacts) -> dict[str, str]:
    """The group's labels, and what the kubelet, the cloud controller and EKS put on each node of a managed group."""
    labels = {
        **facts.labels,
        "kubernetes.io/hostname": facts.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": _architecture(facts),
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": _architecture(facts),
        **dict.fromkeys(INSTANCE_TYPE_LABELS, facts.instance_type),
        "topology.kubernetes.io/region": facts.region,
        "topology.kubernetes.io/zone": facts.availability_zone,
        "failure-domain.beta.kubernetes.io/region": facts.region,
        "failure-domain.beta.kubernetes.io/zone": facts.availability_zone,
        "topology.k8s.aws/zone-id": facts.availability_zone_id,
        NODE_GROUP_LABEL: facts.node_group,
        "eks.amazonaws.com/nodegroup-image": facts.image_id,
        "eks.amazonaws.com/capacityType": facts.capacity_type,
    }
    if facts.launch_template is not None:
        template_id, version = facts.launch_template
        labels["eks.amazonaws.com/sourceLaunchTemplateId"] = template_id
        labels["eks.amazonaws.com/sourceLaunchTemplateVersion"] = version
    if facts.efa_interfaces:
        labels |= _network_layers(facts)
    return labels


def _network_layers(facts: NodeFacts) -> dict[str, str]:
    """The layers of the network above the node, from the zone's down to the nearest one.

    Which they are is nobody's to know before a launch: the nodes of a cluster placement group get the same nearest
    one, as AWS tries to give them; all others are as far from each other as a zone allows.
    """
    nearest = facts.placement_group or facts.instance_id
    parts = (facts.availability_zone, f"{facts.availability_zone}/{nearest}", f"{facts.availability_zone}/{nearest}/")
    return {
        f"topology.k8s.aws/network-node-layer-{layer}": f"nn-{hashlib.sha256(part.encode()).hexdigest()[:17]}"
        for layer, part in enumerate(parts, start=1)
    }


def _architecture(facts: NodeFacts) -> str:
    return KUBERNETES_ARCHITECTURES[facts.architecture]
