"""The smallest proof of EFA is a Job on each node."""

from __future__ import annotations

import pytest
from cdk8s_plus_27 import k8s

from efa_constructs.errors import EfaConstructsError
from efa_constructs.k8s import FabricCheck

from .schemas import check_manifests


def test_lists_the_endpoints_of_efa_with_all_efas_of_each_node(bench):
    FabricCheck(bench.chart, "FabricCheck", instance_type="p5.48xlarge", nodes=4)
    assert (bench.spec["completions"], bench.spec["parallelism"], bench.spec["backoffLimit"]) == (4, 4, 0)
    pod = bench.spec["template"]["spec"]
    assert pod["nodeSelector"] == {"node.kubernetes.io/instance-type": "p5.48xlarge"}
    (container,) = pod["containers"]
    assert container["command"][1:] == ["-p", "efa", "-t", "FI_EP_RDM"]
    assert container["resources"]["limits"]["vpc.amazonaws.com/efa"] == 32
    check_manifests(bench.manifests)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"instance_type": "m5.large"}, "has no EFA"),
        ({"nodes": 0}, "'nodes' must be at least 1, got 0"),
        ({"image": "fi-info"}, "has no tag"),
    ],
)
def test_refuses_what_could_prove_nothing(bench, overrides, message):
    with pytest.raises(EfaConstructsError, match=message):
        FabricCheck(bench.chart, "FabricCheck", **{"instance_type": "p5.48xlarge"} | overrides)
    assert bench.manifests == []


TEAM = k8s.Taint(key="team", value="vision", effect="NoSchedule")


def test_tolerates_the_taints_of_gpu_and_efa_nodes_and_those_given(bench):
    FabricCheck(
        bench.chart,
        "FabricCheck",
        instance_type="p5.48xlarge",
        node_selector={"team": "vision"},
        tolerations=[k8s.Toleration(key="team", value="vision")],
        node_taints=[TEAM, k8s.Taint(key="nvidia.com/gpu", value="true", effect="NoSchedule")],
    )
    pod = bench.spec["template"]["spec"]
    keys = {toleration["key"]: toleration.get("operator") for toleration in pod["tolerations"]}
    assert keys == {
        "aws.amazon.com/efa": "Exists",
        "aws.amazon.com/neuron": "Exists",
        "nvidia.com/gpu": "Exists",
        "vpc.amazonaws.com/efa": "Exists",
        "team": None,
    }
    assert pod["nodeSelector"] == {"node.kubernetes.io/instance-type": "p5.48xlarge", "team": "vision"}
    check_manifests(bench.manifests)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"name": "Bad Name"}, "'name' is 'Bad Name': a name is at most 63 lower-case"),
        ({"name": "x" * 64}, "'name' is 'x{64}'"),
        ({"namespace": "Bad_NS"}, "'namespace' is 'Bad_NS'"),
        ({"node_selector": {"a b": "c"}}, "'node_selector' has the key 'a b'"),
        ({"tolerations": [k8s.Toleration(key="team", operator="exists")]}, "has the operator 'exists'"),
        (
            {"node_taints": [TEAM]},
            "Job 'fabric-check': the nodes have the taint team=vision:NoSchedule, which the pods",
        ),
    ],
)
def test_refuses_what_would_never_run_and_lets_the_id_be_used_again(bench, overrides, message):
    arguments = {"instance_type": "p5.48xlarge"}
    with pytest.raises(EfaConstructsError, match=message):
        FabricCheck(bench.chart, "FabricCheck", **arguments | overrides)
    assert bench.manifests == []
    FabricCheck(bench.chart, "FabricCheck", **arguments)
    assert len(bench.manifests) == 1
