"""Instances of node groups as nodes: what a template, an AMI type and a node group make of them."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from efa_constructs import catalogue
from efa_constructs.aws.user_data import MimePart, bottlerocket_user_data, nodeadm_user_data
from efa_constructs.rehearsal.account.eks.node_facts import node_facts
from efa_constructs.rehearsal.account.eks.state import eks_state
from efa_constructs.rehearsal.twin.node_objects import NodeFacts, Taint, node_object

from .training_account import REGION, TrainingAccount, p4d


@pytest.fixture
def account() -> TrainingAccount:
    made = TrainingAccount()
    made.create_cluster()
    return made


def facts(account: TrainingAccount) -> list[NodeFacts]:
    state = eks_state(account.id, REGION)
    return node_facts(state, state.cluster("training"))


def one_node(account: TrainingAccount, template: dict[str, Any] | None = None, **group: Any) -> NodeFacts:
    """The node of a node group of one."""
    scaling = {"minSize": 1, "desiredSize": 1, "maxSize": 2}
    launch_template = {"id": account.launch_template(**template or {})}
    account.create_node_group(scalingConfig=scaling, launchTemplate=launch_template, **group)
    (node,) = facts(account)
    return node


def user_data(text: str | None) -> dict[str, Any]:
    assert text is not None
    return {"UserData": base64.b64encode(text.encode()).decode()}


def interfaces(count: int = 1, kind: str = "interface") -> list[dict[str, Any]]:
    return [{"NetworkCardIndex": 0, "DeviceIndex": number, "InterfaceType": kind} for number in range(count)]


def test_a_p4d_has_what_its_template_gives_it(account: TrainingAccount) -> None:
    node = one_node(account)
    (instance,) = account.nodes()
    assert (node.instance_id, node.name) == (instance.id, instance.private_dns_name)
    assert node.name.startswith("ip-10-0-") and node.name.endswith(".ec2.internal")
    assert node.private_address == instance.private_ip
    assert (node.availability_zone, node.availability_zone_id) in {
        ("us-east-1a", "use1-az6"),
        ("us-east-1b", "use1-az1"),
    }
    assert (node.efa_interfaces, node.accelerator, node.accelerator_count, node.driver) == (4, "nvidia", 8, "nvidia")
    assert (node.vcpus, node.memory_mib, node.architecture) == (96, 1152 * 1024, "x86_64")
    assert node.launch_template is not None and node.launch_template[1] == "1"
    assert node.allocatable.hugepages_2mi_mib == 21122
    assert node.allocatable.cpu_millicores == 95_690


def test_an_interface_less_in_the_template_is_an_efa_less_on_the_node(account: TrainingAccount) -> None:
    fewer = p4d()["NetworkInterfaces"][:-1]
    assert one_node(account, {"NetworkInterfaces": fewer}).efa_interfaces == 3


def test_a_node_without_efa_reserves_no_huge_pages(account: TrainingAccount) -> None:
    node = one_node(account, {"NetworkInterfaces": interfaces()})
    assert (node.efa_interfaces, node.allocatable.hugepages_2mi_mib) == (0, 0)
    labels = node_object(node, kubelet_version="v1.36.3")["metadata"]["labels"]
    assert not [label for label in labels if label.startswith("topology.k8s.aws/network-node-layer")]


def test_labels_and_taints_are_those_of_the_group_in_kubernetes_words(account: TrainingAccount) -> None:
    node = one_node(
        account,
        labels={"team": "one"},
        taints=[
            {"key": "nvidia.com/gpu", "value": "yes", "effect": "NO_SCHEDULE"},
            {"key": "soft", "effect": "PREFER_NO_SCHEDULE"},
            {"key": "hard", "effect": "NO_EXECUTE"},
        ],
    )
    assert node.labels == {"team": "one"}
    assert node.taints == (
        Taint(key="nvidia.com/gpu", value="yes", effect="NoSchedule"),
        Taint(key="soft", value=None, effect="PreferNoSchedule"),
        Taint(key="hard", value=None, effect="NoExecute"),
    )


def test_labels_and_taints_follow_an_update_of_the_group(account: TrainingAccount) -> None:
    before = one_node(account, labels={"team": "one"}, taints=[{"key": "a", "effect": "NO_SCHEDULE"}])
    account.call(
        "UpdateNodegroupConfig",
        clusterName="training",
        nodegroupName="p4d",
        labels={"addOrUpdateLabels": {"team": "two"}},
        taints={"removeTaints": [{"key": "a", "effect": "NO_SCHEDULE"}]},
    )
    assert facts(account) == [replace(before, labels={"team": "two"}, taints=())]


def test_nodes_follow_the_size_of_their_group(account: TrainingAccount) -> None:
    account.create_node_group()
    both = facts(account)
    for size, expected in ((3, 3), (1, 1), (0, 0)):
        scaling = {"minSize": 0, "desiredSize": size, "maxSize": 3}
        account.call("UpdateNodegroupConfig", clusterName="training", nodegroupName="p4d", scalingConfig=scaling)
        assert len(facts(account)) == expected
    assert len(both) == 2


def test_an_instance_that_ec2_terminated_is_no_node(account: TrainingAccount) -> None:
    account.create_node_group()
    first, second = facts(account)
    account.ec2.terminate_instances([first.instance_id])
    assert facts(account) == [second]


def test_a_new_version_of_the_template_makes_new_nodes(account: TrainingAccount) -> None:
    template = account.launch_template()
    account.create_node_group(launchTemplate={"id": template})
    before = facts(account)
    account.ec2.get_launch_template(template).create_version(
        {**_data(account, template), "NetworkInterfaces": _data(account, template)["NetworkInterfaces"][:2]}, ""
    )
    account.call(
        "UpdateNodegroupVersion",
        clusterName="training",
        nodegroupName="p4d",
        launchTemplate={"id": template, "version": "2"},
    )
    after = facts(account)
    assert {node.instance_id for node in before} & {node.instance_id for node in after} == set()
    assert [(node.efa_interfaces, node.launch_template) for node in after] == [(1, (template, "2"))] * 2


def _data(account: TrainingAccount, template: str) -> dict[str, Any]:
    data: dict[str, Any] = account.ec2.get_launch_template(template).versions[0].data
    return data


def test_several_groups_have_their_own_nodes(account: TrainingAccount) -> None:
    account.create_node_group()
    account.create_node_group(
        nodegroupName="system",
        amiType="AL2023_x86_64_STANDARD",
        launchTemplate=None,
        instanceTypes=["m5.large"],
        scalingConfig={"minSize": 1, "desiredSize": 1, "maxSize": 1},
    )
    by_group: dict[str, list[NodeFacts]] = {}
    for node in facts(account):
        by_group.setdefault(node.node_group, []).append(node)
    (system,) = by_group["system"]
    assert len(by_group["p4d"]) == 2
    assert (system.instance_type, system.efa_interfaces, system.accelerator) == ("m5.large", 0, None)
    assert system.launch_template is None
    # https://github.com/aws/amazon-vpc-cni-k8s, misc/eni-max-pods.txt has 29; a managed group is capped at 110.
    assert system.max_pods <= 110


# How many pods a node takes.

MORE = [MimePart.shell_script("#!/bin/bash\necho hello\n")]


@pytest.mark.parametrize(
    ("ami_type", "text"),
    [
        ("AL2023_x86_64_NVIDIA", nodeadm_user_data([], raid0=True, max_pods=48)),
        ("AL2023_x86_64_NVIDIA", nodeadm_user_data(MORE, raid0=False, max_pods=48)),
        ("BOTTLEROCKET_x86_64_NVIDIA", bottlerocket_user_data([], raid0=False, max_pods=48)),
    ],
)
def test_a_node_takes_as_many_pods_as_its_user_data_says(
    account: TrainingAccount, ami_type: str, text: str | None
) -> None:
    node = one_node(account, user_data(text), amiType=ami_type)
    assert node.max_pods == 48
    status = node_object(node, kubelet_version="v1.36.3")["status"]
    assert (status["capacity"]["pods"], status["allocatable"]["pods"]) == ("48", "48")


CONFIG = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    config:\n      maxPods: 20\n"


def test_eks_overrides_what_a_node_config_says_but_not_that_of_an_image_of_ones_own(account: TrainingAccount) -> None:
    told = user_data(nodeadm_user_data([MimePart.node_config(CONFIG)], raid0=False, max_pods=None))
    assert one_node(account, told).max_pods == 250
    scaling = {"minSize": 1, "desiredSize": 1, "maxSize": 2}
    launch_template = {"id": account.launch_template(**told, ImageId="ami-0123456789abcdef0")}
    account.create_node_group(nodegroupName="own", scalingConfig=scaling, launchTemplate=launch_template, amiType=None)
    assert [node.max_pods for node in facts(account)] == [250, 20]


def test_the_last_setting_of_the_user_data_wins(account: TrainingAccount) -> None:
    first = MimePart.shell_script("#!/bin/sh\ncat > /etc/eks/nodeadm.d/1.yaml <<'END'\n      maxPods: 20\nEND\n")
    assert one_node(account, user_data(nodeadm_user_data([first], raid0=False, max_pods=30))).max_pods == 30


def test_parts_in_base64_count_too(account: TrainingAccount) -> None:
    script = base64.b64encode(b"#!/bin/sh\ncat > /etc/eks/nodeadm.d/1.yaml <<'END'\n  maxPods: 20\nEND\n").decode()
    head = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
    part = f"Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n{script}\n"
    assert one_node(account, user_data(f"{head}{part}--x--\n")).max_pods == 20


@pytest.mark.parametrize("text", [None, nodeadm_user_data([], raid0=True, max_pods=None)])
def test_without_a_setting_it_is_what_eks_computes(account: TrainingAccount, text: str | None) -> None:
    assert one_node(account, user_data(text) if text else None).max_pods == 250


def test_memory_is_reserved_for_the_pods_that_the_type_could_have(account: TrainingAccount) -> None:
    node = one_node(account, user_data(nodeadm_user_data([], raid0=False, max_pods=10)))
    p4d = catalogue.get("p4d.24xlarge")
    # nodeadm computes it from the instance type, whatever the kubelet is told then.
    assert node.allocatable.conservative_memory_mib == catalogue.allocatable(p4d).conservative_memory_mib


# Other machines.


def test_an_arm_node_says_so(account: TrainingAccount) -> None:
    node = one_node(
        account,
        {"InstanceType": "c7gn.16xlarge", "NetworkInterfaces": interfaces(1, "efa")},
        amiType="AL2023_ARM_64_STANDARD",
    )
    assert (node.architecture, node.efa_interfaces, node.accelerator, node.driver) == ("arm64", 1, None, None)
    item = node_object(node, kubelet_version="v1.36.3")
    assert item["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
    assert item["status"]["nodeInfo"]["architecture"] == "arm64"


def test_bottlerocket_brings_the_gpu_plugin_and_other_huge_pages(account: TrainingAccount) -> None:
    node = one_node(account, amiType="BOTTLEROCKET_x86_64_NVIDIA")
    assert node.brings_nvidia_device_plugin
    assert node.operating_system == "BOTTLEROCKET"
    assert node.allocatable.hugepages_2mi_mib == 21120


def test_an_ami_without_the_driver_leaves_the_gpus_alone(account: TrainingAccount) -> None:
    node = one_node(account, amiType="AL2023_x86_64_STANDARD")
    assert (node.accelerator, node.driver) == ("nvidia", None)


def test_an_ami_of_ones_own_is_taken_to_have_what_its_nodes_need(account: TrainingAccount) -> None:
    node = one_node(account, {"ImageId": "ami-0123456789abcdef0"}, amiType=None)
    assert (node.driver, node.operating_system, node.image_id) == ("nvidia", None, "ami-0123456789abcdef0")


def test_the_node_object_has_the_kubelets_clouds_and_eks_labels(account: TrainingAccount) -> None:
    node = one_node(account, labels={"kubernetes.io/hostname": "not-so", "team": "one"})
    item = node_object(node, kubelet_version="v1.36.3")
    labels = item["metadata"]["labels"]
    assert labels["kubernetes.io/hostname"] == node.name
    assert labels["team"] == "one"
    assert labels["node.kubernetes.io/instance-type"] == "p4d.24xlarge"
    assert labels["topology.kubernetes.io/zone"] == node.availability_zone
    assert labels["eks.amazonaws.com/nodegroup"] == "p4d"
    assert labels["eks.amazonaws.com/capacityType"] == "ON_DEMAND"
    assert labels["eks.amazonaws.com/sourceLaunchTemplateVersion"] == "1"
    assert item["spec"]["providerID"] == f"aws:///{node.availability_zone}/{node.instance_id}"
    # Devices are the plugins' to offer.
    assert not {key for key in item["status"]["capacity"] if "." in key}


def test_nodes_of_one_placement_group_are_near_each_other_and_others_are_not(account: TrainingAccount) -> None:
    node = one_node(account)
    near = [replace(node, placement_group="together", instance_id=f"i-{number}") for number in range(2)]
    far = [replace(node, placement_group=None, instance_id=f"i-{number}") for number in range(2)]

    def layer(node: NodeFacts, number: int) -> str:
        labels = node_object(node, kubelet_version="v1.36.3")["metadata"]["labels"]
        return str(labels[f"topology.k8s.aws/network-node-layer-{number}"])

    assert layer(near[0], 3) == layer(near[1], 3)
    assert layer(far[0], 3) != layer(far[1], 3)
    assert layer(far[0], 1) == layer(far[1], 1)
