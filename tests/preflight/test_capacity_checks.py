"""Are there instances for the nodes?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from efa_constructs.rehearsal.account.capacity_reservations import capacity_reservations
from efa_constructs.rehearsal.account.service_quotas import VCPUS

from .emulated import Emulated, Refusals


def run(account: Emulated, instance_type: str, count: int = 1, **options: Any) -> None:
    image = account.clients.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    account.clients.ec2.run_instances(
        ImageId=image,
        InstanceType=instance_type,  # type: ignore[arg-type]
        MinCount=count,
        MaxCount=count,
        **options,
    )


def reserve(account: Emulated, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "InstanceType": "p4d.24xlarge",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": "us-east-1b",
        "InstanceCount": 4,
    }
    answer = account.clients.ec2.create_capacity_reservation(**arguments | changes)
    return answer["CapacityReservation"]["CapacityReservationId"]


def buy_block(account: Emulated, *, start: datetime | None = None, hours: int = 72) -> str:
    asked: dict[str, Any] = {"InstanceType": "p4d.24xlarge", "InstanceCount": 4, "CapacityDurationHours": hours}
    if start is not None:
        asked["StartDateRange"] = start
    [offering] = account.clients.ec2.describe_capacity_block_offerings(**asked)["CapacityBlockOfferings"]
    bought = account.clients.ec2.purchase_capacity_block(
        CapacityBlockOfferingId=offering["CapacityBlockOfferingId"], InstancePlatform="Linux/UNIX"
    )
    return bought["CapacityReservation"]["CapacityReservationId"]


def test_the_quota_has_room_for_the_largest_number_of_nodes(account: Emulated) -> None:
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "pass"
    assert row.reason == (
        f"0 of the {VCPUS} vCPUs of the quota 'Running On-Demand P instances' (L-417A185B) are in use, and 3 "
        "p4d.24xlarge need 288 more"
    )


def test_more_nodes_than_the_quota_has_room_for_fail_and_the_fix_asks_for_enough(account: Emulated) -> None:
    row = account.row("vcpu-quota", account.plan(nodes=25))
    assert row is not None and row.status == "fail"
    assert "there is room for 24 more p4d.24xlarge, and 25 p4d.24xlarge need 2400 more" in row.reason
    assert row.fix is not None and "--quota-code L-417A185B --desired-value 2400 --region us-east-1" in row.fix


def test_what_is_in_use_leaves_less_room(account: Emulated) -> None:
    reserve(account, InstanceCount=22, InstanceMatchCriteria="targeted")
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "fail"
    assert row.reason.startswith(f"2112 of the {VCPUS} vCPUs")
    assert "there is room for 2 more p4d.24xlarge, and 3 p4d.24xlarge need 288 more" in row.reason
    assert "--desired-value 2400" in (row.fix or "")


def test_what_runs_and_what_is_reserved_in_the_same_families_counts(account: Emulated) -> None:
    # 128 and 8 vCPUs: trn1.2xlarge has no EFA, and counts all the same. p4d.24xlarge counts elsewhere.
    run(account, "trn1.32xlarge")
    run(account, "trn1.2xlarge")
    run(account, "p4d.24xlarge")
    reserve(account, InstanceType="trn1.32xlarge", AvailabilityZone="us-east-1f", InstanceCount=2)
    row = account.row("vcpu-quota", account.plan(instance_type="trn1.32xlarge"))
    assert row is not None and row.reason.startswith(f"{128 + 8 + 2 * 128} of the {VCPUS} vCPUs")


def test_what_ec2_no_longer_describes_leaves_a_quota_open_only_where_there_may_be_room(account: Emulated) -> None:
    run(account, "p3.16xlarge")
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "not checked"
    assert "are in use, beside those of p3.16xlarge, which EC2 describes no more" in row.reason
    # There is none, whatever those take.
    row = account.row("vcpu-quota", account.plan(nodes=25))
    assert row is not None and row.status == "fail"


def test_instances_that_are_stopped_and_blocks_do_not_count(account: Emulated) -> None:
    run(account, "p4d.24xlarge")
    [reservation] = account.clients.ec2.describe_instances()["Reservations"]
    account.clients.ec2.stop_instances(InstanceIds=[reservation["Instances"][0]["InstanceId"]])
    buy_block(account)
    row = account.row("vcpu-quota")
    assert row is not None and row.reason.startswith("0 of the")


def test_a_reservation_counts_already(account: Emulated) -> None:
    id = reserve(account, InstanceCount=2)
    row = account.row("vcpu-quota", account.plan(capacity_reservation_id=id))
    assert row is not None and "3 p4d.24xlarge need 96 more beside what is reserved" in row.reason


def test_an_open_reservation_in_the_zone_counts_already_though_nobody_names_it(account: Emulated) -> None:
    reserve(account, InstanceCount=3)
    reserve(account, InstanceCount=21, AvailabilityZone="us-east-1a", InstanceMatchCriteria="targeted")
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "pass"
    assert row.reason.endswith("and 3 p4d.24xlarge need 0 more beside what is reserved")


@pytest.mark.parametrize(
    "changes",
    [
        {"AvailabilityZone": "us-east-1a"},
        {"InstanceMatchCriteria": "targeted"},
        {"InstanceType": "p5.48xlarge"},
        {"Tenancy": "dedicated"},
        {"InstancePlatform": "Windows"},
        {"PlacementGroupArn": "arn:aws:ec2:us-east-1:123456789012:placement-group/other"},
    ],
)
def test_a_reservation_that_nodes_do_not_match_is_no_room_for_them(account: Emulated, changes: dict[str, Any]) -> None:
    reserve(account, InstanceCount=3, **changes)
    row = account.row("vcpu-quota")
    assert row is not None and row.reason.endswith("and 3 p4d.24xlarge need 288 more")


def test_a_named_reservation_of_another_type_is_no_room_for_the_nodes(account: Emulated) -> None:
    id = reserve(account, InstanceCount=3, InstanceType="p5.48xlarge")
    row = account.row("vcpu-quota", account.plan(capacity_reservation_id=id))
    assert row is not None and row.reason.endswith("and 3 p4d.24xlarge need 288 more")


def test_a_named_reservation_that_is_gone_is_no_room_for_the_nodes(account: Emulated) -> None:
    id = reserve(account, InstanceCount=3)
    capacity_reservations(account.ec2)[id].state = "expired"
    row = account.row("vcpu-quota", account.plan(capacity_reservation_id=id))
    assert row is not None and row.reason.endswith("and 3 p4d.24xlarge need 288 more")


def test_a_block_in_which_eks_drains_already_fails(account: Emulated) -> None:
    id = buy_block(account, start=datetime.now(UTC) - timedelta(hours=23, minutes=40), hours=24)
    row = reservation_rows(account, id, capacity="capacity-block")["end"]
    assert row.status == "fail" and "in the last 40 minutes of a Capacity Block EKS drains its nodes" in row.reason
    # EC2 ends other reservations at their end.
    id = reserve(account, EndDate=datetime.now(UTC) + timedelta(minutes=20))
    assert reservation_rows(account, id)["end"].status == "warn"


@pytest.mark.parametrize(
    ("state", "expected", "fix"),
    [
        ("assessing", "assessing", "wait until EC2 has decided about it, or use another one"),
        ("payment-failed", "it never had instances", "use another one"),
    ],
)
def test_a_reservation_that_has_no_instances_says_why(account: Emulated, state: str, expected: str, fix: str) -> None:
    id = reserve(account)
    found = capacity_reservations(account.ec2)[id]
    found.state, found.total_instance_count, found.available_instance_count = state, 0, 0
    rows = reservation_rows(account, id)
    assert expected in rows["state"].reason and "any more" not in rows["state"].reason
    assert (rows["room"].status, rows["room"].fix) == ("fail", fix)


def test_spot_has_quotas_of_its_own(account: Emulated) -> None:
    run(account, "p4d.24xlarge")
    row = account.row("vcpu-quota", account.plan(capacity="spot"))
    assert row is not None and row.reason.startswith(
        f"0 of the {VCPUS} vCPUs of the quota 'All P4, P3 and P2 Spot Instance Requests' (L-7212CCBC)"
    )


def test_a_quota_that_aws_does_not_document_is_not_checked(account: Emulated) -> None:
    row = account.row("vcpu-quota", account.plan(instance_type="p6-b200.48xlarge", capacity="spot"))
    assert row is not None and row.status == "not checked"
    assert row.reason == "AWS documents no quota for p6-b200.48xlarge as spot"


@pytest.mark.parametrize(
    ("operation", "code", "action"),
    [
        ("service-quotas:GetServiceQuota", "AccessDeniedException", "servicequotas:GetServiceQuota"),
        ("ec2:DescribeInstances", "UnauthorizedOperation", "ec2:DescribeInstances"),
    ],
)
def test_the_quota_is_not_checked_without_a_permission(
    account: Emulated, refuse: Refusals, operation: str, code: str, action: str
) -> None:
    refuse.refuse(operation, code, f"User: x is not authorized to perform: {action}")
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "not checked"
    assert row.fix == f"allow '{action}' in the IAM policy of the identity in use"


def test_what_a_policy_denies_is_not_to_be_had_by_allowing_it(account: Emulated, refuse: Refusals) -> None:
    message = "User: x is not authorized to perform: ec2:DescribeInstances with an explicit deny in a boundary"
    refuse.refuse("ec2:DescribeInstances", "UnauthorizedOperation", message)
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "not checked"
    assert row.fix == "have the policy changed that denies 'ec2:DescribeInstances'"


def test_a_quota_of_which_aws_does_not_say_how_much_it_is_is_not_checked(account: Emulated) -> None:
    events = account.clients.service_quotas.meta.events
    event = "after-call.service-quotas.GetServiceQuota"

    def leave_out(parsed: dict[str, Any], **_: Any) -> None:
        del parsed["Quota"]["Value"]

    events.register(event, leave_out)
    try:
        row = account.row("vcpu-quota")
    finally:
        events.unregister(event, leave_out)
    assert row is not None and row.status == "not checked"
    assert row.reason == "AWS answered, but without 'Value', which is needed"


def test_a_quota_that_was_never_raised_is_awss_default(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("service-quotas:GetServiceQuota", "NoSuchResourceException")
    row = account.row("vcpu-quota")
    assert row is not None and row.status == "pass" and f"of the {VCPUS} vCPUs" in row.reason


RESERVATION_ROWS = ["state", "kind", "instance-type", "zone", "room", "platform", "end"]


def reservation_rows(account: Emulated, id: str, **changes: Any) -> dict[str, Any]:
    rows = account.rows(account.plan(capacity_reservation_id=id, **changes))
    return {name: rows[f"reservation-{name}"] for name in RESERVATION_ROWS if f"reservation-{name}" in rows}


def test_without_a_reservation_nothing_is_said_of_one(account: Emulated) -> None:
    assert not [id for id in account.rows() if id.startswith("reservation-")]


def test_a_reservation_that_fits_passes(account: Emulated) -> None:
    rows = reservation_rows(account, reserve(account))
    assert {name: row.status for name, row in rows.items()} == dict.fromkeys(RESERVATION_ROWS, "pass")


def test_a_reservation_that_is_not_there_fails_once(account: Emulated) -> None:
    rows = reservation_rows(account, "cr-0123456789abcdef0")
    assert {name: row.status for name, row in rows.items()} == {"state": "fail"}
    assert rows["state"].reason == "this account has no reservation cr-0123456789abcdef0 in us-east-1"


def test_a_reservation_of_which_ec2_says_too_little_is_not_checked(account: Emulated) -> None:
    events = account.clients.ec2.meta.events
    id, event = reserve(account), "after-call.ec2.DescribeCapacityReservations"

    def leave_out(parsed: dict[str, Any], **_: Any) -> None:
        for one in parsed["CapacityReservations"]:
            del one["AvailableInstanceCount"]

    events.register(event, leave_out)
    try:
        rows = reservation_rows(account, id)
    finally:
        events.unregister(event, leave_out)
    assert {row.status for row in rows.values()} == {"not checked"}
    assert {row.reason for row in rows.values()} == {
        "AWS answered, but without 'AvailableInstanceCount', which is needed"
    }


def test_a_reservation_that_was_cancelled_fails(account: Emulated) -> None:
    id = reserve(account)
    account.clients.ec2.cancel_capacity_reservation(CapacityReservationId=id)
    rows = reservation_rows(account, id)
    assert rows["state"].status == "fail" and "cancelled" in rows["state"].reason


@pytest.mark.parametrize(
    ("changes", "row", "reason"),
    [
        ({"InstanceType": "p5.48xlarge"}, "instance-type", "is of p5.48xlarge, and EC2 launches no p4d.24xlarge"),
        ({"AvailabilityZone": "us-east-1a"}, "zone", "is in us-east-1a, and the nodes go to us-east-1b"),
        ({"InstanceCount": 2}, "room", "has room for 2 of the 3 instances"),
        ({"InstancePlatform": "Windows"}, "platform", "is for Windows with the tenancy default"),
        ({"Tenancy": "dedicated"}, "platform", "is for Linux/UNIX with the tenancy dedicated"),
        ({"EndDate": datetime.now(UTC) - timedelta(hours=1)}, "end", "ended at"),
    ],
)
def test_a_reservation_of_another_kind_fails(account: Emulated, changes: dict[str, Any], row: str, reason: str) -> None:
    found = reservation_rows(account, reserve(account, **changes))[row]
    assert found.status == "fail" and reason in found.reason and found.fix


def test_a_reservation_that_ends_soon_is_a_warning(account: Emulated) -> None:
    rows = reservation_rows(account, reserve(account, EndDate=datetime.now(UTC) + timedelta(hours=2)))
    assert rows["end"].status == "warn"


def test_reservations_are_not_checked_without_the_permission(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("ec2:DescribeCapacityReservations", "UnauthorizedOperation")
    rows = reservation_rows(account, "cr-0123456789abcdef0")
    assert {row.status for row in rows.values()} == {"not checked"}
    assert len(rows) == len(RESERVATION_ROWS)


def test_a_capacity_block_passes_where_it_is_one(account: Emulated) -> None:
    id = buy_block(account)
    plan = {"capacity": "capacity-block", "subnet_id": "subnet-0b1b2b3b4b5b6b7b8"}
    rows = reservation_rows(account, id, **plan)
    assert {name: row.status for name, row in rows.items()} == dict.fromkeys(RESERVATION_ROWS, "pass")
    assert rows["kind"].reason == f"{id} is a Capacity Block"
    assert "drains its nodes 40 minutes before" in rows["end"].reason
    quota = account.row("vcpu-quota", account.plan(capacity_reservation_id=id, **plan))
    assert quota is not None and quota.status == "pass"


def test_a_capacity_block_and_a_reservation_are_not_taken_for_each_other(account: Emulated) -> None:
    kind = reservation_rows(account, buy_block(account))["kind"]
    assert kind.status == "fail" and "efa:capacityBlockId" in kind.fix
    kind = reservation_rows(account, reserve(account), capacity="capacity-block")["kind"]
    assert kind.status == "fail" and "efa:capacityReservationId" in kind.fix


def test_a_capacity_block_that_is_to_come_is_a_warning_and_has_its_room(account: Emulated) -> None:
    id = buy_block(account, start=datetime.now(UTC) + timedelta(days=3))
    rows = reservation_rows(account, id, capacity="capacity-block", subnet_id="subnet-0b1b2b3b4b5b6b7b8")
    assert rows["state"].status == "warn" and "is scheduled and begins at" in rows["state"].reason
    assert rows["room"].status == "pass"


def test_a_placement_group_must_be_there_and_keep_nodes_together(account: Emulated) -> None:
    assert account.row("placement-group") is None
    plan = account.plan(placement_group="together")
    missing = account.row("placement-group", plan)
    assert missing is not None and missing.status == "fail"
    assert missing.reason == "there is no placement group together in us-east-1"
    account.clients.ec2.create_placement_group(GroupName="together", Strategy="cluster")
    there = account.row("placement-group", plan)
    assert there is not None and there.status == "pass"
    account.clients.ec2.create_placement_group(GroupName="apart", Strategy="spread")
    apart = account.row("placement-group", account.plan(placement_group="apart"))
    assert apart is not None and apart.status == "warn" and "is spread" in apart.reason


def test_a_placement_group_does_not_go_with_a_capacity_block(account: Emulated) -> None:
    account.clients.ec2.create_placement_group(GroupName="together", Strategy="cluster")
    plan = account.plan(
        placement_group="together", capacity="capacity-block", capacity_reservation_id=buy_block(account)
    )
    row = account.row("placement-group", plan)
    assert row is not None and row.status == "fail" and "efa:placementGroup" in (row.fix or "")


def test_a_reservation_and_a_placement_group_must_know_each_other(account: Emulated) -> None:
    account.clients.ec2.create_placement_group(GroupName="together", Strategy="cluster")
    arn = "arn:aws:ec2:us-east-1:123456789012:placement-group/reserved"
    elsewhere, within = reserve(account), reserve(account, PlacementGroupArn=arn)
    row = account.row("placement-group", account.plan(placement_group="together", capacity_reservation_id=elsewhere))
    assert row is not None and row.status == "warn" and "InsufficientInstanceCapacity" in row.reason
    row = account.row("placement-group", account.plan(placement_group="together", capacity_reservation_id=within))
    assert row is not None and row.status == "fail" and row.fix == "set 'efa:placementGroup' to reserved"
    row = account.row("placement-group", account.plan(capacity_reservation_id=within))
    assert row is not None and row.status == "fail" and row.fix == "set 'efa:placementGroup' to reserved"


def test_a_placement_group_is_not_checked_without_the_permission(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("ec2:DescribePlacementGroups", "UnauthorizedOperation")
    row = account.row("placement-group", account.plan(placement_group="together"))
    assert row is not None and row.status == "not checked"
