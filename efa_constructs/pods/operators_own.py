"""What the MPI Operator puts on the pods of a job itself.

Source: https://github.com/kubeflow/mpi-operator, pkg/controller/mpi_job_controller.go, v0.8.2
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from .pod_refusals import normal_path

__all__ = [
    "CONFIG_PATH",
    "CONFIG_VOLUME",
    "RESTART_POLICIES",
    "ROLE_VARIABLE",
    "SSH_PATH",
    "SSH_VOLUME",
    "VARIABLES",
    "Taken",
    "taken_by_operator",
]

SSH_VOLUME = "ssh-auth"
"""Of launcher and workers."""
SSH_PATH = "/root/.ssh"
"""Where that is mounted, unless the job says otherwise."""
CONFIG_VOLUME = "mpi-job-config"
"""Of the launcher alone."""
CONFIG_PATH = "/etc/mpi"
"""Where that is mounted."""
ROLE_VARIABLE = "K_MPI_JOB_ROLE"
"""In launcher and workers."""
VARIABLES = {
    "OpenMPI": (
        "OMPI_MCA_orte_keep_fqdn_hostnames",
        "OMPI_MCA_orte_default_hostfile",
        "OMPI_MCA_orte_set_default_slots",
        "OMPI_MCA_plm_rsh_args",
    ),
    "Intel": ("I_MPI_HYDRA_HOST_FILE", "I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS", "I_MPI_PERHOST"),
    "MPICH": ("HYDRA_HOST_FILE", "HYDRA_LAUNCH_EXTRA_ARGS"),
}
"""In the launcher, by the MPI of the job."""
RESTART_POLICIES = {"launcher": "OnFailure", "worker": "Never"}
"""Of pods whose job does not say it, in ``mpiReplicaSpecs``."""


class Taken(NamedTuple):
    """A name or path that a job gives to a volume, and the operator to one of its own."""

    # "has a volume 'ssh-auth', a name that the operator uses"
    problem: str
    # "name" or "path".
    what: str


def taken_by_operator(name: str, mount_path: str, *, names: Collection[str], paths: Collection[str]) -> Iterator[Taken]:
    """What is wrong with a volume, or with a mount of it, because the operator has one there.

    :param name: "": it is not judged.
    :param mount_path: "": it is not judged.
    :param names: Of the operator's volumes in that pod.
    :param paths: Where the operator mounts them.
    """
    if name in names:
        yield Taken(f"has a volume '{name}', a name that the operator uses", "name")
    path = normal_path(mount_path)
    if path and path in {normal_path(each) for each in paths}:
        yield Taken(f"mounts a volume at {path}, where the operator mounts its own", "path")
