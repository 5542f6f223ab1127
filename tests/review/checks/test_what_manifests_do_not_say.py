"""Manifests with values that only the deployment knows, and clusters on which others put something, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from efa_constructs.review.manifests import load_manifest

from ..manifests import Manifests, broken_rules_of_manifests

MARK = "@mark@"


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in an object that is no object or list itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(item, dict | list):
            yield from places(item, (*way, key))
        else:
            yield (*way, key)


def left_open(manifests: Manifests, one: dict[str, Any], way: tuple[Any, ...]) -> dict[str, Any]:
    """The manifest with a parameter in place of one value, as CDK writes it: a number has no quotes."""
    value: Any = one
    for key in way[:-1]:
        value = value[key]
    old, value[way[-1]] = value[way[-1]], MARK
    before, after = json.dumps(manifests.others).split(f'"{MARK}"')
    value[way[-1]] = old
    quote = '"' if isinstance(old, str) else ""
    return {"Fn::Join": ["", [before + quote, {"Ref": "Value"}, quote + after]]}


@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment", "MPIJob", "ClusterRole", "ClusterRoleBinding"])
def test_says_nothing_wrong_of_what_only_the_deployment_knows(kind: str) -> None:
    manifests = Manifests()
    manifests.template["Parameters"]["Value"] = {"Type": "String"}
    one = next(each for each in manifests.objects if each["kind"] == kind)
    for way in places(one):
        # What an object is, nobody leaves open; and which capability, that it is another than the one to be asked for.
        if way not in [("kind",), ("apiVersion",)] and "capabilities" not in way:
            findings = manifests.review(left_open(manifests, one, way)).findings
            assert [finding.problem for finding in findings] == [], way


def test_reads_a_manifest_in_which_a_number_is_left_open() -> None:
    manifests = Manifests()
    manifests.template["Parameters"]["Value"] = {"Type": "Number"}
    del manifests.worker["securityContext"]
    manifest = left_open(manifests, manifests.job, ("spec", "mpiReplicaSpecs", "Worker", "replicas"))
    assert [finding.rule.id for finding in manifests.review(manifest).findings] == ["EFA-JOB-006"]


@pytest.mark.parametrize("text", ['"a \\" ⟨?x⟩"', '{"a": "\\\\", "b": [1, "⟨?x⟩"]}'])
def test_reads_texts_with_quotes_and_marks(text: str) -> None:
    assert load_manifest(text) == json.loads(text)


def without_plugin(manifests: Manifests) -> None:
    manifests.remove(manifests.efa_plugin)


def of_aws_eks(manifests: Manifests) -> None:
    """As the older module of CDK makes a cluster."""
    made = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:eks", "Config": {"version": "1.35"}}
    manifests.template["Resources"]["Cluster"] = {"Type": "Custom::AWSCDK-EKS-Cluster", "Properties": made}


def test_misses_plugins_and_operators_on_a_cluster_of_aws_eks_as_well() -> None:
    def change(manifests: Manifests) -> None:
        of_aws_eks(manifests)
        without_plugin(manifests)
        manifests.remove(manifests.find("Deployment", "mpi-operator"))

    assert broken_rules_of_manifests(of_aws_eks) == set()
    assert broken_rules_of_manifests(change) == {"EFA-K8S-001", "EFA-K8S-009"}


def applying(api_version: str, kind: str) -> Callable[[Manifests], None]:
    return lambda manifests: manifests.objects.append(
        {"apiVersion": api_version, "kind": kind, "metadata": {"name": "plugins", "namespace": "plugins"}}
    )


def with_capability(kind: str) -> Callable[[Manifests], None]:
    def change(manifests: Manifests) -> None:
        properties = {"ClusterName": {"Ref": "Cluster"}, "Type": kind, "CapabilityName": "plugins"}
        manifests.template["Resources"]["Capability"] = {"Type": "AWS::EKS::Capability", "Properties": properties}

    return change


@pytest.mark.parametrize(
    ("bring", "rules"),
    [
        (applying("argoproj.io/v1alpha1", "Application"), set()),
        (applying("helm.toolkit.fluxcd.io/v2", "HelmRelease"), set()),
        (applying("kustomize.toolkit.fluxcd.io/v1", "Kustomization"), set()),
        (applying("nvidia.com/v1", "ClusterPolicy"), set()),
        (applying("v1", "ConfigMap"), {"EFA-K8S-001"}),
        (with_capability("ARGOCD"), set()),
        (with_capability("ACK"), {"EFA-K8S-001"}),
    ],
)
def test_misses_no_plugin_that_something_else_may_apply(bring: Callable[[Manifests], None], rules: set[str]) -> None:
    def change(manifests: Manifests) -> None:
        without_plugin(manifests)
        bring(manifests)

    assert broken_rules_of_manifests(change) == rules
