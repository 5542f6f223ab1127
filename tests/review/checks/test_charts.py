"""Helm charts may bring what manifests lack: those that are known for something else do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..manifests import Manifests, broken_rules_of_manifests

MISSING = {"EFA-K8S-001", "EFA-K8S-009"}
EKS_CHARTS = "https://aws.github.io/eks-charts"


def charts(*properties: dict[str, Any]) -> Callable[[Manifests], None]:
    """A cluster with a job and charts, and no other manifest."""

    def change(manifests: Manifests) -> None:
        manifests.objects = [manifests.job]
        for index, each in enumerate(properties):
            manifests.template["Resources"][f"Chart{index}"] = {
                "Type": "Custom::AWSCDK-EKS-HelmChart",
                "Properties": {"ClusterName": {"Ref": "Cluster"}, "Release": "release", **each},
            }

    return change


@pytest.mark.parametrize(
    "chart",
    [
        {"Chart": "platform", "Repository": "https://charts.example.com"},
        {"ChartAssetURL": "s3://bucket/chart.tgz"},
        {"Chart": {"Ref": "Subnet"}},
        {"Chart": "aws-load-balancer-controller", "Repository": "https://charts.example.com"},
        {"Chart": "aws-dranet", "Repository": EKS_CHARTS},
        {"Chart": ["odd"], "Repository": {"odd": 1}},
    ],
)
def test_says_nothing_where_a_chart_may_bring_anything(chart: dict[str, Any]) -> None:
    assert broken_rules_of_manifests(charts(chart)) == set()


@pytest.mark.parametrize(
    "chart",
    [
        {"Chart": "aws-load-balancer-controller", "Repository": EKS_CHARTS},
        {"Chart": "cluster-autoscaler", "Repository": "https://kubernetes.github.io/autoscaler"},
        {"Chart": "metrics-server", "Repository": "https://kubernetes-sigs.github.io/metrics-server/"},
    ],
    ids=lambda chart: chart["Chart"],
)
def test_misses_plugins_and_operator_beside_a_chart_that_is_for_something_else(chart: dict[str, Any]) -> None:
    assert broken_rules_of_manifests(charts(chart)) == MISSING


def test_takes_a_chart_for_what_it_is_known_to_bring_and_for_nothing_else() -> None:
    plugin = {"Chart": "aws-efa-k8s-device-plugin", "Repository": "https://mirror.example.com/eks"}
    gpus = {"Repository": "oci://registry.example.com/nvidia/gpu-operator"}
    assert broken_rules_of_manifests(charts(plugin)) == MISSING
    assert broken_rules_of_manifests(charts(plugin, gpus)) == {"EFA-K8S-009"}
    assert broken_rules_of_manifests(charts(plugin, gpus, {"Chart": "mpi-operator"})) == set()


def test_a_chart_of_another_cluster_brings_nothing() -> None:
    elsewhere = {"ClusterName": "another", "Chart": "platform"}
    assert broken_rules_of_manifests(charts(elsewhere)) == MISSING
