"""Arguments that do not go together are refused, and what is given beside others is judged like these."""

from __future__ import annotations

import pytest
from cdk8s_plus_27 import k8s

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import GangScheduling, Kueue, MpiImplementation, WorkerResources
from efa_constructs.k8s.environment import open_mpi_5_environment

LAYER_3 = "topology.k8s.aws/network-node-layer-3"
REQUIRED = "kueue.x-k8s.io/podset-required-topology"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"kueue": Kueue(queue="a"), "gang_scheduling": GangScheduling()},
            r"'kueue' and 'gang_scheduling' are both given, which do not go together: .* one of them \(EFA-JOB-028\)",
        ),
        (
            {"pod_annotations": {REQUIRED: LAYER_3}},
            f"'pod_annotations' has '{REQUIRED}', which would bind the launcher like the workers: use Kueue",
        ),
        (
            {"base_environment": {"K_MPI_JOB_ROLE": "x"}},
            "'base_environment' sets K_MPI_JOB_ROLE, which the operator sets too",
        ),
        (
            {
                "environment": {"PRTE_MCA_prte_default_hostfile": "/data/hosts"},
                "mpi_implementation": MpiImplementation.OPEN_MPI_5,
            },
            "'environment' sets PRTE_MCA_prte_default_hostfile to '/data/hosts', but Open MPI 5 needs '/etc/mpi/hostf",
        ),
        (
            {
                "base_environment": {"PRTE_MCA_plm_ssh_args": "-p 2222"},
                "mpi_implementation": MpiImplementation.OPEN_MPI_5,
            },
            "'base_environment' sets PRTE_MCA_plm_ssh_args to '-p 2222'",
        ),
    ],
)
def test_refuses_what_does_not_go_together(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(**overrides)
    assert bench.manifests == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"pod_annotations": {"kueue.x-k8s.io/retriable-in-group": "false"}, "kueue": Kueue(queue="a")},
        {"environment": {"PRTE_MCA_prte_default_hostfile": "/data/hosts"}},
        {"environment": open_mpi_5_environment(), "mpi_implementation": MpiImplementation.OPEN_MPI_5},
        {"base_environment": {"FI_PROVIDER": "efa"}},
        {"base_environment": {"FI_PROVIDER": "tcp"}, "resources": WorkerResources(efa_interfaces=0)},
        {"base_environment": {"FI_PROVIDER": "tcp"}, "environment": {"FI_PROVIDER": "efa"}},
        {"node_selector": {"eks.amazonaws.com/compute-type": "ec2", "karpenter": "no"}},
    ],
    ids=lambda overrides: ",".join(overrides),
)
def test_takes_what_does_without_a_word(bench, overrides):
    bench.job(**overrides)
    assert bench.warnings == []


def test_keeps_the_workers_alone_together_by_overrides(bench):
    bench.job(worker_overrides={"metadata": {"annotations": {REQUIRED: LAYER_3}}})
    replicas = bench.spec["mpiReplicaSpecs"]
    has = {role: REQUIRED in replicas[role]["template"]["metadata"]["annotations"] for role in replicas}
    assert has == {"Launcher": False, "Worker": True}


@pytest.mark.parametrize(
    ("overrides", "warning"),
    [
        ({"base_environment": {"FI_PROVIDER": "tcp"}}, "FI_PROVIDER=tcp: libfabric does not use EFA then"),
        ({"base_environment": {"B": "$HOME/b"}}, "B=$HOME/b: Kubernetes expands $(NAME) only"),
        ({"base_environment": {"RDMAV_FORK_SAFE": "1"}}, "RDMAV_FORK_SAFE=1"),
        ({"node_selector": {"karpenter.k8s.aws/instance-family": "p4d"}}, "Karpenter does not know which types"),
        ({"node_selector": {"eks.amazonaws.com/compute-type": "auto"}}, "nor does EKS Auto Mode"),
        ({"node_selector": {"eks.amazonaws.com/instance-family": "p4d"}}, "nor does EKS Auto Mode"),
    ],
)
def test_warns_of_what_may_not_do_what_was_meant_wherever_it_is_given(bench, overrides, warning):
    bench.job(**overrides)
    (given,) = bench.warnings
    assert warning in given


def test_does_not_judge_a_value_that_nobody_knows_yet(bench):
    source = k8s.EnvVarSource(config_map_key_ref=k8s.ConfigMapKeySelector(name="fabric", key="provider"))
    bench.job(environment={"FI_PROVIDER": source}, base_environment={"FI_PROVIDER": "tcp"})
    assert bench.warnings == []
