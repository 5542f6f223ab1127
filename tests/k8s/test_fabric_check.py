"""The smallest proof of EFA is a Job on each node."""

from __future__ import annotations

import pytest

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
