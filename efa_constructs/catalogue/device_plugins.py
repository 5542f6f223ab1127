"""Which device plugins the nodes of a node group need: not those that the AMI brings."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ..errors import InvalidArgumentError
from .ami_types import chosen_ami_type
from .extended_resources import EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE
from .instance_types import InstanceType
from .search import get

__all__ = ["DevicePlugin", "DevicePluginNeed", "device_plugins_needed", "oldest_efa_device_plugin"]

# By family. On P6-B200, older ones take the two controllers of the NVLink fabric for EFAs
# (https://github.com/aws-ia/terraform-aws-eks-data-addons/issues/53). The guide's "0.5.14" for P6e-GB200 is of the Helm
# chart, which has a version of its own.
# Amazon EKS User Guide, "Run machine learning training on Amazon EKS with Elastic Fabric Adapter", Prerequisites
_OLDEST_EFA_PLUGINS = {"p6-b200": "0.5.6"}


class DevicePlugin(StrEnum):
    """What offers the devices of a node to its pods."""

    EFA = "efa"
    NVIDIA = "nvidia"
    # Offers aws.amazon.com/neuroncore, too.
    NEURON = "neuron"

    @property
    def resource(self) -> str:
        """What pods ask for, such as ``vpc.amazonaws.com/efa``."""
        return _RESOURCES[self]

    @property
    def heading(self) -> str:
        """What people call it, as a heading: ``EFA device plugin``."""
        return _HEADINGS[self]


_RESOURCES = {
    DevicePlugin.EFA: EFA_RESOURCE,
    DevicePlugin.NVIDIA: GPU_RESOURCE,
    DevicePlugin.NEURON: NEURON_RESOURCE,
}
_HEADINGS = {
    DevicePlugin.EFA: "EFA device plugin",
    DevicePlugin.NVIDIA: "NVIDIA device plugin",
    DevicePlugin.NEURON: "Neuron device plugin",
}


class DevicePluginNeed(NamedTuple):
    """Whether the nodes need a device plugin installed."""

    plugin: DevicePlugin
    needed: bool
    # Why, or why not: goes on after the name of the instance type.
    reason: str


def oldest_efa_device_plugin(instance_type: InstanceType) -> str | None:
    """Return the oldest version of the EFA device plugin that knows the devices of an instance type.

    None: AWS names none, and every version that is in use knows them, as far as is known.
    """
    return _OLDEST_EFA_PLUGINS.get(instance_type.family)


def device_plugins_needed(
    instance_type: InstanceType | str, ami_type: str | None = None, *, auto_mode: bool = False
) -> tuple[DevicePluginNeed, ...]:
    """Say of each device plugin whether the nodes of a node group need it, and why.

    Sources: Amazon EKS User Guide, "Install Kubernetes device plugin for GPUs" (AL2023 brings none; Bottlerocket's
    NVIDIA AMIs and EKS Auto Mode bring NVIDIA's) and "Manage EFA devices on Amazon EKS" (no AMI of a node group brings
    the EFA plugin); https://github.com/aws/eks-charts/issues/1358 (Auto Mode brings it). That Auto Mode brings the
    Neuron plugin follows from AWS's chart, which keeps it off such nodes; no page of the guide says it.

    :param instance_type: An EFA instance type, or its name. Its nodes have an EFA interface.
    :param ami_type: The AMI type of the node group. Default: the one that
        :func:`~efa_constructs.catalogue.default_ami_type` gives.
    :param auto_mode: Whether EKS Auto Mode runs the nodes, and so chooses the AMI. Default: False.
    :raises InvalidArgumentError: The AMI type does not fit the instance type, or is given beside Auto Mode.
    """
    if auto_mode and ami_type is not None:
        raise InvalidArgumentError(
            f"'ami_type' is '{ami_type}', but with 'auto_mode' EKS chooses the AMI: leave one of them out"
        )
    instance = get(instance_type) if isinstance(instance_type, str) else instance_type
    ami = chosen_ami_type(ami_type, instance)
    needs = []
    for plugin, present, devices in (
        (DevicePlugin.EFA, True, "EFA interfaces"),
        (DevicePlugin.NVIDIA, instance.has_nvidia_gpus, "NVIDIA GPUs"),
        (DevicePlugin.NEURON, instance.has_neuron_devices, "Neuron devices"),
    ):
        if not present:
            needs.append(DevicePluginNeed(plugin, False, f"has no {devices}"))
        elif auto_mode:
            needs.append(DevicePluginNeed(plugin, False, f"has {devices}, and EKS Auto Mode brings the plugin"))
        elif plugin is DevicePlugin.NVIDIA and ami.brings_nvidia_device_plugin:
            needs.append(DevicePluginNeed(plugin, False, f"has {devices}, and AMI type {ami.name} brings the plugin"))
        else:
            needs.append(DevicePluginNeed(plugin, True, f"has {devices}, and AMI type {ami.name} brings no plugin"))
    return tuple(needs)
