"""Labels by which the device plugins find their nodes.

A label, not a list of instance types: a list goes stale, and then a plugin silently runs on no node; and the EFA plugin
crash-loops on a node of an EFA type that was launched without an EFA interface.
"""

from __future__ import annotations

from .instance_types import InstanceType

__all__ = ["EFA_LABEL", "GPU_LABEL", "NEURON_LABEL", "node_labels"]

# Of nodes with an EFA interface.
EFA_LABEL = "vpc.amazonaws.com/efa.present"
# Of nodes with NVIDIA GPUs: the label that NVIDIA's own chart selects on, and GPU Feature Discovery sets.
GPU_LABEL = "nvidia.com/gpu.present"
# Of nodes with Inferentia or Trainium.
NEURON_LABEL = "aws.amazon.com/neuron.present"


def node_labels(instance: InstanceType, *, has_efa: bool) -> dict[str, str]:
    """Labels of a node of this type.

    :param has_efa: Whether it is launched with an EFA interface.
    """
    labels = {}
    if has_efa:
        labels[EFA_LABEL] = "true"
    kinds = {(accelerator.kind, accelerator.manufacturer) for accelerator in instance.accelerators}
    if ("gpu", "NVIDIA") in kinds:
        labels[GPU_LABEL] = "true"
    if any(kind == "neuron" for kind, _ in kinds):
        labels[NEURON_LABEL] = "true"
    return labels
