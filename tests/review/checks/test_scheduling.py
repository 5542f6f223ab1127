"""Pods that select nodes which no node group makes, and those that only seem to."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ..manifests import Change, Manifests, both, broken_rules_of_manifests, resource, review_of_manifests

TYPE = "node.kubernetes.io/instance-type"
ZONE = "topology.kubernetes.io/zone"
NO_NODE, NO_LABEL = {"EFA-JOB-023"}, {"EFA-JOB-024"}


def select(**labels: str) -> Change:
    return lambda manifests: manifests.pod("Worker").update(nodeSelector={_KEYS[key]: labels[key] for key in labels})


_KEYS = {
    "arch": "kubernetes.io/arch",
    "capacity": "eks.amazonaws.com/capacityType",
    "gpus": "nvidia.com/gpu.count",
    "group": "eks.amazonaws.com/nodegroup",
    "host": "kubernetes.io/hostname",
    "efa": "vpc.amazonaws.com/efa.present",
    "team": "team",
    "type": TYPE,
    "zone": ZONE,
}


def terms(*expressions: tuple[str, str, list[str]]) -> Change:
    """Require affinity to a node: each expression is a term, of which one is enough."""
    each = [{"matchExpressions": [{"key": key, "operator": how, "values": values}]} for key, how, values in expressions]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": each}}
    return lambda manifests: manifests.pod("Worker").update(affinity={"nodeAffinity": required})


def set_in_group(name: str, value: Any) -> Change:
    return lambda manifests: manifests.group.update({name: value})


def user_data(text: str) -> Change:
    def change(manifests: Manifests) -> None:
        data = manifests.template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
        data["UserData"] = base64.b64encode(text.encode()).decode()

    return change


def on_node(name: str) -> Change:
    """Require a node by its name."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return lambda manifests: manifests.pod("Worker").update(affinity={"nodeAffinity": required})


def runs(image: str, kind: str = "Deployment", **spec: Any) -> Change:
    """Run something else on the cluster."""
    pod = {"containers": [{"name": "one", "image": image, **spec.pop("container", {})}], **spec}
    meta = {"name": "one", "namespace": "default"}
    added = {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": {"template": {"spec": pod}}}
    return lambda manifests: manifests.objects.append(added)


def add_object(kind: str) -> Change:
    added = {"apiVersion": "karpenter.sh/v1", "kind": kind, "metadata": {"name": "gpus"}}
    return lambda manifests: manifests.objects.append(added)


@pytest.mark.parametrize(
    "change",
    [
        select(type="p5.48xlarge"),
        select(zone="us-east-1b"),
        select(arch="arm64"),
        select(capacity="SPOT"),
        both(select(group="gpus"), set_in_group("NodegroupName", "training")),
        terms((TYPE, "In", ["p5.48xlarge", "p5en.48xlarge"]), (TYPE, "In", ["p4de.24xlarge"])),
        terms((TYPE, "NotIn", ["p4d.24xlarge"])),
        terms((ZONE, "DoesNotExist", [])),
        # One and the same node has to have both.
        both(select(type="p5.48xlarge"), terms((ZONE, "In", ["us-east-1a"]))),
        both(
            select(type="p5.48xlarge"),
            resource("Custom::AWSCDK-EKS-HelmChart", ClusterName={"Ref": "Cluster"}, Chart="aws-efa-k8s-device-plugin"),
        ),
        # It changes the size of groups, and makes none.
        both(
            select(type="p5.48xlarge"),
            resource(
                "Custom::AWSCDK-EKS-HelmChart",
                ClusterName={"Ref": "Cluster"},
                Chart="cluster-autoscaler",
                Repository="https://kubernetes.github.io/autoscaler",
            ),
        ),
    ],
)
def test_finds_pods_that_no_node_of_the_templates_can_take(change: Change) -> None:
    assert broken_rules_of_manifests(change) == NO_NODE


@pytest.mark.parametrize(
    "change",
    [
        select(type="p4d.24xlarge", zone="us-east-1a", arch="amd64", capacity="ON_DEMAND"),
        # The deployment names the group.
        select(group="gpus"),
        # A node has its name when it is there.
        select(host="ip-10-0-1-7.ec2.internal"),
        terms((TYPE, "In", ["p5.48xlarge"]), (TYPE, "In", ["p4d.24xlarge"])),
        on_node("ip-10-0-1-7.ec2.internal"),
        select(type="⟨?InstanceType⟩"),
        both(
            select(zone="us-east-1b"),
            set_in_group("Subnets", [{"Ref": "PrivateSubnet"}, "subnet-0123456789abcdef0"]),
        ),
        # What the deployment knows may be it.
        both(select(zone="us-east-1b"), set_in_group("Subnets", ["subnet-0123456789abcdef0"])),
        both(select(zone="us-east-1b"), set_in_group("Subnets", [{"Ref": "PrivateSubnet"}, {"Ref": "OtherSubnet"}])),
        *(
            both(select(type="p5.48xlarge"), other)
            for other in (
                resource("AWS::AutoScaling::AutoScalingGroup"),
                resource("Custom::AWSCDK-EKS-HelmChart", ClusterName={"Ref": "Cluster"}, Chart="karpenter"),
                add_object("NodePool"),
                runs("public.ecr.aws/karpenter/controller:1.8.0"),
                lambda manifests: manifests.template["Resources"]["Cluster"].update(Type="Custom::TheirCluster"),
                lambda manifests: manifests.template["Resources"]["Cluster"]["Properties"].update(
                    ComputeConfig={"Enabled": True}
                ),
                # Kueue sends it to another cluster.
                lambda manifests: manifests.job["spec"]["runPolicy"].update(managedBy="kueue.x-k8s.io/multikueue"),
            )
        ),
    ],
)
def test_says_nothing_of_pods_for_which_there_may_be_nodes(change: Change) -> None:
    # Karpenter makes none of them for pods that ask for huge pages.
    assert broken_rules_of_manifests(change) - {"EFA-JOB-034"} == set()


@pytest.mark.parametrize(
    "change",
    [
        select(team="vision"),
        both(select(team="vision"), set_in_group("Labels", {"team": "speech", "fabric": "efa"})),
        both(select(team="vision"), user_data("#!/bin/bash\nmkdir /data")),
        terms(("team", "Exists", [])),
        both(
            select(efa="true"),
            set_in_group("Labels", {"nvidia.com/gpu.present": "true", "fabric": "efa"}),
        ),
    ],
)
def test_finds_pods_that_select_a_label_which_no_node_group_sets(change: Change) -> None:
    assert broken_rules_of_manifests(change) - {"EFA-K8S-004"} == NO_LABEL


@pytest.mark.parametrize(
    "change",
    [
        select(efa="true"),
        # NVIDIA's feature discovery sets it.
        select(gpus="8"),
        terms(("team", "DoesNotExist", [])),
        both(select(team="vision"), user_data("--node-labels=team=vision")),
        both(select(team="vision"), set_in_group("LaunchTemplate", {"Id": "lt-0123456789abcdef0", "Version": "1"})),
        both(select(team="vision"), add_object("NodePool")),
        # Two terms whose halves no one node meets: a guess at most.
        terms((TYPE, "In", ["p4d.24xlarge"]), ("team", "In", ["vision"])),
    ],
)
def test_says_nothing_of_a_label_that_something_else_may_set(change: Change) -> None:
    assert NO_LABEL.isdisjoint(broken_rules_of_manifests(change))


def another_group(**properties: Any) -> Change:
    """Make a second node group, of no launch template."""

    def change(manifests: Manifests) -> None:
        manifests.template["Resources"]["Others"] = {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {**manifests.group, "LaunchTemplate": None, **properties},
        }

    return change


def test_says_nothing_of_a_label_that_one_of_the_node_groups_sets() -> None:
    others = another_group(InstanceTypes=["p4d.24xlarge"], Labels={"team": "vision"})
    assert NO_LABEL.isdisjoint(broken_rules_of_manifests(both(select(team="vision"), others)))
    assert broken_rules_of_manifests(both(select(team="speech"), others)) >= NO_LABEL


def test_says_nothing_of_a_group_of_whose_types_the_deployment_knows_one() -> None:
    def change(manifests: Manifests) -> None:
        select(type="p5.48xlarge")(manifests)
        another_group(InstanceTypes=["m7i.large", {"Ref": "Subnet"}])(manifests)

    assert NO_NODE.isdisjoint(broken_rules_of_manifests(change))


def test_says_nothing_of_a_cluster_whose_node_groups_are_of_elsewhere() -> None:
    def change(manifests: Manifests) -> None:
        select(type="p5.48xlarge", team="vision")(manifests)
        del manifests.template["Resources"]["NodeGroup"]

    assert (NO_NODE | NO_LABEL).isdisjoint(broken_rules_of_manifests(change))


def test_a_daemon_set_may_be_for_nodes_to_come() -> None:
    device = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    change = runs("monitor:1.0", kind="DaemonSet", nodeSelector={TYPE: "p5.48xlarge"}, container=device)
    assert broken_rules_of_manifests(change) == set()


def test_names_all_that_no_node_has() -> None:
    change = both(select(type="p5.48xlarge"), set_in_group("Labels", {"fabric": "efa", **_LABELS}))
    (finding,) = review_of_manifests(change).findings
    assert finding.problem == (
        f"a worker of MPIJob default/nccl-test goes only to nodes with {TYPE}=p5.48xlarge, and no node group of these "
        "templates makes such a node"
    )


_LABELS = {"vpc.amazonaws.com/efa.present": "true", "nvidia.com/gpu.present": "true"}


def test_a_launcher_without_devices_needs_a_node_too() -> None:
    def change(manifests: Manifests) -> None:
        manifests.pod("Launcher")["nodeSelector"] = {TYPE: "m7i.large"}

    assert broken_rules_of_manifests(change) == NO_NODE


def test_a_group_of_another_type_takes_it() -> None:
    def change(manifests: Manifests) -> None:
        manifests.pod("Launcher")["nodeSelector"] = {TYPE: "m7i.large"}
        another_group(InstanceTypes=["m7i.xlarge", "m7i.large"])(manifests)

    assert NO_NODE.isdisjoint(broken_rules_of_manifests(change))
