"""A job has no name, label, toleration or variable that the API server would refuse, half-way through a deployment."""

from __future__ import annotations

import pytest
from cdk8s_plus_27 import k8s

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import Kueue

from .schemas import check_manifests


def test_takes_what_the_api_server_takes(bench):
    bench.job(
        namespace="team-a",
        service_account="trainer.team-a",
        resource_claim_template="gpu-and-efa",
        volumes={"/data": k8s.Volume(name="data-1", empty_dir=k8s.EmptyDirVolumeSource())},
        pod_labels={"example.com/Team": "Vision_1", "empty": ""},
        pod_annotations={"example.com/note": "any text: at all"},
        node_selector={"karpenter.sh/nodepool": "gpu"},
        environment={"lower.case-2": "1"},
        tolerations=[
            k8s.Toleration(operator="Exists"),
            k8s.Toleration(key="team", value="vision", effect="NoSchedule"),
            k8s.Toleration(key="example.com/team", operator="Equal", value="vision", effect="NoExecute"),
        ],
        kueue=Kueue(queue="team-a.training", priority_class="high", topology="kubernetes.io/hostname"),
    )
    check_manifests(bench.manifests)


def toleration(**fields):
    return {"tolerations": [k8s.Toleration(key="fine", operator="Exists"), k8s.Toleration(**fields)]}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"namespace": "Bad_NS"}, "'namespace' is 'Bad_NS'"),
        ({"namespace": ""}, "'namespace' is ''"),
        ({"service_account": "Bad Name"}, "'service_account' is 'Bad Name'"),
        ({"service_account": ""}, "'service_account' is ''"),
        ({"resource_claim_template": ""}, "'resource_claim_template' is ''"),
        ({"resource_claim_template": "Bad Name"}, "'resource_claim_template' is 'Bad Name'"),
        ({"volumes": {"/data": k8s.Volume(name="My_Vol")}}, r"'volumes\[/data\].name' is 'My_Vol'"),
        ({"pod_labels": {"a": "x y"}}, "'pod_labels' has a='x y'"),
        ({"pod_labels": {"a b": "x"}}, "'pod_labels' has the key 'a b'"),
        ({"pod_annotations": {"a b": "x"}}, "'pod_annotations' has the key 'a b'"),
        ({"node_selector": {"a b": "c"}}, "'node_selector' has the key 'a b'"),
        ({"node_selector": {"a": "b c"}}, "'node_selector' has a='b c'"),
        ({"kueue": Kueue(queue="bad queue!")}, "'kueue.queue' is 'bad queue!': a name is at most 63"),
        ({"kueue": Kueue(queue="q" * 64)}, "'kueue.queue' is 'q{64}': a name is at most 63"),
        ({"kueue": Kueue(queue="q", priority_class="High")}, "'kueue.priority_class' is 'High'"),
        ({"kueue": Kueue(queue="q", topology="layer 3")}, "'kueue.topology' has the key 'layer 3'"),
        ({"environment": {"A B": "1"}}, "'environment' has the variable 'A B'"),
        ({"environment": {"": "1"}}, "'environment' has the variable ''"),
        ({"base_environment": {"A B": "1"}}, "'base_environment' has the variable 'A B'"),
        (
            toleration(key="team", operator="exists"),
            r"'tolerations\[1\]' has the operator 'exists': use one of Equal, Ex",
        ),
        (
            toleration(key="team", effect="noSchedule"),
            r"'tolerations\[1\]' has the effect 'noSchedule': use one of NoExe",
        ),
        (
            toleration(key="team", operator="Exists", value="x"),
            "the operator 'Exists' and the value 'x': leave the value",
        ),
        (
            toleration(effect="NoSchedule"),
            r"'tolerations\[1\]' has no key, which only the operator 'Exists' goes without",
        ),
        (toleration(key="a b", operator="Exists"), ".tolerations.[01].' has the key 'a b'"),
    ],
)
def test_refuses_what_it_refuses(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(**overrides)
    assert bench.manifests == []


def test_can_be_made_anew_under_the_same_id_once_the_mistake_is_mended(bench):
    with pytest.raises(InvalidArgumentError, match="'namespace'"):
        bench.job(namespace="Bad_NS")
    bench.job(namespace="team-a")
    assert len(bench.manifests) == 1
