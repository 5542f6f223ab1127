"""cdk8s constructs for what multi-node training needs on a cluster: device plugins, MPI Operator, MPI jobs."""

from __future__ import annotations

from ..pods.environment_verdicts import EnvironmentFinding, judge_environment
from .efa_device_plugin import EfaDevicePlugin
from .environment import default_environment, open_mpi_5_environment
from .fabric_check import FabricCheck
from .gang_scheduler import GangScheduler
from .gang_scheduling import GangScheduling
from .kueue import Kueue
from .launcher import Launcher, LauncherPlacement
from .mpi_implementation import MpiImplementation
from .mpi_job import MpiJob
from .mpi_job_schema import CrdMode
from .mpi_operator import MpiOperator
from .nccl_options import NcclCollective, NcclDataType, NcclTransport
from .nccl_tests import NcclTests
from .neuron_device_plugin import NeuronDevicePlugin
from .node_selection import default_tolerations, plugin_tolerations
from .nvidia_device_plugin import NvidiaDevicePlugin
from .run_policy import CleanPodPolicy, RestartPolicy, RunPolicy
from .worker_resources import WorkerResources

__all__ = [
    "CleanPodPolicy",
    "CrdMode",
    "EfaDevicePlugin",
    "EnvironmentFinding",
    "FabricCheck",
    "GangScheduler",
    "GangScheduling",
    "Kueue",
    "Launcher",
    "LauncherPlacement",
    "MpiImplementation",
    "MpiJob",
    "MpiOperator",
    "NcclCollective",
    "NcclDataType",
    "NcclTests",
    "NcclTransport",
    "NeuronDevicePlugin",
    "NvidiaDevicePlugin",
    "RestartPolicy",
    "RunPolicy",
    "WorkerResources",
    "default_environment",
    "default_tolerations",
    "judge_environment",
    "open_mpi_5_environment",
    "plugin_tolerations",
]
