"""Counting what counts against a quota, from answers of the shape that EC2 gives.

The emulated account's instances have no CPU options, and none of its reservations is shared: hence written answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3
from botocore.stub import Stubber

from efa_constructs.catalogue import vcpu_quota
from efa_constructs.lookups.clients import AccountClients
from efa_constructs.lookups.quotas import read_vcpus_in_use

from .stubs import KEYS

ARN = "arn:aws:iam::123456789012:user/me"


def count(instances: list[dict[str, Any]], *, spot: bool = False, reservations: Sequence[dict[str, Any]] = ()) -> int:
    ec2, sts = boto3.client("ec2", **KEYS), boto3.client("sts", **KEYS)  # type: ignore[call-overload]
    running = {"Filters": [{"Name": "instance-state-name", "Values": ["running"]}]}
    states = ["active", "assessing", "delayed", "pending", "scheduled"]
    reserved = {"Filters": [{"Name": "state", "Values": states}]}
    with Stubber(ec2) as stub, Stubber(sts) as caller:
        if not spot:
            stub.add_response("describe_capacity_reservations", {"CapacityReservations": list(reservations)}, reserved)
        # Each on a page of its own.
        pages = [[instance] for instance in instances] or [[]]
        for page, on_it in enumerate(pages):
            token = {"NextToken": str(page + 1)} if page + 1 < len(pages) else {}
            asked = running | ({"NextToken": str(page)} if page else {})
            stub.add_response("describe_instances", {"Reservations": [{"Instances": on_it}], **token}, asked)
        if reservations:
            caller.add_response("get_caller_identity", {"Account": "123456789012", "Arn": ARN, "UserId": "me"})
        clients = AccountClients(
            region="us-east-1",
            ec2=ec2,
            sts=sts,
            **dict.fromkeys(("eks", "cloudformation", "iam", "service_quotas", "ssm")),  # type: ignore[arg-type]
        )
        quota = vcpu_quota("p5.48xlarge", spot=spot)
        assert quota is not None
        in_use = read_vcpus_in_use(clients, quota, spot=spot).count
        stub.assert_no_pending_responses()
    return in_use


def test_an_instance_counts_the_vcpus_that_its_cpu_options_leave_it() -> None:
    half = {"InstanceType": "p5.48xlarge", "CpuOptions": {"CoreCount": 96, "ThreadsPerCore": 1}}
    whole = {"InstanceType": "p5.48xlarge"}
    assert count([half, whole]) == 96 + 192


def test_spot_instances_and_those_of_capacity_blocks_do_not_count_as_on_demand() -> None:
    instances = [
        {"InstanceType": "p5.48xlarge", "InstanceLifecycle": "spot"},
        {"InstanceType": "p5.48xlarge", "InstanceLifecycle": "capacity-block"},
        {"InstanceType": "p5.4xlarge"},
    ]
    assert count(instances) == 16
    assert count(instances, spot=True) == 192


def test_instances_on_dedicated_hosts_do_not_count() -> None:
    on_host = {"InstanceType": "p5.48xlarge", "Placement": {"Tenancy": "host"}}
    shared = {"InstanceType": "p5.48xlarge", "Placement": {"Tenancy": "default"}}
    assert count([on_host, shared]) == 192


def reservation(id: str, count: int, **changes: Any) -> dict[str, Any]:
    return {
        "CapacityReservationId": id,
        "OwnerId": "123456789012",
        "InstanceType": "p5.48xlarge",
        "TotalInstanceCount": count,
        "AvailableInstanceCount": 0,
        **changes,
    }


def test_all_of_a_reservation_counts_once_whoever_uses_it() -> None:
    inside = {"InstanceType": "p5.48xlarge", "CapacityReservationId": "cr-0a"}
    outside = {"InstanceType": "p5.48xlarge"}
    # One of its four runs here, and the others in accounts with which it is shared.
    assert count([inside, outside], reservations=[reservation("cr-0a", 4)]) == (4 + 1) * 192
    # It begins later.
    assert count([], reservations=[reservation("cr-0b", 4, State="scheduled")]) == 4 * 192


def test_what_another_account_shares_counts_against_the_quota_of_that_account() -> None:
    inside = {"InstanceType": "p5.48xlarge", "CapacityReservationId": "cr-0a"}
    shared = reservation("cr-0a", 4, OwnerId="999999999999", AvailableInstanceCount=3)
    assert count([inside], reservations=[shared]) == 0


def test_an_instance_of_a_reservation_that_has_ended_counts_itself() -> None:
    assert count([{"InstanceType": "p5.48xlarge", "CapacityReservationId": "cr-0a"}]) == 192


def test_capacity_blocks_do_not_count() -> None:
    assert count([], reservations=[reservation("cr-0a", 4, ReservationType="capacity-block")]) == 0
