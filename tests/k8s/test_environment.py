"""Environment variables of a job: what it needs, and what does harm."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s.environment import default_environment, open_mpi_5_environment
from efa_constructs.pods.environment_verdicts import VERDICTS, judge_environment

EVERY_TYPE = catalogue.all_instance_types()


def reasons(instance_type: str, **environment: str) -> list[str]:
    return [finding.reason for finding in judge_environment(environment, catalogue.get(instance_type))]


# For each verdict a variable that it is about, and one that is like it and is right.
CASES = [
    ("p4d.24xlarge", "FI_PROVIDER", "tcp", "does not use EFA", "efa"),
    ("p4d.24xlarge", "FI_PROVIDER", "^efa", "does not use EFA", "^tcp"),
    ("hpc7a.96xlarge", "I_MPI_OFI_PROVIDER", "tcp;ofi_rxm", "does not use EFA", "efa"),
    ("g5.48xlarge", "FI_EFA_USE_DEVICE_RDMA", "1", "aborts the program", "0"),
    # Not in AWS's table.
    ("c5n.18xlarge", "FI_EFA_USE_DEVICE_RDMA", "true", "not known to have it", "0"),
    ("p5.48xlarge", "FI_EFA_USE_DEVICE_RDMA", "1", "not needed since libfabric 1.18", ""),
    ("p5.48xlarge", "FI_EFA_USE_DEVICE_RDMA", "0", "switches off the RDMA", ""),
    ("p5.48xlarge", "FI_EFA_FORK_SAFE", "1", "switches off huge pages", "0"),
    ("p5.48xlarge", "FI_EFA_ENABLE_SHM_TRANSFER", "1", "leave shared memory to NCCL", None),
    ("p5.48xlarge", "RDMAV_FORK_SAFE", "1", "breaks programs", None),
    ("hpc7a.96xlarge", "RDMAV_HUGEPAGES_SAFE", "1", "below libfabric", None),
    ("p5.48xlarge", "NCCL_PROTO", "simple", "up to aws-ofi-nccl 1.5", None),
    ("p5.48xlarge", "NCCL_ALGO", "RING", "costs speed", "Tree"),
    ("p5.48xlarge", "NCCL_BUFFSIZE", "8388608", "aws-ofi-nccl sets it", None),
    ("p5.48xlarge", "NCCL_NVLSTREE_MAX_CHUNKSIZE", "1", "aws-ofi-nccl sets it", None),
    ("p4d.24xlarge", "NCCL_TOPO_FILE", "/topology.xml", "aws-ofi-nccl sets it", None),
    ("p5.48xlarge", "NCCL_MIN_NCHANNELS", "32", "too small for EFA", None),
    ("p5.48xlarge", "NCCL_NSOCKS_PERTHREAD", "4", "about TCP", None),
    ("p5.48xlarge", "NCCL_NET", "Socket", "is called Libfabric", "Libfabric"),
    ("p5.48xlarge", "NCCL_NET", "AWS Libfabric", "is called Libfabric", "Libfabric"),
    ("p5.48xlarge", "NCCL_NET_PLUGIN", "none", "does not load aws-ofi-nccl", "ofi"),
    ("p5.48xlarge", "NCCL_IB_DISABLE", "1", "InfiniBand", None),
    ("p5.48xlarge", "NCCL_NET_GDR_LEVEL", "LOC", "GPUDirect RDMA off", "PHB"),
    ("p5.48xlarge", "NCCL_P2P_DISABLE", "1", "NVLink", "0"),
    ("p5.48xlarge", "NCCL_SHM_DISABLE", "1", "shared memory", "0"),
    ("p5.48xlarge", "NCCL_P2P_LEVEL", "LOC", "NVLink", "NVL"),
    ("p5.48xlarge", "NCCL_MNNVL_ENABLE", "1", "GB200", None),
    ("p5.48xlarge", "OFI_NCCL_PROTOCOL", "SENDRECV", "for good reasons", None),
    ("hpc7a.96xlarge", "OMPI_MCA_pml", "ob1", "set it to cm", "cm"),
    ("hpc7a.96xlarge", "OMPI_MCA_pml", "^cm", "set it to cm", "^ucx"),
    ("hpc7a.96xlarge", "OMPI_MCA_mtl", "psm2", "set it to ofi", "ofi"),
    ("hpc7a.96xlarge", "I_MPI_FABRICS", "shm", "set it to shm:ofi", "shm:ofi"),
    ("p5.48xlarge", "LD_LIBRARY_PATH", "/opt/lib:$LD_LIBRARY_PATH", "Kubernetes expands $(NAME) only", "/lib:$(OTHER)"),
    ("p5.48xlarge", "MASTER", "${JOB}-worker-0", "Kubernetes expands $(NAME) only", "$$JOB costs $5"),
]


@pytest.mark.parametrize(("instance_type", "name", "wrong", "why", "right"), CASES)
def test_finds_what_does_harm_and_not_what_is_like_it(instance_type, name, wrong, why, right):
    (finding,) = judge_environment({name: wrong}, catalogue.get(instance_type))
    assert (finding.name, finding.value) == (name, wrong)
    assert why in finding.reason
    assert finding.source
    if right is not None:
        assert reasons(instance_type, **{name: right}) == []


def test_every_verdict_has_a_case():
    found = {
        finding.reason
        for instance_type, name, wrong, _, _ in CASES
        for finding in judge_environment({name: wrong}, catalogue.get(instance_type))
    }
    assert found == {verdict.reason for verdict in VERDICTS}


@pytest.mark.parametrize(
    ("instance_type", "name", "value"),
    [
        # Neuron's documentation asks for it, where there is RDMA.
        ("trn1.32xlarge", "FI_EFA_USE_DEVICE_RDMA", "1"),
        # NCCL is not there.
        ("hpc7a.96xlarge", "NCCL_PROTO", "simple"),
        ("trn1.32xlarge", "NCCL_IB_DISABLE", "1"),
        # One GPU has no other beside it.
        ("p5.4xlarge", "NCCL_P2P_DISABLE", "1"),
        ("p6e-gb200.36xlarge", "NCCL_MNNVL_ENABLE", "1"),
        # With GPUs, MPI only starts the programs.
        ("p5.48xlarge", "OMPI_MCA_pml", "ob1"),
        # What helps when data loaders fork.
        ("p5.48xlarge", "FI_EFA_USE_HUGE_PAGE", "0"),
    ],
)
def test_leaves_alone_what_is_right_on_the_type(instance_type, name, value):
    assert reasons(instance_type, **{name: value}) == []


def test_finds_in_the_order_of_the_variables_and_ignores_case_and_blanks():
    found = judge_environment(
        {"NCCL_NET": " SOCKET ", "NCCL_DEBUG": "INFO", "FI_PROVIDER": "TCP"}, catalogue.get("p5.48xlarge")
    )
    assert [(finding.name, finding.value) for finding in found] == [("NCCL_NET", " SOCKET "), ("FI_PROVIDER", "TCP")]


def test_takes_an_empty_value_for_none():
    assert reasons("hpc7a.96xlarge", FI_PROVIDER="", OMPI_MCA_pml="", I_MPI_FABRICS="") == []


@pytest.mark.parametrize(
    ("instance_type", "mpi_implementation", "expected"),
    [
        (
            "p5.48xlarge",
            "OpenMPI",
            {"FI_PROVIDER": "efa", "NCCL_DEBUG": "INFO", "NCCL_SOCKET_IFNAME": "^docker,lo,veth"},
        ),
        (
            "trn1.32xlarge",
            "OpenMPI",
            {"FI_PROVIDER": "efa", "CCOM_SOCKET_IFNAME": "eth0", "FI_EFA_USE_DEVICE_RDMA": "1"},
        ),
        # It has no RDMA, and would abort.
        ("inf1.24xlarge", "OpenMPI", {"FI_PROVIDER": "efa", "CCOM_SOCKET_IFNAME": "eth0"}),
        ("hpc7g.16xlarge", "OpenMPI", {"FI_PROVIDER": "efa", "OMPI_MCA_pml": "cm", "OMPI_MCA_mtl": "ofi"}),
        (
            "hpc7a.96xlarge",
            "Intel",
            {"FI_PROVIDER": "efa", "I_MPI_OFI_PROVIDER": "efa", "I_MPI_OFI_LIBRARY_INTERNAL": "0"},
        ),
        ("hpc7a.96xlarge", "MPICH", {"FI_PROVIDER": "efa"}),
        ("dl1.24xlarge", "OpenMPI", {"FI_PROVIDER": "efa"}),
    ],
)
def test_gives_a_job_what_it_needs(instance_type, mpi_implementation, expected):
    assert default_environment(catalogue.get(instance_type), mpi_implementation=mpi_implementation) == expected


@pytest.mark.parametrize("mpi_implementation", ["OpenMPI", "Intel", "MPICH"])
def test_has_nothing_against_its_own_defaults_on_any_type(mpi_implementation):
    for instance_type in EVERY_TYPE:
        environment = default_environment(instance_type, mpi_implementation=mpi_implementation)
        assert judge_environment(environment | open_mpi_5_environment(), instance_type) == [], instance_type.name


def test_refuses_an_unknown_mpi_implementation():
    with pytest.raises(
        InvalidArgumentError, match="'mpi_implementation' must be one of OpenMPI, Intel, MPICH, got 'X'"
    ):
        default_environment(catalogue.get("hpc7a.96xlarge"), mpi_implementation="X")


def test_a_change_of_the_result_does_not_change_the_next_one():
    default_environment(catalogue.get("p5.48xlarge"))["NCCL_DEBUG"] = "WARN"
    assert default_environment(catalogue.get("p5.48xlarge"))["NCCL_DEBUG"] == "INFO"


def test_names_the_successors_of_what_open_mpi_5_ignores():
    assert open_mpi_5_environment() == {
        "PRTE_MCA_prte_default_hostfile": "/etc/mpi/hostfile",
        "PRTE_MCA_prte_keep_fqdn_hostnames": "false",
        "PRTE_MCA_plm_ssh_args": "-o ConnectionAttempts=10",
    }
