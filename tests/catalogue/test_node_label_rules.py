"""Which labels and taints EKS and the kubelet accept: the limits are those of the EKS API's own model."""

from __future__ import annotations

import botocore.session
import pytest

from efa_constructs.catalogue import node_label_rules


@pytest.fixture(scope="module")
def eks_api():
    return botocore.session.get_session().get_service_model("eks")


@pytest.mark.parametrize("shape", ["labelKey", "labelValue", "taintKey", "taintValue"])
def test_the_longest_is_that_of_the_api(eks_api, shape):
    assert eks_api.shape_for(shape).metadata["max"] == node_label_rules.MAXIMUM_LENGTH


@pytest.mark.parametrize(
    ("shape", "accepts"),
    [
        ("labelKey", node_label_rules.is_key),
        ("labelValue", node_label_rules.is_label_value),
        ("taintKey", node_label_rules.is_key),
        ("taintValue", node_label_rules.is_taint_value),
    ],
)
def test_takes_an_empty_one_where_the_api_does(eks_api, shape, accepts):
    assert accepts("") is (eks_api.shape_for(shape).metadata["min"] == 0)


@pytest.mark.parametrize(
    "key", ["team", "a", "vpc.amazonaws.com/efa.present", "A_b-c.d", "x" * 63, f"{'d' * 31}/{'n' * 31}"]
)
def test_accepts_a_key(key):
    assert node_label_rules.is_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *("two words", "-team", "team-", "team\n", "x" * 64),
        *("/team", "team/", "a/b/c", "Acme.com/team", "acme..com/team", "acme.-com/team", f"{'d' * 32}/{'n' * 31}"),
    ],
)
def test_refuses_a_key(key):
    assert not node_label_rules.is_key(key)


@pytest.mark.parametrize("value", ["two words", "-a", "a-", "a/b", "true\n", "v" * 64])
def test_refuses_a_value(value):
    assert not node_label_rules.is_label_value(value)
    assert not node_label_rules.is_taint_value(value)


@pytest.mark.parametrize("value", ["true", "1", "a.b_c-D", "v" * 63])
def test_accepts_a_value(value):
    assert node_label_rules.is_label_value(value)
    assert node_label_rules.is_taint_value(value)


@pytest.mark.parametrize(
    ("key", "domain"),
    [
        ("team", None),
        ("kubernetes.io", None),
        ("acme.com/team", None),
        ("notkubernetes.io/team", None),
        ("noteks.amazonaws.com/team", None),
        ("node.kubernetes.io/team", None),
        ("gpu.node.kubernetes.io/team", None),
        ("topology.kubernetes.io/zone", None),
        ("topology.kubernetes.io/rack", "kubernetes.io"),
        ("kubernetes.io/team", "kubernetes.io"),
        ("node-role.kubernetes.io/worker", "kubernetes.io"),
        ("cluster.k8s.io/team", "k8s.io"),
        ("eks.amazonaws.com/nodegroup", "eks.amazonaws.com"),
        ("sub.eks.amazonaws.com/team", "eks.amazonaws.com"),
    ],
)
def test_knows_the_domains_whose_labels_are_refused(key, domain):
    assert node_label_rules.reserved_domain(key) == domain
