"""The VPC CNI of a cluster where it is no add-on of EKS, asked of a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from efa_constructs.cluster.kubeconfig import Kubeconfig, check_is_for, read_kubeconfig
from efa_constructs.cluster.vpc_cni import read_vpc_cni_version
from efa_constructs.errors import InvalidArgumentError, KubernetesRequestError
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane

from ..rehearsal.live_cluster import Kubectl

DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
REGISTRY = "602401143452.dkr.ecr.us-east-1.amazonaws.com"


def daemon_set(image: str) -> dict[str, object]:
    """As AWS's manifest has it: a second container beside the plugin's."""
    labels = {"k8s-app": "aws-node"}
    containers = [
        {"name": "aws-eks-nodeagent", "image": f"{REGISTRY}/amazon/aws-network-policy-agent:v1.2.2"},
        {"name": "aws-node", "image": image},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "aws-node", "namespace": "kube-system"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


@pytest.fixture(scope="module")
def kubeconfig(control_plane: ControlPlane) -> Kubeconfig:
    found = read_kubeconfig(control_plane.admin_kubeconfig)
    assert found is not None
    return found


@pytest.fixture
def cluster(control_plane: ControlPlane) -> Iterator[Kubectl]:
    cluster = Kubectl(control_plane.admin_kubeconfig)
    yield cluster
    cluster.delete(f"{DAEMON_SETS}/aws-node")


def test_a_cluster_without_the_daemon_set_has_no_version(kubeconfig: Kubeconfig) -> None:
    assert read_vpc_cni_version(kubeconfig) is None


@pytest.mark.parametrize(
    ("image", "version"),
    [
        (f"{REGISTRY}/amazon-k8s-cni:v1.18.5", "v1.18.5"),
        (f"{REGISTRY}/amazon-k8s-cni:v1.20.4-eksbuild.2@sha256:{'0' * 64}", "v1.20.4-eksbuild.2"),
        ("localhost:5000/amazon-k8s-cni", None),
        (f"localhost:5000/amazon-k8s-cni@sha256:{'0' * 64}", None),
    ],
)
def test_the_tag_of_the_image_is_the_version(
    kubeconfig: Kubeconfig, cluster: Kubectl, image: str, version: str | None
) -> None:
    cluster.create(DAEMON_SETS, daemon_set(image))
    assert read_vpc_cni_version(kubeconfig) == version


def test_whoever_may_not_read_it_is_told_so(control_plane: ControlPlane) -> None:
    nobody = read_kubeconfig(control_plane.kubeconfig("nobody", user="nobody"))
    assert nobody is not None
    with pytest.raises(KubernetesRequestError) as refused:
        read_vpc_cni_version(nobody)
    assert 'does not tell of DaemonSet aws-node: daemonsets.apps "aws-node" is forbidden' in str(refused.value)


def test_a_kubeconfig_for_another_cluster_is_refused(kubeconfig: Kubeconfig) -> None:
    check_is_for(kubeconfig, name="training", endpoint=kubeconfig.server, region=None)
    check_is_for(kubeconfig, name="training", endpoint=None, region=None)
    with pytest.raises(InvalidArgumentError) as refused:
        check_is_for(
            replace(kubeconfig, server="https://other.example"),
            name="training",
            endpoint=kubeconfig.server,
            region="us-east-1",
        )
    assert "aws eks update-kubeconfig --name training --region us-east-1" in str(refused.value)
