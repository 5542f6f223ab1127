"""The instances of a cluster's node groups as nodes of Kubernetes."""

from __future__ import annotations

import base64
from typing import Any

from moto.ec2.models.instances import Instance

from .... import catalogue
from ....catalogue.node_label_rules import TAINT_EFFECTS
from ....catalogue.search import known_instance_type
from ....catalogue.user_data import max_pods_told, settings_that_count
from ...twin.node_objects import NodeFacts, Taint
from ..hardware import Hardware, hardware
from .nodes import instances_of
from .state import Cluster, EksState

__all__ = ["node_facts"]


def node_facts(state: EksState, cluster: Cluster) -> list[NodeFacts]:
    """Every node that the cluster has."""
    return [
        facts
        for group in cluster.node_groups.values()
        for instance in instances_of(state, cluster, group)
        # One that somebody terminates meanwhile loses its name and its interfaces while it is looked at.
        if (facts := _facts(state, group, instance)) and instance.nics
    ]


def _facts(state: EksState, group: dict[str, Any], instance: Instance) -> NodeFacts:
    subnet = state.ec2.get_subnet(str(instance.subnet_id))
    machine = hardware(instance.instance_type)
    assert machine is not None, "EC2 launches no type that does not exist"
    ami_type = catalogue.AMI_TYPES.get(group["amiType"])
    efa_interfaces = sum(nic.interface_type in catalogue.EFA_INTERFACE_TYPES for nic in instance.nics.values())
    launch_template = group.get("launchTemplate")
    reserved_pods, max_pods = _pods(instance, machine, own_image=ami_type is None or not ami_type.operating_system)
    return NodeFacts(
        name=instance.private_dns_name,
        instance_id=instance.id,
        instance_type=instance.instance_type,
        region=state.region,
        availability_zone=subnet.availability_zone,
        availability_zone_id=subnet.availability_zone_id,
        private_address=str(instance.private_ip),
        architecture="arm64" if machine.architectures == {"arm64"} else "x86_64",
        vcpus=machine.vcpus,
        memory_mib=machine.memory_mib,
        allocatable=catalogue.node_allocatable(
            vcpus=machine.vcpus,
            memory_mib=machine.memory_mib,
            max_pods=reserved_pods,
            has_efa=efa_interfaces > 0,
            operating_system=ami_type.operating_system if ami_type else None,
        ),
        efa_interfaces=efa_interfaces,
        accelerator=machine.accelerator,
        accelerator_count=machine.accelerator_count,
        logical_neuron_cores=machine.logical_neuron_cores,
        # Of an AMI of one's own nobody knows: it is taken to have what its nodes need.
        driver=ami_type.accelerator if ami_type and ami_type.operating_system else machine.accelerator,
        brings_nvidia_device_plugin=bool(ami_type and ami_type.brings_nvidia_device_plugin),
        operating_system=ami_type.operating_system if ami_type else None,
        max_pods=max_pods,
        node_group=group["nodegroupName"],
        capacity_type=group["capacityType"],
        image_id=str(instance.image_id),
        launch_template=(launch_template["id"], launch_template["version"]) if launch_template else None,
        placement_group=instance.placement.group_name or None,
        labels=group.get("labels", {}),
        taints=tuple(
            Taint(key=taint["key"], value=taint.get("value"), effect=TAINT_EFFECTS[taint["effect"]])
            for taint in group.get("taints") or ()
        ),
    )


def _pods(instance: Instance, machine: Hardware, *, own_image: bool) -> tuple[int, int]:
    """For how many pods the node's agent reserves memory, and how many its kubelet takes."""
    managed_limit = catalogue.managed_pod_limit(machine.vcpus)
    reported: int | None = None
    known = known_instance_type(instance.instance_type)
    if known is not None:
        reported = catalogue.max_pods(known, catalogue.network_interfaces(known)).reported
    user_data = base64.b64decode(str(instance.user_data or "")).decode(errors="replace")
    told = max_pods_told(settings_that_count(user_data, own_image=own_image))
    most = min(reported or managed_limit, managed_limit) if told is None else told
    return reported or most, most
