"""The newest versions that were known when this was written: of Kubernetes on EKS, and of what runs in the cluster.

Nothing here asks a registry: what came out since, only the sources know.
"""

from __future__ import annotations

from typing import NamedTuple

from .device_plugins import DevicePlugin
from .kubernetes_versions import DEFAULT_KUBERNETES_VERSION

__all__ = ["LOOKED_UP", "NEWEST_KUBERNETES", "NEWEST_VERSIONS", "NewestVersion", "newest_version_of_image"]

LOOKED_UP = "2026-11"
"""Year and month of the look-up."""

NEWEST_KUBERNETES = DEFAULT_KUBERNETES_VERSION


class NewestVersion(NamedTuple):
    """The newest version of something."""

    title: str
    # The end of the name of its image's repository. None: it has no image.
    repository: str | None
    version: str
    # Where newer ones appear.
    source: str


NEWEST_VERSIONS = (
    NewestVersion(
        DevicePlugin.EFA.heading,
        "eks/aws-efa-k8s-device-plugin",
        "v0.5.21-eksbuild.13",
        "https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin",
    ),
    NewestVersion(
        DevicePlugin.NVIDIA.heading,
        "nvidia/k8s-device-plugin",
        "v0.20.0",
        "https://github.com/NVIDIA/k8s-device-plugin/releases",
    ),
    NewestVersion(
        DevicePlugin.NEURON.heading,
        "neuron/neuron-device-plugin",
        "2.32.0.0",
        "https://gallery.ecr.aws/neuron/neuron-device-plugin",
    ),
    NewestVersion(
        "MPI Operator", "mpioperator/mpi-operator", "0.8.2", "https://github.com/kubeflow/mpi-operator/releases"
    ),
    NewestVersion("aws-cdk-lib", None, "2.275.0", "https://pypi.org/project/aws-cdk-lib/"),
)


def newest_version_of_image(repository: str) -> NewestVersion | None:
    """The newest version of what an image of this repository is. None: it is none of these.

    :param repository: Without its registry: ``"nvidia/k8s-device-plugin"``.
    """
    return next(
        (one for one in NEWEST_VERSIONS if one.repository is not None and repository.endswith(one.repository)), None
    )
