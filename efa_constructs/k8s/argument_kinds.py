"""Of what kind each argument of the constructs is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdk8s_plus_27 import k8s

from ..argument_kinds import Kind, instance_of, is_map_of_strings, is_whole_number, list_of
from .gang_scheduler import GangScheduler
from .gang_scheduling import GangScheduling
from .kueue import Kueue
from .launcher import Launcher
from .mpi_implementation import MpiImplementation
from .nccl_options import NcclCollective, NcclDataType, NcclTransport
from .run_policy import RunPolicy
from .worker_resources import WorkerResources

__all__ = ["KINDS"]


def _map_to(*types: type) -> Callable[[object], bool]:
    """Accept mappings from strings to instances of these types."""
    return lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(name, str) and isinstance(one, types) for name, one in value.items())
    )


_TEXT = instance_of(str)
_COMMAND = Kind(list_of(_TEXT), "a list of words, such as ['python', 'train.py']")
_OVERRIDES = Kind(_map_to(object), "a part of a pod template, such as {'spec': {'priorityClassName': 'high'}}")
_STRINGS = Kind(is_map_of_strings, "a dict of strings: a label 'true' is not True")

KINDS: Mapping[str, Kind] = {
    "base_environment": _STRINGS,
    "check": Kind(instance_of(bool), "True or False"),
    "collective": Kind(instance_of(NcclCollective), "a member of NcclCollective"),
    "command": _COMMAND,
    "container_resources": Kind(instance_of(k8s.ResourceRequirements), "a k8s.ResourceRequirements of cdk8s_plus_27"),
    "controller_queue_burst": Kind(is_whole_number, "a whole number"),
    "controller_queue_rate_limit": Kind(is_whole_number, "a whole number"),
    "crd_mode": Kind(_TEXT, "the name of a mode, such as 'small'"),
    "create_namespace": Kind(instance_of(bool), "True or False"),
    "data_type": Kind(instance_of(NcclDataType), "a member of NcclDataType"),
    "environment": Kind(_map_to(str, k8s.EnvVarSource), "a dict whose values are strings or k8s.EnvVarSource"),
    "gang_scheduler": Kind(instance_of(GangScheduler), "GangScheduler.volcano() or .scheduler_plugins()"),
    "gang_scheduling": Kind(instance_of(GangScheduling), "a GangScheduling"),
    "image": Kind(_TEXT, "a container image with a tag or digest"),
    "instance_type": Kind(_TEXT, "its name, such as 'p4d.24xlarge'"),
    "iterations": Kind(is_whole_number, "a whole number"),
    "json_output": Kind(_TEXT, "the path of a file"),
    "kube_api_burst": Kind(is_whole_number, "a whole number"),
    "kube_api_qps": Kind(is_whole_number, "a whole number"),
    "kueue": Kind(instance_of(Kueue), "a Kueue, such as Kueue(queue='training')"),
    "launcher": Kind(instance_of(Launcher), "a Launcher"),
    "launcher_command": _COMMAND,
    "launcher_overrides": _OVERRIDES,
    "maximum_bytes": Kind(_TEXT, "a string such as '2G'"),
    "minimum_bytes": Kind(_TEXT, "a string such as '8'"),
    "mpi_implementation": Kind(instance_of(MpiImplementation), "a member of MpiImplementation"),
    "mpirun_arguments": _COMMAND,
    "name": Kind(_TEXT, "a name"),
    "namespace": Kind(_TEXT, "the name of a namespace"),
    "node_selector": _STRINGS,
    "node_taints": Kind(list_of(instance_of(k8s.Taint)), "a list of k8s.Taint"),
    "nodes_proxy": Kind(instance_of(bool), "True or False"),
    "nodes": Kind(is_whole_number, "a whole number of nodes"),
    "operating_system": Kind(_TEXT, "'AL2023' or 'BOTTLEROCKET'"),
    "pod_annotations": _STRINGS,
    "pod_labels": _STRINGS,
    "processes_per_node": Kind(is_whole_number, "a whole number of ranks"),
    "region": Kind(_TEXT, "a Region, such as 'us-west-2'"),
    "resource_claim_template": Kind(_TEXT, "the name of a ResourceClaimTemplate"),
    "resources": Kind(instance_of(WorkerResources), "WorkerResources"),
    "run_policy": Kind(instance_of(RunPolicy), "a RunPolicy"),
    "service_account": Kind(_TEXT, "the name of a service account"),
    "ssh_auth_mount_path": Kind(_TEXT, "an absolute path"),
    "step_factor": Kind(is_whole_number, "a whole number"),
    "threadiness": Kind(is_whole_number, "a whole number"),
    "tolerations": Kind(
        list_of(instance_of(k8s.Toleration)),
        "a list of k8s.Toleration, such as [k8s.Toleration(key='team', operator='Exists')]",
    ),
    "transport": Kind(instance_of(NcclTransport), "a member of NcclTransport"),
    "version": Kind(_TEXT, "the tag of a container image, such as 'v1.2.3'"),
    "volumes": Kind(_map_to(k8s.Volume), "a dict of mount paths to k8s.Volume"),
    "warmup_iterations": Kind(is_whole_number, "a whole number"),
    "watch_namespace": Kind(_TEXT, "the name of a namespace"),
    "worker_overrides": _OVERRIDES,
}
