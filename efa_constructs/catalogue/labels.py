"""Labels of nodes: those by which the device plugins find them, and those that Kubernetes and EKS set.

The plugins go by a label, not a list of instance types: a list goes stale, and then a plugin silently runs on no
node; and the EFA plugin crash-loops on a node of an EFA type that was launched without an EFA interface.
"""

from __future__ import annotations

from .ami_types import AmiType
from .instance_types import InstanceType

__all__ = [
    "ARCHITECTURE_LABEL",
    "CAPACITY_TYPE_LABEL",
    "EFA_LABEL",
    "GPU_LABEL",
    "INSTANCE_TYPE_LABEL",
    "INSTANCE_TYPE_LABELS",
    "KUBERNETES_ARCHITECTURES",
    "NEURON_LABEL",
    "NODE_GROUP_LABEL",
    "NVIDIA_DEVICE_PLUGIN_LABEL",
    "ZONE_LABEL",
    "ZONE_LABELS",
    "node_labels",
]

# Of nodes with an EFA interface.
EFA_LABEL = "vpc.amazonaws.com/efa.present"
# Of nodes with NVIDIA GPUs: the label that NVIDIA's own chart selects on, and GPU Feature Discovery sets.
GPU_LABEL = "nvidia.com/gpu.present"
# Of nodes with Inferentia or Trainium.
NEURON_LABEL = "aws.amazon.com/neuron.present"
# "false" on nodes that bring NVIDIA's device plugin. No label tells a Bottlerocket node from another
# (https://github.com/eksctl-io/eksctl/issues/4760): this is NVIDIA's own, by which its GPU Operator places the plugin.
# Where the Operator runs as well, it may overwrite the label: https://github.com/NVIDIA/gpu-operator/issues/2288
NVIDIA_DEVICE_PLUGIN_LABEL = "nvidia.com/gpu.deploy.device-plugin"
# Kubernetes' own, set by the kubelet: https://kubernetes.io/docs/reference/labels-annotations-taints/.
INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
# With the older name, which the kubelet sets still.
INSTANCE_TYPE_LABELS = (INSTANCE_TYPE_LABEL, "beta.kubernetes.io/instance-type")
ZONE_LABEL = "topology.kubernetes.io/zone"
# With the older name, too.
ZONE_LABELS = (ZONE_LABEL, "failure-domain.beta.kubernetes.io/zone")
ARCHITECTURE_LABEL = "kubernetes.io/arch"
# Its values, by EC2's names of architectures.
KUBERNETES_ARCHITECTURES = {"arm64": "arm64", "x86_64": "amd64"}
# The name of a node's managed node group, set by EKS.
NODE_GROUP_LABEL = "eks.amazonaws.com/nodegroup"
# "ON_DEMAND" and the like, set by EKS.
CAPACITY_TYPE_LABEL = "eks.amazonaws.com/capacityType"


def node_labels(instance: InstanceType, *, has_efa: bool, ami_type: AmiType | None = None) -> dict[str, str]:
    """Labels of a node of this type.

    :param has_efa: Whether it is launched with an EFA interface.
    :param ami_type: What it is launched from. Default: an AMI without a device plugin.
    """
    labels = {}
    if has_efa:
        labels[EFA_LABEL] = "true"
    kinds = {(accelerator.kind, accelerator.manufacturer) for accelerator in instance.accelerators}
    if ("gpu", "NVIDIA") in kinds:
        labels[GPU_LABEL] = "true"
    if ami_type is not None and ami_type.brings_nvidia_device_plugin:
        labels[NVIDIA_DEVICE_PLUGIN_LABEL] = "false"
    if any(kind == "neuron" for kind, _ in kinds):
        labels[NEURON_LABEL] = "true"
    return labels
