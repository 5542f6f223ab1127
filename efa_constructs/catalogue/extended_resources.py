"""The extended resources under which nodes offer EFAs and accelerators to pods."""

from __future__ import annotations

from collections.abc import Mapping

from .instance_types import InstanceType

__all__ = [
    "DEVICE_CLASSES",
    "DEVICE_RESOURCES",
    "EFA_RESOURCE",
    "GPU_RESOURCE",
    "NEURON_CORE_RESOURCE",
    "NEURON_RESOURCE",
    "accelerator_resource",
]

# https://github.com/aws/eks-charts, stable/aws-efa-k8s-device-plugin, NOTES.txt
EFA_RESOURCE = "vpc.amazonaws.com/efa"
# https://github.com/NVIDIA/k8s-device-plugin, README
GPU_RESOURCE = "nvidia.com/gpu"
# AWS Neuron documentation, "Neuron Device Plugin": whole devices, not their cores.
NEURON_RESOURCE = "aws.amazon.com/neuron"
NEURON_CORE_RESOURCE = "aws.amazon.com/neuroncore"
# Every one that a device plugin of ours offers.
DEVICE_RESOURCES: tuple[str, ...] = (EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE, NEURON_CORE_RESOURCE)

# What dynamic resource allocation gives devices by, and the resource that a device plugin offers the same as.
# Amazon EKS User Guide, "Manage EFA devices on Amazon EKS"
DEVICE_CLASSES: Mapping[str, str] = {
    "efa.networking.k8s.aws": EFA_RESOURCE,
    "gpu.nvidia.com": GPU_RESOURCE,
    "mig.nvidia.com": GPU_RESOURCE,
    "neuron.aws.com": NEURON_RESOURCE,
}


def accelerator_resource(instance: InstanceType) -> str | None:
    """The resource that a node of this type offers its accelerators as. None: it has none with a plugin of ours."""
    if instance.has_nvidia_gpus:
        return GPU_RESOURCE
    return NEURON_RESOURCE if instance.has_neuron_devices else None
