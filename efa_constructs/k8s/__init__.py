"""cdk8s constructs for what multi-node training needs on a cluster: device plugins, MPI Operator, MPI jobs."""

from __future__ import annotations

from .efa_device_plugin import EfaDevicePlugin
from .environment import EnvironmentFinding, default_environment, judge_environment, open_mpi_5_environment
from .neuron_device_plugin import NeuronDevicePlugin
from .node_selection import default_tolerations, plugin_tolerations
from .nvidia_device_plugin import NvidiaDevicePlugin

__all__ = [
    "EfaDevicePlugin",
    "EnvironmentFinding",
    "NeuronDevicePlugin",
    "NvidiaDevicePlugin",
    "default_environment",
    "default_tolerations",
    "judge_environment",
    "open_mpi_5_environment",
    "plugin_tolerations",
]
