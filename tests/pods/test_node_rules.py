"""Which nodes a pod may go to."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.pods.node_rules import tolerates, unmet_requirement, untolerated_taints

NODE = {
    "metadata": {"name": "n1", "labels": {"zone": "a", "cores": "96"}},
    "spec": {
        "taints": [{"key": "gpu", "value": "true", "effect": "NoSchedule"}, {"key": "x", "effect": "PreferNoSchedule"}]
    },
}
TAINT = {"key": "gpu", "value": "true", "effect": "NoSchedule"}


def required(*terms: Any) -> dict[str, Any]:
    terms_of_affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"affinity": {"nodeAffinity": terms_of_affinity}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({}, None),
        ({"nodeSelector": {"zone": "a"}}, None),
        ({"nodeSelector": {"zone": "b"}}, "zone"),
        (required(expression("zone", "In", "a", "b")), None),
        (required(expression("zone", "In", "b")), "zone"),
        (required(expression("zone", "NotIn", "a")), "zone"),
        (required(expression("rack", "NotIn", "a")), None),
        (required(expression("rack", "Exists")), "rack"),
        (required(expression("zone", "DoesNotExist")), "zone"),
        (required(expression("cores", "Gt", "95")), None),
        (required(expression("cores", "Lt", "96")), "cores"),
        # Either is enough.
        (required(expression("zone", "In", "b"), expression("cores", "Exists")), None),
        (required({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}), "metadata.name"),
    ],
)
def test_a_node_meets_what_a_pod_requires_of_its_labels(spec: dict[str, Any], key: str | None) -> None:
    unmet = unmet_requirement(spec, NODE)
    assert (unmet and unmet[0]) == key


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "gpu", "value": "true"}, True),
        ({"key": "gpu", "value": "present"}, False),
        ({"key": "efa", "operator": "Exists"}, False),
    ],
)
def test_a_toleration_is_for_a_key_a_value_and_an_effect(toleration: dict[str, str], tolerated: bool) -> None:
    assert tolerates(toleration, TAINT) is tolerated


def test_a_taint_without_a_value_is_tolerated_without_one() -> None:
    taint = {"key": "gpu", "effect": "NoSchedule"}
    for toleration, tolerated in (({"key": "gpu"}, True), ({"key": "gpu", "value": "true"}, False), ({}, False)):
        assert tolerates(toleration, taint) is tolerated


def test_only_taints_that_keep_pods_away_count() -> None:
    assert list(map(str, untolerated_taints({}, NODE))) == ["gpu=true:NoSchedule"]
    assert not untolerated_taints({"tolerations": [{"key": "gpu", "operator": "Exists"}]}, NODE)


def test_a_daemon_set_tolerates_the_taints_of_node_conditions() -> None:
    node = {
        "metadata": {"name": "n"},
        "spec": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]},
    }
    assert untolerated_taints({}, node)
    assert not untolerated_taints({}, node, daemon=True)
