"""The environment of a job whose traffic shall go over EFA."""

from __future__ import annotations

from ..catalogue import InstanceType
from ..errors import InvalidArgumentError

__all__ = ["default_environment", "open_mpi_5_environment"]

# As MPIJob names them: mpiImplementation in kubeflow/mpi-operator, pkg/apis/kubeflow/v2beta1/types.go
_MPI_IMPLEMENTATIONS = ("OpenMPI", "Intel", "MPICH")


def default_environment(instance: InstanceType, *, mpi_implementation: str = "OpenMPI") -> dict[str, str]:
    """Return what the programs of a job on nodes of the type need, and no more.

    ``mpirun`` of Open MPI hands on to other nodes what begins with ``OMPI_MCA_``, and of the rest only what ``-x``
    names.

    :param instance: The type of the nodes.
    :param mpi_implementation: ``"OpenMPI"``, ``"Intel"`` or ``"MPICH"``. Default: ``"OpenMPI"``.
    :raises InvalidArgumentError: No such implementation of MPI.
    """
    if mpi_implementation not in _MPI_IMPLEMENTATIONS:
        raise InvalidArgumentError(
            f"'mpi_implementation' must be one of {', '.join(_MPI_IMPLEMENTATIONS)}, got '{mpi_implementation}'"
        )
    # aws-ofi-nccl and Neuron ask for EFA themselves; with this, what finds none fails instead of using TCP.
    environment = {"FI_PROVIDER": "efa"}
    if instance.has_nvidia_gpus:
        environment |= _NCCL
    elif instance.has_neuron_devices:
        environment |= _neuron(instance)
    elif mpi_implementation == "OpenMPI" and not instance.accelerators:
        environment |= _OPEN_MPI
    return environment | (_INTEL_MPI if mpi_implementation == "Intel" else {})


def open_mpi_5_environment() -> dict[str, str]:
    """Return what the launcher needs where the image has Open MPI 5.

    The MPI Operator sets variables of Open MPI 4 (``OMPI_MCA_orte_*``, ``OMPI_MCA_plm_rsh_args``). Open MPI 5 ignores
    them silently, and starts every rank on the launcher. These are their successors, which Open MPI 4 ignores in turn.
    The number of slots is not among them: each line of the operator's hostfile has it.

    Sources: https://github.com/kubeflow/mpi-operator/issues/842, https://github.com/kubeflow/trainer/pull/4029
    """
    return {
        "PRTE_MCA_prte_default_hostfile": "/etc/mpi/hostfile",
        # The opposite of what the operator tells Open MPI 4. The hostfile's names end in .svc, those by which pods
        # know themselves do not, and a launcher that is a worker, too, would not know itself. Connections are opened
        # by the hostfile's name all the same (openpmix/prrte#1182).
        "PRTE_MCA_prte_keep_fqdn_hostnames": "false",
        "PRTE_MCA_plm_ssh_args": "-o ConnectionAttempts=10",
    }


_NCCL = {
    # `via NET/Libfabric/0/GDRDMA` in the log is the proof that traffic went over EFA.
    "NCCL_DEBUG": "INFO",
    # Ranks find each other by the pod's own interface. The pattern holds for pods on the host's network as well.
    "NCCL_SOCKET_IFNAME": "^docker,lo,veth",
}

# Open MPI takes another transport where this one finds no device; named, it fails (open-mpi/ompi#9858).
_OPEN_MPI = {"OMPI_MCA_pml": "cm", "OMPI_MCA_mtl": "ofi"}

# The EFA provider comes with the EFA installer, not with Intel MPI: Intel MPI Library Developer Guide, "OFI Providers
# Support".
_INTEL_MPI = {"I_MPI_OFI_PROVIDER": "efa", "I_MPI_OFI_LIBRARY_INTERNAL": "0"}


def _neuron(instance: InstanceType) -> dict[str, str]:
    # The interface of a pod, which Neuron does not find by itself on EKS: aws-neuron/aws-neuron-samples.
    environment = {"CCOM_SOCKET_IFNAME": "eth0"}
    if instance.rdma:
        # AWS Neuron documentation, "How to prepare trn1.32xlarge for multi-node execution". It names FI_EFA_FORK_SAFE,
        # too, but for Amazon Linux 2 only.
        environment["FI_EFA_USE_DEVICE_RDMA"] = "1"
    return environment
