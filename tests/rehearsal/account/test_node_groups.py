"""Managed node groups of the emulated EKS, and the instances that they run."""

from __future__ import annotations

import copy
import cProfile

import pytest
from moto.ec2.models.instances import Instance

from efa_constructs.rehearsal.account.eks import eks_state
from efa_constructs.rehearsal.account.eks.node_groups import replace_missing
from efa_constructs.rehearsal.account.on_trust import taken_on_trust
from efa_constructs.rehearsal.account.placement_groups import create_placement_group
from efa_constructs.rehearsal.account.resource_type import AwsError

from .training_account import REGION, TrainingAccount, p4d


@pytest.fixture
def account() -> TrainingAccount:
    account = TrainingAccount()
    account.create_cluster()
    return account


def test_runs_as_many_nodes_as_desired_with_the_interfaces_of_the_template(account: TrainingAccount) -> None:
    account.create_node_group()
    first, second = account.nodes()
    positions = [
        (interface.network_card_index, interface.device_index, interface.interface_type)
        for interface in first.nics.values()
    ]
    assert positions == [
        (0, 0, "interface"),
        (0, 1, "efa-only"),
        (1, 0, "efa-only"),
        (2, 0, "efa-only"),
        (3, 0, "efa-only"),
    ]
    assert first.private_ip_address != second.private_ip_address
    assert {first.subnet_id, second.subnet_id} == {account.subnets[0].id}


def test_takes_an_address_for_each_interface_but_efa_only_ones(account: TrainingAccount) -> None:
    before = account.subnets[0].available_ip_address_count
    account.create_node_group()
    assert before - account.subnets[0].available_ip_address_count == 2
    addresses = [interface.private_ip_address for interface in account.nodes()[0].nics.values()]
    assert addresses[0] is not None and addresses[1:] == [None] * 4


def test_adds_the_cluster_security_group_only_where_the_template_names_none(account: TrainingAccount) -> None:
    own = account.ec2.create_security_group("own", "own", vpc_id=account.vpc_id)
    data = p4d()
    for interface in data["NetworkInterfaces"]:
        interface["Groups"] = [own.id]
    account.create_node_group(nodegroupName="own", launchTemplate={"id": account.launch_template(**data)})
    assert {group.id for node in account.nodes() for nic in node.nics.values() for group in nic.group_set} == {own.id}
    account.create_node_group(nodegroupName="none")
    network = account.call("DescribeCluster", name="training")["cluster"]["resourcesVpcConfig"]
    groups = {group.id for nic in account.nodes()[-1].nics.values() for group in nic.group_set}
    assert groups == {network["clusterSecurityGroupId"]}


def test_tags_nodes_as_eks_does_and_puts_them_into_the_placement_group(account: TrainingAccount) -> None:
    create_placement_group(account.ec2, "together")
    template = account.launch_template(Placement={"GroupName": "together"})
    group = account.create_node_group(launchTemplate={"id": template})
    (node, _) = account.nodes()
    tags = {tag["key"]: tag["value"] for tag in node.get_tags()}
    assert tags["eks:cluster-name"] == "training"
    assert tags["eks:nodegroup-name"] == "p4d"
    assert tags["kubernetes.io/cluster/training"] == "owned"
    assert tags["aws:ec2launchtemplate:id"] == template
    assert tags["aws:autoscaling:groupName"] == group["resources"]["autoScalingGroups"][0]["name"]
    assert node.placement.group_name == "together"


def test_follows_the_desired_size_up_and_down(account: TrainingAccount) -> None:
    account.create_node_group()
    before = {node.id for node in account.nodes()}
    update = account.call(
        "UpdateNodegroupConfig", clusterName="training", nodegroupName="p4d", scalingConfig={"desiredSize": 3}
    )
    assert update["update"]["status"] == "Successful"
    assert len(account.nodes()) == 3 and before < {node.id for node in account.nodes()}
    account.call("UpdateNodegroupConfig", clusterName="training", nodegroupName="p4d", scalingConfig={"desiredSize": 1})
    assert len(account.nodes()) == 1


def test_replaces_every_node_for_another_version_of_the_template(account: TrainingAccount) -> None:
    template = account.launch_template()
    account.create_node_group(launchTemplate={"id": template, "version": "1"})
    before = {node.id for node in account.nodes()}
    one_less = copy.deepcopy(p4d())
    one_less["NetworkInterfaces"].pop()
    account.ec2.get_launch_template(template).create_version(one_less, "")
    account.call(
        "UpdateNodegroupVersion",
        clusterName="training",
        nodegroupName="p4d",
        launchTemplate={"id": template, "version": "2"},
    )
    assert before.isdisjoint({node.id for node in account.nodes()})
    assert [len(node.nics) for node in account.nodes()] == [4, 4]
    group = account.call("DescribeNodegroup", clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert group["launchTemplate"]["version"] == "2"


@pytest.mark.parametrize(("strategy", "status"), [("DEFAULT", "Failed"), ("MINIMAL", "Successful")])
def test_needs_no_room_for_one_more_node_with_the_minimal_update_strategy(
    account: TrainingAccount, strategy: str, status: str
) -> None:
    template = account.launch_template()
    account.create_node_group(
        launchTemplate={"id": template, "version": "1"},
        updateConfig={"maxUnavailable": 1, "updateStrategy": strategy},
    )
    before = {node.id for node in account.nodes()}
    account.ec2.get_launch_template(template).create_version(p4d(), "")
    account.subnets[0]._available_ip_addresses -= account.subnets[0].available_ip_address_count
    update = account.call(
        "UpdateNodegroupVersion",
        clusterName="training",
        nodegroupName="p4d",
        launchTemplate={"id": template, "version": "2"},
    )["update"]
    assert update["status"] == status
    assert before.isdisjoint({node.id for node in account.nodes()}) == (status == "Successful")


def test_keeps_the_old_nodes_when_the_new_version_cannot_be_launched(account: TrainingAccount) -> None:
    template = account.launch_template()
    account.create_node_group(launchTemplate={"id": template, "version": "1"})
    before = {node.id for node in account.nodes()}
    bad = copy.deepcopy(p4d())
    bad["NetworkInterfaces"][-1]["NetworkCardIndex"] = 9
    account.ec2.get_launch_template(template).create_version(bad, "")
    update = account.call(
        "UpdateNodegroupVersion",
        clusterName="training",
        nodegroupName="p4d",
        launchTemplate={"id": template, "version": "2"},
    )["update"]
    assert update["status"] == "Failed"
    assert "network card index" in update["errors"][0]["errorMessage"]
    assert before == {node.id for node in account.nodes()}
    group = account.call("DescribeNodegroup", clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert group["launchTemplate"]["version"] == "1"


@pytest.mark.parametrize("strategy", ["DEFAULT", "MINIMAL"])
@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (
            {"SnapshotId": "snap-0123456789abcdef0"},
            "InvalidSnapshot.NotFound - The snapshot 'snap-0123456789abcdef0' does not exist. ",
        ),
        ({"VolumeType": "io2"}, "parameter iops"),
    ],
)
def test_an_update_whose_launch_fails_is_a_health_issue_and_is_taken_back(
    account: TrainingAccount, strategy: str, volume: dict[str, str], message: str
) -> None:
    template = account.launch_template()
    account.create_node_group(
        launchTemplate={"id": template, "version": "1"},
        updateConfig={"maxUnavailable": 1, "updateStrategy": strategy},
    )
    enis, volumes = len(account.ec2.enis), len(account.ec2.volumes)
    for data in (p4d() | {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": volume}]}, p4d()):
        account.ec2.get_launch_template(template).create_version(data, "")
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    update = account.call("UpdateNodegroupVersion", **keys, launchTemplate={"id": template, "version": "2"})["update"]
    assert update["status"] == "Failed"
    group = account.call("DescribeNodegroup", **keys)["nodegroup"]
    (issue,) = group["health"]["issues"]
    assert issue["code"] == "AsgInstanceLaunchFailures"
    assert message in issue["message"]
    assert group["launchTemplate"]["version"] == "1"
    assert {_template_version(node) for node in account.nodes()} == {"1"}
    assert (len(account.nodes()), len(account.ec2.enis), len(account.ec2.volumes)) == (2, enis, volumes)
    account.call("UpdateNodegroupVersion", **keys, launchTemplate={"id": template, "version": "3"})
    assert account.call("DescribeNodegroup", **keys)["nodegroup"]["health"] == {"issues": []}
    assert {_template_version(node) for node in account.nodes()} == {"3"}


def _template_version(node: Instance) -> str:
    tags: dict[str, str] = {tag["key"]: tag["value"] for tag in node.get_tags()}
    return tags["aws:ec2launchtemplate:version"]


def test_keeps_the_old_nodes_when_there_is_room_for_one_new_node_and_not_for_all(account: TrainingAccount) -> None:
    template = account.launch_template()
    account.create_node_group(launchTemplate={"id": template, "version": "1"})
    enis = len(account.ec2.enis)
    greedy = copy.deepcopy(p4d())
    for interface in greedy["NetworkInterfaces"][2:]:
        interface["InterfaceType"] = "efa"
    account.ec2.get_launch_template(template).create_version(greedy, "")
    # A new node takes four addresses, and an old one gives back one.
    account.subnets[0]._available_ip_addresses -= account.subnets[0].available_ip_address_count - 5
    update = account.call(
        "UpdateNodegroupVersion",
        clusterName="training",
        nodegroupName="p4d",
        launchTemplate={"id": template, "version": "2"},
    )["update"]
    assert update["status"] == "Failed"
    assert "InsufficientFreeAddressesInSubnet" in update["errors"][0]["errorMessage"]
    assert [_template_version(node) for node in account.nodes()] == ["1", "1"]
    assert (len(account.ec2.enis), account.subnets[0].available_ip_address_count) == (enis, 5)


def test_gives_a_volume_the_iops_of_the_template(account: TrainingAccount) -> None:
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 300, "VolumeType": "io2", "Iops": 6000}}
    group = account.create_node_group(launchTemplate={"id": account.launch_template(BlockDeviceMappings=[mapping])})
    assert group["status"] == "ACTIVE"
    assert {volume.iops for volume in account.ec2.volumes.values()} == {6000}


def test_work_grows_no_faster_than_the_number_of_nodes(account: TrainingAccount) -> None:
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    account.create_node_group(scalingConfig={"minSize": 0, "desiredSize": 0, "maxSize": 100})
    ec2 = account.ec2
    images, ec2.amis = ec2.amis, {}

    def calls(nodes: int) -> int:
        profile = cProfile.Profile()
        with profile:
            account.call("UpdateNodegroupConfig", **keys, scalingConfig={"desiredSize": nodes})
            for node in account.nodes():
                _ = node.tag_list, [interface.tag_list for interface in node.nics.values()]
            account.call("UpdateNodegroupConfig", **keys, scalingConfig={"desiredSize": 0})
        ec2.reservations.clear()
        return sum(entry.callcount for entry in profile.getstats())

    calls(1)
    few, many = calls(20), calls(80)
    ec2.amis = images
    assert many < 4.4 * few


def test_is_create_failed_with_a_health_issue_when_ec2_refuses_the_launch(account: TrainingAccount) -> None:
    data = p4d()
    data["NetworkInterfaces"][1]["DeviceIndex"] = 15
    group = account.create_node_group(launchTemplate={"id": account.launch_template(**data)})
    assert group["status"] == "CREATE_FAILED"
    (issue,) = group["health"]["issues"]
    assert issue["code"] == "AsgInstanceLaunchFailures"
    assert issue["message"] == (
        "Could not launch On-Demand Instances. InvalidParameterValue - The specified number '15' for the device index "
        "exceeds the maximum number of network interfaces supported by the network card at network card index 0. The "
        "maximum devices for this network card is 15. Specify a number from 0 to 14, and try again. Launching EC2 "
        "instance failed."
    )
    assert account.nodes() == []


def test_is_degraded_when_it_cannot_grow_and_recovers_when_it_need_not(account: TrainingAccount) -> None:
    account.create_node_group()
    account.subnets[0]._available_ip_addresses -= account.subnets[0].available_ip_address_count
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    update = account.call("UpdateNodegroupConfig", **keys, scalingConfig={"desiredSize": 3})["update"]
    assert update["status"] == "Failed"
    assert "InsufficientFreeAddressesInSubnet" in update["errors"][0]["errorMessage"]
    assert account.call("DescribeNodegroup", **keys)["nodegroup"]["status"] == "DEGRADED"
    account.call("UpdateNodegroupConfig", **keys, scalingConfig={"desiredSize": 2})
    group = account.call("DescribeNodegroup", **keys)["nodegroup"]
    assert (group["status"], group["health"]) == ("ACTIVE", {"issues": []})


def test_is_degraded_when_its_subnet_is_gone(account: TrainingAccount) -> None:
    subnet = account.ec2.create_subnet(account.vpc_id, "10.0.9.0/24", availability_zone="us-east-1a")
    account.create_node_group(subnets=[subnet.id], scalingConfig={"minSize": 0, "desiredSize": 0, "maxSize": 3})
    account.ec2.delete_subnet(subnet.id)
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    update = account.call("UpdateNodegroupConfig", **keys, scalingConfig={"desiredSize": 1})["update"]
    assert (update["status"], update["errors"][0]["errorMessage"]) == (
        "Failed",
        f"Ec2SubnetNotFound: The subnets [{subnet.id}] of the node group do not exist.",
    )
    assert account.call("DescribeNodegroup", **keys)["nodegroup"]["status"] == "DEGRADED"


def test_replaces_only_the_nodes_that_a_degraded_group_has(account: TrainingAccount) -> None:
    account.create_node_group(updateConfig={"maxUnavailable": 1, "updateStrategy": "MINIMAL"})
    account.subnets[0]._available_ip_addresses -= account.subnets[0].available_ip_address_count
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    account.call("UpdateNodegroupConfig", **keys, scalingConfig={"desiredSize": 3})
    before = {node.id for node in account.nodes()}
    account.call("UpdateNodegroupVersion", **keys)
    after = {node.id for node in account.nodes()}
    assert (len(before), len(after)) == (2, 2)
    assert not before & after


def test_replaces_what_somebody_terminates_as_its_auto_scaling_group_does(account: TrainingAccount) -> None:
    account.create_node_group()
    first, second = account.nodes()
    account.ec2.terminate_instances([first.id])
    replace_missing(eks_state(account.id, REGION))
    kept, new = account.nodes()
    assert kept.id == second.id
    assert new.id != first.id
    assert [nic.interface_type for nic in new.nics.values()] == [nic.interface_type for nic in kept.nics.values()]
    # Nothing is missing.
    replace_missing(eks_state(account.id, REGION))
    assert account.nodes() == [kept, new]


def test_is_degraded_when_nothing_can_replace_what_somebody_terminates(account: TrainingAccount) -> None:
    group = account.create_node_group()
    account.ec2.terminate_instances([account.nodes()[0].id])
    account.subnets[0]._available_ip_addresses -= account.subnets[0].available_ip_address_count
    replace_missing(eks_state(account.id, REGION))
    assert group["status"] == "DEGRADED"
    [issue] = group["health"]["issues"]
    assert (issue["code"], "InsufficientFreeAddressesInSubnet" in issue["message"]) == (
        "AsgInstanceLaunchFailures",
        True,
    )
    assert len(account.nodes()) == 1


def test_is_degraded_when_the_launch_template_is_gone_by_which_an_instance_would_be_replaced(
    account: TrainingAccount,
) -> None:
    template = account.launch_template()
    group = account.create_node_group(launchTemplate={"id": template})
    account.ec2.terminate_instances([account.nodes()[0].id])
    account.ec2.delete_launch_template("", template)
    replace_missing(eks_state(account.id, REGION))
    [issue] = group["health"]["issues"]
    assert (group["status"], issue["code"]) == ("DEGRADED", "Ec2LaunchTemplateNotFound")
    assert issue["resourceIds"] == [template]


def test_replaces_nothing_of_a_group_that_was_never_made(account: TrainingAccount) -> None:
    account.subnets[0]._available_ip_addresses -= account.subnets[0].available_ip_address_count
    group = account.create_node_group()
    assert group["status"] == "CREATE_FAILED"
    account.subnets[0]._available_ip_addresses += 10
    replace_missing(eks_state(account.id, REGION))
    assert account.nodes() == []


def test_changes_labels_and_taints_in_place(account: TrainingAccount) -> None:
    taint = {"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}
    account.create_node_group(labels={"a": "1", "b": "2"}, taints=[taint])
    before = {node.id for node in account.nodes()}
    account.call(
        "UpdateNodegroupConfig",
        clusterName="training",
        nodegroupName="p4d",
        labels={"addOrUpdateLabels": {"a": "3"}, "removeLabels": ["b"]},
        taints={"removeTaints": [taint]},
        nodeRepairConfig={"enabled": True},
    )
    group = account.call("DescribeNodegroup", clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert (group["labels"], group["taints"], group["nodeRepairConfig"]) == ({"a": "3"}, [], {"enabled": True})
    assert before == {node.id for node in account.nodes()}


def test_shows_the_disk_size_and_instance_types_only_without_a_template(account: TrainingAccount) -> None:
    with_template = account.create_node_group()
    assert "diskSize" not in with_template and "instanceTypes" not in with_template
    without = account.call(
        "CreateNodegroup",
        clusterName="training",
        nodegroupName="plain",
        subnets=[account.subnets[0].id],
        nodeRole=account.node_role,
    )["nodegroup"]
    assert (without["diskSize"], without["instanceTypes"]) == (20, ["t3.medium"])
    assert without["status"] == "ACTIVE"


def test_lets_its_role_into_the_cluster(account: TrainingAccount) -> None:
    account.create_node_group()
    entry = account.call("DescribeAccessEntry", clusterName="training", principalArn=account.node_role)["accessEntry"]
    assert (entry["type"], entry["kubernetesGroups"]) == ("EC2_LINUX", ["system:nodes"])


def test_its_access_entry_goes_with_the_last_group_of_the_role(account: TrainingAccount) -> None:
    account.create_node_group()
    account.create_node_group(nodegroupName="more")
    for name, left in (("p4d", True), ("more", False)):
        account.call("DeleteNodegroup", clusterName="training", nodegroupName=name)
        entries = account.call("ListAccessEntries", clusterName="training")["accessEntries"]
        assert (account.node_role in entries) == left


def test_deleting_it_leaves_nothing_in_ec2(account: TrainingAccount) -> None:
    interfaces, free = set(account.ec2.enis), account.subnets[0].available_ip_address_count
    account.create_node_group()
    account.call("DeleteNodegroup", clusterName="training", nodegroupName="p4d")
    assert account.nodes() == []
    assert set(account.ec2.enis) == interfaces
    assert account.subnets[0].available_ip_address_count == free
    assert account.ec2.describe_volumes() == []


@pytest.mark.parametrize(
    ("operation", "parameters", "message"),
    [
        ("DescribeNodegroup", {"nodegroupName": "no"}, "No node group found for name: no."),
        ("CreateNodegroup", {}, "NodeGroup already exists with name p4d and cluster name training"),
    ],
)
def test_refuses_names_in_the_words_of_eks(
    account: TrainingAccount, operation: str, parameters: dict[str, str], message: str
) -> None:
    account.create_node_group()
    arguments = account.node_group_parameters() if operation == "CreateNodegroup" else {"clusterName": "training"}
    with pytest.raises(AwsError) as refusal:
        account.call(operation, **arguments | parameters)
    assert refusal.value.message == message


@pytest.mark.parametrize("version", ["1.35", "1.33"])
def test_refuses_a_new_group_of_another_version_than_the_cluster(account: TrainingAccount, version: str) -> None:
    with pytest.raises(AwsError) as refusal:
        account.create_node_group(version=version)
    assert refusal.value.code == "InvalidParameterException"
    assert f"Requested Nodegroup version {version} is invalid. Allowed version is 1.34" in refusal.value.message
    account.create_node_group(version="1.34")


@pytest.mark.parametrize("version", ["1.35", "1.30"])
def test_refuses_to_update_nodes_to_a_version_that_the_cluster_does_not_go_with(
    account: TrainingAccount, version: str
) -> None:
    account.create_node_group()
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    with pytest.raises(AwsError, match=f"version {version} is invalid. Nodes may be up to 3 minor versions older"):
        account.call("UpdateNodegroupVersion", **keys, version=version)
    account.call("UpdateNodegroupVersion", **keys, version="1.34")


def test_takes_a_key_pair_on_trust_that_only_the_users_account_can_have(account: TrainingAccount) -> None:
    account.ec2.create_key_pair("known", "ed25519", {})
    for name, trusted in (("known", False), ("emergency", True)):
        template = {"id": account.launch_template(KeyName=name)}
        assert account.create_node_group(nodegroupName=name, launchTemplate=template)["status"] == "ACTIVE"
        assert (f"whether your account has the key pair '{name}'" in taken_on_trust()) is trusted
