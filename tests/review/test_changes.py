"""What a deployment changes: what is replaced, what changes with it, and what that interrupts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from efa_constructs.rehearsal.account.cloudformation.schemas import schema
from efa_constructs.review.changes import Change, ChangeKind, changes_between
from efa_constructs.review.create_only import CREATE_ONLY, SOMETIMES_CREATE_ONLY, Replacement, replacement_by

from .templates import Template, sound, templates_of


def changes(change: Callable[[Template], object], before: Template | None = None) -> dict[str, Change]:
    """The changes by logical id, or by the title of a Kubernetes object."""
    template = sound() if before is None else before
    after = json.loads(json.dumps(template))
    change(after)
    found = changes_between(templates_of(template), templates_of(after))
    return {
        each.kubernetes_object.title if each.kubernetes_object else each.resource.logical_id: each for each in found
    }


def properties(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def test_finds_no_change_where_there_is_none() -> None:
    assert changes(lambda template: None) == {}


def test_tells_what_is_added_and_removed() -> None:
    def change(template: Template) -> None:
        template["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
        template["Resources"].pop("Egress")

    found = changes(change)
    assert {name: each.kind for name, each in found.items()} == {
        "Topic": ChangeKind.ADDED,
        "Egress": ChangeKind.REMOVED,
    }


def test_a_node_group_on_another_subnet_is_replaced_and_ends_its_jobs() -> None:
    found = changes(lambda template: properties(template, "NodeGroup").update(Subnets=["subnet-0a1b2c3d4e5f60718"]))
    assert list(found) == ["NodeGroup"]
    group = found["NodeGroup"]
    assert group.replacement is Replacement.YES
    assert group.interrupts is not None and "every job that runs on them ends" in group.interrupts
    assert [one.path for one in group.properties] == ["Subnets.0"]


def test_a_larger_node_group_stays_the_same_one() -> None:
    found = changes(lambda template: properties(template, "NodeGroup")["ScalingConfig"].update(MaxSize=8))
    group = found["NodeGroup"]
    assert group.replacement is Replacement.NO
    [size] = group.properties
    assert (size.path, size.before, size.after) == ("ScalingConfig.MaxSize", 3, 8)


def test_a_changed_launch_template_rolls_the_nodes_of_its_node_group() -> None:
    def change(template: Template) -> None:
        properties(template, "LaunchTemplate")["LaunchTemplateData"]["UserData"] = "eA=="

    found = changes(change)
    assert found["LaunchTemplate"].replacement is Replacement.NO
    group = found["NodeGroup"]
    assert group.properties == ()
    assert [one.logical_id for one in group.because_of] == ["LaunchTemplate"]
    assert group.replacement is Replacement.NO
    assert group.interrupts is not None and "EKS replaces the nodes" in group.interrupts


def test_a_replaced_placement_group_reaches_the_nodes_through_the_launch_template() -> None:
    found = changes(lambda template: properties(template, "PlacementGroup").update(Strategy="spread"))
    assert found["PlacementGroup"].replacement is Replacement.YES
    assert [one.logical_id for one in found["LaunchTemplate"].because_of] == ["PlacementGroup"]
    assert found["NodeGroup"].interrupts is not None


def test_what_refers_to_a_replaced_resource_by_what_cannot_change_is_replaced_too() -> None:
    found = changes(lambda template: properties(template, "SecurityGroup").update(GroupDescription="other"))
    assert found["SecurityGroup"].replacement is Replacement.YES
    assert found["Egress"].replacement is Replacement.YES
    assert found["LaunchTemplate"].replacement is Replacement.NO


def test_a_resource_of_another_type_is_refused_by_cloudformation() -> None:
    def change(template: Template) -> None:
        template["Resources"]["PlacementGroup"] = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}

    group = changes(change)["PlacementGroup"]
    assert group.interrupts is not None and "refuses" in group.interrupts
    assert group.replacement is Replacement.YES
    assert [(one.path, one.before, one.after) for one in group.properties] == [
        ("Type", "AWS::EC2::PlacementGroup", "AWS::EC2::VPC")
    ]


def test_says_of_an_unknown_type_that_it_does_not_know() -> None:
    before = sound()
    before["Resources"]["Thing"] = {"Type": "Acme::Thing::Thing", "Properties": {"Size": 1}}
    found = changes(lambda template: properties(template, "Thing").update(Size=2), before)
    assert found["Thing"].replacement is Replacement.UNKNOWN


def with_daemon_set(image: str, prune: str) -> Template:
    content = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "plugin", "namespace": "kube-system", "labels": {f"aws.cdk.eks/prune-{prune}": ""}},
        "spec": {"template": {"spec": {"containers": [{"name": "plugin", "image": image}]}}},
    }
    template = sound()
    template["Resources"]["Manifest"] = {
        "Type": "Custom::AWSCDK-EKS-KubernetesResource",
        "Properties": {"ClusterName": "training", "Manifest": json.dumps([content])},
    }
    return template


def test_tells_changes_in_manifests_object_by_object() -> None:
    [change] = changes_between(
        templates_of(with_daemon_set("plugin:1", "a")), templates_of(with_daemon_set("plugin:2", "b"))
    )
    assert change.kubernetes_object is not None
    assert change.kubernetes_object.title == "DaemonSet kube-system/plugin"
    [image] = change.properties
    assert (image.path, image.before, image.after) == (
        "spec.template.spec.containers.0.image",
        "plugin:1",
        "plugin:2",
    )
    assert change.interrupts is not None and "pods that run keep their devices" in change.interrupts


def test_sees_no_change_where_only_the_label_differs_by_which_cdk_prunes() -> None:
    assert changes_between(templates_of(with_daemon_set("p:1", "a")), templates_of(with_daemon_set("p:1", "b"))) == ()


@pytest.mark.parametrize("resource_type", CREATE_ONLY)
def test_knows_what_cloudformation_knows_about_replacement(resource_type: str) -> None:
    known = schema(resource_type)
    assert known is not None
    assert sorted(CREATE_ONLY[resource_type]) == sorted(".".join(path) for path in known.create_only)
    sometimes = sorted(".".join(path) for path in known.conditional_create_only)
    assert sorted(SOMETIMES_CREATE_ONLY.get(resource_type, ())) == sometimes


def test_a_property_within_one_that_cannot_change_replaces_too() -> None:
    assert replacement_by("AWS::EKS::Cluster", "KubernetesNetworkConfig.IpFamily") is Replacement.YES
    assert replacement_by("AWS::EKS::Cluster", "KubernetesNetworkConfig.ElasticLoadBalancing") is Replacement.NO
    assert replacement_by("AWS::EKS::Nodegroup", "InstanceTypes.0") is Replacement.YES
    assert replacement_by("Custom::Anything", "Size") is Replacement.NO
    assert replacement_by("AWS::EC2::VPC", "InstanceTenancy") is Replacement.MAYBE
    assert replacement_by("AWS::EC2::VPC", "EnableDnsSupport") is Replacement.NO


def test_the_worst_of_several_changes_is_that_of_the_resource() -> None:
    def change(template: Template) -> None:
        properties(template, "SecurityGroup").update(GroupDescription="other", Tags=[{"Key": "a", "Value": "b"}])

    assert changes(change)["SecurityGroup"].replacement is Replacement.YES


def test_a_change_that_may_replace_is_worse_than_one_that_does_not() -> None:
    before = sound()
    before["Resources"]["Vpc"] = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}

    def change(template: Template) -> None:
        properties(template, "Vpc").update(InstanceTenancy="dedicated", EnableDnsSupport=False)

    assert changes(change, before)["Vpc"].replacement is Replacement.MAYBE
