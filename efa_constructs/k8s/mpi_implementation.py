"""The MPI implementations that the MPI Operator knows, and how each starts the ranks of a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

__all__ = ["MpiImplementation", "mpirun"]

# Open MPI starts its daemon on the workers by SSH, whose sessions do not have the PATH of the image. It looks for it
# beside mpirun if that is called by an absolute path, whatever the image installed it as: mpirun(1), Open MPI 4.1.
# Hydra, of the others, does so by itself. Kubernetes leaves $(...) as it is where that is no name of a variable.
_BY_ITS_PATH = ("sh", "-c", 'exec "$(readlink -f "$(command -v mpirun)")" "$@"', "mpirun")


class MpiImplementation(StrEnum):
    """Which MPI the image has."""

    # Open MPI 4, such as the EFA installer's in /opt/amazon/openmpi.
    OPEN_MPI = "OpenMPI"
    # Open MPI 5 reads other environment variables than the operator sets: they are set for it.
    # https://github.com/kubeflow/mpi-operator/issues/842
    OPEN_MPI_5 = "OpenMPI 5"
    INTEL = "Intel"
    MPICH = "MPICH"

    @property
    def operator_name(self) -> str:
        """The value of ``mpiImplementation`` in an MPIJob."""
        return "OpenMPI" if self is MpiImplementation.OPEN_MPI_5 else self.value


def mpirun(
    implementation: MpiImplementation,
    *,
    processes: int,
    processes_per_node: int,
    bind_to: str,
    environment: Iterable[str],
    arguments: Sequence[str],
    program: Sequence[str],
) -> list[str]:
    """The command with which the launcher starts a program on every rank.

    :param bind_to: What Open MPI binds a rank to: ``"none"`` or ``"core"``. The others decide by themselves.
    :param environment: Names of the variables to pass on to the ranks: sshd gives them none.
    :param arguments: Further arguments of mpirun.
    """
    if implementation in (MpiImplementation.OPEN_MPI, MpiImplementation.OPEN_MPI_5):
        exports = [word for name in environment for word in ("-x", name)]
        return [
            *_BY_ITS_PATH,
            "--allow-run-as-root",
            # Every line of the log says which rank wrote it.
            "--tag-output",
            "-np",
            str(processes),
            "--map-by",
            f"ppr:{processes_per_node}:node",
            "--bind-to",
            bind_to,
            *exports,
            *arguments,
            *program,
        ]
    # Both are of the Hydra process manager.
    names = ",".join(environment)
    return [
        "mpirun",
        "-n",
        str(processes),
        "-ppn",
        str(processes_per_node),
        "-prepend-rank",
        *(["-genvlist", names] if names else []),
        *arguments,
        *program,
    ]
