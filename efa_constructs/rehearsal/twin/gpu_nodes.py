"""Nodes as a node group of ours has them, for those who have a control plane and no account: tests and benchmarks."""

from __future__ import annotations

from ... import catalogue
from .node_objects import NodeFacts

__all__ = ["gpu_node"]


def gpu_node(instance_type: str, number: int) -> NodeFacts:
    """A node of a type with NVIDIA GPUs, with every EFA interface, and the AMI's driver.

    :param number: Tells it from others: its name, address and instance id follow from it.
    """
    instance = catalogue.get(instance_type)
    (gpus,) = instance.accelerators
    address = [10, number >> 16, number >> 8 & 255, number & 255]
    return NodeFacts(
        name=f"ip-{'-'.join(map(str, address))}.ec2.internal",
        instance_id=f"i-{number:017x}",
        instance_type=instance.name,
        region="us-east-1",
        availability_zone="us-east-1a",
        availability_zone_id="use1-az1",
        private_address=".".join(map(str, address)),
        architecture=instance.architecture,
        vcpus=instance.vcpus,
        memory_mib=instance.memory_mib,
        allocatable=catalogue.allocatable(instance),
        efa_interfaces=instance.known_efa_interfaces,
        accelerator="nvidia",
        accelerator_count=gpus.count,
        logical_neuron_cores=0,
        driver="nvidia",
        brings_nvidia_device_plugin=False,
        operating_system="AL2023",
        max_pods=250,
        node_group="efa",
        capacity_type="ON_DEMAND",
        image_id="ami-0123456789abcdef0",
        launch_template=("lt-0123456789abcdef0", "1"),
        placement_group="together",
        labels=catalogue.node_labels(instance, has_efa=True),
    )
