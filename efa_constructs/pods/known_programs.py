"""The programs whose doings are known, by their container images."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE
from .image_references import image_reference

__all__ = [
    "JOB_NAME_LABEL",
    "JOB_ROLE_LABEL",
    "KUEUE_QUEUE_LABEL",
    "OPERATOR_LABELS",
    "PLUGINS",
    "KnownProgram",
    "is_launcher",
    "job_role",
    "known_program",
]

# https://github.com/kubeflow/common, pkg/apis/common/v1/constants.go: set by the operator.
OPERATOR_LABELS = "training.kubeflow.org/"
"""What the labels begin with by which the MPI Operator finds its pods."""
JOB_NAME_LABEL = f"{OPERATOR_LABELS}job-name"
JOB_ROLE_LABEL = f"{OPERATOR_LABELS}job-role"
KUEUE_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
"""Of a job: the local queue that it waits in. https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/"""


class KnownProgram(StrEnum):
    """A program that a pod's image names. The values are names of image repositories, without their registry."""

    EFA_DEVICE_PLUGIN = "aws-efa-k8s-device-plugin"
    NVIDIA_DEVICE_PLUGIN = "k8s-device-plugin"
    NEURON_DEVICE_PLUGIN = "neuron-device-plugin"
    MPI_OPERATOR = "mpi-operator"

    @property
    def in_words(self) -> str:
        """What people call it, in a sentence."""
        return _WORDS[self]

    @property
    def construct(self) -> str:
        """Name of the construct of this package that runs it."""
        return _CONSTRUCTS[self]


# What offers each resource.
PLUGINS = {
    EFA_RESOURCE: KnownProgram.EFA_DEVICE_PLUGIN,
    GPU_RESOURCE: KnownProgram.NVIDIA_DEVICE_PLUGIN,
    NEURON_RESOURCE: KnownProgram.NEURON_DEVICE_PLUGIN,
}
_WORDS = {
    KnownProgram.EFA_DEVICE_PLUGIN: "the EFA device plugin",
    KnownProgram.NVIDIA_DEVICE_PLUGIN: "NVIDIA's device plugin",
    KnownProgram.NEURON_DEVICE_PLUGIN: "the Neuron device plugin",
    KnownProgram.MPI_OPERATOR: "the MPI Operator",
}
_CONSTRUCTS = {
    KnownProgram.EFA_DEVICE_PLUGIN: "EfaDevicePlugin",
    KnownProgram.NVIDIA_DEVICE_PLUGIN: "NvidiaDevicePlugin",
    KnownProgram.NEURON_DEVICE_PLUGIN: "NeuronDevicePlugin",
    KnownProgram.MPI_OPERATOR: "MpiOperator",
}

_NAMES = frozenset(str(program) for program in KnownProgram)
# What else is in the image of NVIDIA's device plugin: deployments/helm/nvidia-device-plugin of NVIDIA/k8s-device-plugin
_BESIDE_NVIDIA_DEVICE_PLUGIN = frozenset({"config-manager", "gpu-feature-discovery", "mps-control-daemon"})


def known_program(pod: Mapping[str, Any]) -> KnownProgram | None:
    """The first program among a pod's containers whose doings are known."""
    for container in pod["spec"]["containers"]:
        name = image_reference(container["image"]).name
        command = [str(word).rpartition("/")[2] for word in container.get("command") or ()]
        if name in _NAMES and _BESIDE_NVIDIA_DEVICE_PLUGIN.isdisjoint(command[:1]):
            return KnownProgram(name)
    return None


def job_role(pod: Mapping[str, Any]) -> str | None:
    """What a pod is in its MPIJob: "launcher" or "worker". None: it belongs to none."""
    role: str | None = (pod["metadata"].get("labels") or {}).get(JOB_ROLE_LABEL)
    return role


def is_launcher(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is the launcher of an MPIJob."""
    return job_role(pod) == "launcher"
