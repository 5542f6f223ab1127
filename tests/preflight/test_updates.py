"""A deployment that is there already, and gets an update: what its own nodes take is no hindrance."""

from __future__ import annotations

import json
from typing import Any

import pytest

from efa_constructs.rehearsal.account.service_quotas import VCPUS

from .emulated import SUBNET, Emulated, Refusals
from .test_capacity_checks import reserve
from .test_network_checks import OTHER, set_free_addresses

# Of a p4d.24xlarge: its interface, and the warm pools of pods.
NODE_ADDRESSES = 1 + 99


def template(name: str | None, nodes: int, reservation: str | None, subnet: str) -> str:
    launch: dict[str, Any] = {"InstanceType": "p4d.24xlarge"}
    if reservation is not None:
        target = {"CapacityReservationId": reservation}
        launch["CapacityReservationSpecification"] = {"CapacityReservationTarget": target}
    group: dict[str, Any] = {
        "ClusterName": "training",
        "NodeRole": {"Fn::GetAtt": ["Role", "Arn"]},
        "Subnets": [subnet],
        "AmiType": "AL2023_x86_64_NVIDIA",
        "ScalingConfig": {"MinSize": nodes, "DesiredSize": nodes, "MaxSize": nodes},
        "LaunchTemplate": {"Id": {"Ref": "Template"}, "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}},
    }
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
    policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"]
    resources = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": trust,
                "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{policy}" for policy in policies],
            },
        },
        "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": launch}},
        "Nodes": {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": group if name is None else {**group, "NodegroupName": name},
        },
    }
    return json.dumps({"Resources": resources})


def deploy(
    account: Emulated,
    stack: str = "EfaNodes",
    *,
    name: str | None = None,
    nodes: int = 3,
    reservation: str | None = None,
    subnet: str = SUBNET,
) -> None:
    """Make the stack with a node group whose nodes run."""
    cloudformation = account.clients.cloudformation
    cloudformation.create_stack(
        StackName=stack, TemplateBody=template(name, nodes, reservation, subnet), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack)


def fill_the_quota(account: Emulated, *, but: int = 0) -> None:
    """Let other reservations take what the running nodes leave of the quota."""
    in_use = sum(each.instance_type == "p4d.24xlarge" for each in account.ec2.all_running_instances())
    reserve(account, InstanceCount=VCPUS // 96 - in_use - but, InstanceMatchCriteria="targeted")


def test_own_nodes_need_no_more_of_the_quota(account: Emulated) -> None:
    deploy(account)
    fill_the_quota(account, but=2)
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "pass"
    assert row.reason.endswith("and 3 p4d.24xlarge, 3 of which are there already, need 0 more")
    row = account.row("vcpu-quota", account.plan(nodes=6))
    assert row is not None and row.status == "fail"
    assert "6 p4d.24xlarge, 3 of which are there already, need 288 more" in row.reason
    assert "--desired-value 2400" in (row.fix or "")


def test_nodes_that_an_update_launches_before_it_ends_others_need_room(account: Emulated) -> None:
    deploy(account)
    fill_the_quota(account, but=1)
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "warn"
    assert row.reason.endswith(
        "need 0 more; an update that replaces nodes launches up to 2 before it ends any, and for these there is no room"
    )
    assert "--desired-value 2400" in (row.fix or "")


def test_an_open_reservation_has_room_for_what_an_update_launches_before_it_ends_others(account: Emulated) -> None:
    deploy(account)
    reserve(account, InstanceCount=2)
    fill_the_quota(account, but=2)
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "pass"


def test_in_reserved_capacity_an_update_ends_nodes_first(account: Emulated) -> None:
    id = reserve(account, InstanceCount=3)
    deploy(account, reservation=id)
    set_free_addresses(account, 3)
    rows = account.rows(account.plan(capacity_reservation_id=id))
    assert rows["vcpu-quota"].status == rows["reservation-room"].status == rows["subnet-addresses"].status == "pass"


@pytest.mark.parametrize("changes", [{"capacity": "spot"}, {"instance_type": "p4de.24xlarge"}])
def test_own_nodes_of_another_kind_do_not_count(account: Emulated, changes: dict[str, Any]) -> None:
    deploy(account)
    row = account.row("vcpu-quota", account.plan(**changes))
    assert row is not None and "are there already" not in row.reason and "need 288 more" in row.reason


def test_nodes_of_other_stacks_are_not_own(account: Emulated) -> None:
    deploy(account, "Other", name="efa")
    fill_the_quota(account)
    rows = account.rows(account.plan(node_group_name="efa"))
    assert (rows["vcpu-quota"].status, rows["node-group-name"].status) == ("fail", "fail")


def test_own_nodes_in_a_reservation_have_their_room(account: Emulated) -> None:
    id = reserve(account, InstanceCount=3)
    deploy(account, reservation=id)
    row = account.row("reservation-room", account.plan(capacity_reservation_id=id))
    assert row is not None and row.status == "pass"
    assert row.reason == f"{id} has room for 3 instances, and 3 are wanted, 3 of which are in it already"
    row = account.row("reservation-room", account.plan(capacity_reservation_id=id, nodes=4))
    assert row is not None and row.status == "fail" and "'efa:maxSize' to 3" in (row.fix or "")


def test_own_nodes_need_no_more_addresses(account: Emulated) -> None:
    deploy(account)
    # Their own three are no longer free.
    set_free_addresses(account, 3)
    row = account.row("subnet-addresses")
    assert row is not None and row.status == "warn"
    assert row.reason.startswith(f"{SUBNET} has 0 free addresses")
    assert "the interfaces of 0 p4d.24xlarge more, beside 3 that are there already, take 0" in row.reason
    assert "an update that replaces nodes launches up to 2 before it ends any, which take 200 more" in row.reason
    set_free_addresses(account, 3 + 2 * NODE_ADDRESSES)
    row = account.row("subnet-addresses")
    assert row is not None and row.status == "pass"
    set_free_addresses(account, 3)
    row = account.row("subnet-addresses", account.plan(nodes=4))
    assert row is not None and row.status == "fail"


def test_own_nodes_in_another_subnet_make_way_only_for_a_whole_node_group(account: Emulated) -> None:
    deploy(account, subnet=OTHER)
    set_free_addresses(account, 0)
    fill_the_quota(account)
    rows = account.rows()
    assert rows["subnet-addresses"].status == rows["vcpu-quota"].status == "fail"
    assert "3 p4d.24xlarge need 288 more" in rows["vcpu-quota"].reason
    # Which one the nodes go to is open: they may stay.
    assert account.rows(account.plan(subnet_id=None))["vcpu-quota"].status == "warn"


def test_the_own_node_group_is_no_name_clash(account: Emulated) -> None:
    deploy(account, name="efa", nodes=1)
    row = account.row("node-group-name", account.plan(node_group_name="efa"))
    assert row is not None and row.status == "pass"
    assert row.reason == "node group efa of cluster training is that of stack EfaNodes"


def test_what_own_nodes_would_decide_is_not_checked_without_the_permission_to_find_them(
    account: Emulated, refuse: Refusals
) -> None:
    deploy(account, name="efa")
    message = "User: x is not authorized to perform: cloudformation:ListStackResources"
    refuse.refuse("cloudformation:ListStackResources", "AccessDenied", message)
    rows = account.rows(account.plan(node_group_name="efa"))
    assert rows["node-group-name"].status == "not checked"
    # Room enough for three more, whoever runs there.
    assert rows["vcpu-quota"].status == rows["subnet-addresses"].status == "pass"
    fill_the_quota(account)
    assert account.rows()["vcpu-quota"].status == "not checked"
