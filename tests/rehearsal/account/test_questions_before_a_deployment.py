"""What the emulated account adds to moto so that a preflight check has somebody to ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from efa_constructs.rehearsal.account.process import AccountProcess

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with AccountProcess() as account:
        yield lambda service: boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=account.url,
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            aws_session_token=account.environment["AWS_SESSION_TOKEN"],
        )


def test_has_quotas_of_vcpus_and_addresses_beside_those_of_vpcs(client: Client) -> None:
    quotas = client("service-quotas")
    for service, code, value in (("ec2", "L-417A185B", 2304), ("ec2", "L-0263D0A3", 5), ("vpc", "L-F678F1CE", 5)):
        assert quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"] == value
        default = quotas.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
        assert default["QuotaCode"] == code
    with pytest.raises(ClientError) as error:
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")
    assert error.value.response["Error"]["Code"] == "NoSuchResourceException"


def reserve(client: Client, **changes: Any) -> Any:
    asked = {
        "InstanceType": "p4d.24xlarge",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": "us-east-1a",
        "InstanceCount": 4,
    }
    return client("ec2").create_capacity_reservation(**asked | changes)["CapacityReservation"]


def describe(client: Client, **asked: Any) -> Any:
    return client("ec2").describe_capacity_reservations(**asked)["CapacityReservations"]


def test_a_reservation_is_active_until_it_ends_or_is_cancelled(client: Client) -> None:
    made = reserve(client)
    id = made["CapacityReservationId"]
    assert (made["State"], made["AvailableInstanceCount"], made["EndDateType"]) == ("active", 4, "unlimited")
    [found] = describe(client, CapacityReservationIds=[id])
    assert (found["InstanceType"], found["Tenancy"], found["ReservationType"]) == ("p4d.24xlarge", "default", "default")
    client("ec2").cancel_capacity_reservation(CapacityReservationId=id)
    [found] = describe(client, CapacityReservationIds=[id])
    assert (found["State"], found["AvailableInstanceCount"]) == ("cancelled", 0)
    ended = reserve(client, EndDate=datetime.now(UTC) - timedelta(minutes=1))["CapacityReservationId"]
    [found] = describe(client, CapacityReservationIds=[ended])
    assert found["State"] == "expired"


def test_reservations_are_filtered(client: Client) -> None:
    id = reserve(client, InstanceType="c5n.18xlarge")["CapacityReservationId"]
    found = describe(client, Filters=[{"Name": "instance-type", "Values": ["c5n.18xlarge"]}])
    assert [one["CapacityReservationId"] for one in found] == [id]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"InstanceType": "p9.48xlarge"}, "InvalidInstanceType"),
        ({"AvailabilityZone": "us-east-1f", "InstanceType": "p4de.24xlarge"}, "Unsupported"),
    ],
)
def test_a_reservation_that_ec2_would_not_make_is_refused(client: Client, changes: Any, code: str) -> None:
    with pytest.raises(ClientError) as error:
        reserve(client, **changes)
    assert error.value.response["Error"]["Code"] == code


def test_a_reservation_that_is_not_there_is_refused(client: Client) -> None:
    with pytest.raises(ClientError) as error:
        describe(client, CapacityReservationIds=["cr-0123456789abcdef0"])
    assert error.value.response["Error"]["Code"] == "InvalidCapacityReservationId.NotFound"


def test_a_capacity_block_is_scheduled_until_it_begins_and_cannot_be_cancelled(client: Client) -> None:
    ec2 = client("ec2")
    asked = {"InstanceType": "p5.48xlarge", "InstanceCount": 8, "CapacityDurationHours": 48}
    begin = datetime.now(UTC) + timedelta(days=2)
    [offering] = ec2.describe_capacity_block_offerings(**asked, StartDateRange=begin)["CapacityBlockOfferings"]
    block = ec2.purchase_capacity_block(
        CapacityBlockOfferingId=offering["CapacityBlockOfferingId"], InstancePlatform="Linux/UNIX"
    )["CapacityReservation"]
    assert (block["State"], block["TotalInstanceCount"], block["AvailableInstanceCount"]) == ("scheduled", 8, 0)
    assert block["ReservationType"] == "capacity-block"
    assert block["EndDate"] - block["StartDate"] == timedelta(hours=48)
    with pytest.raises(ClientError) as error:
        ec2.cancel_capacity_reservation(CapacityReservationId=block["CapacityReservationId"])
    assert error.value.response["Error"]["Code"] == "OperationNotPermitted"


def test_types_without_capacity_blocks_are_not_offered(client: Client) -> None:
    asked = {"InstanceType": "c5n.18xlarge", "InstanceCount": 1, "CapacityDurationHours": 24}
    assert client("ec2").describe_capacity_block_offerings(**asked)["CapacityBlockOfferings"] == []


def simulate(client: Client, arn: str, *actions: str, resource: str = "*") -> dict[str, str]:
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(actions), ResourceArns=[resource]
    )
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def policy(effect: str, action: str, resource: str = "*") -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
    )


def test_policies_of_a_role_decide(client: Client) -> None:
    iam = client("iam")
    trust = json.dumps({"Statement": []})
    arn = iam.create_role(RoleName="trainer", Path="/team/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="trainer", PolicyName="own", PolicyDocument=policy("Allow", "eks:*"))
    managed = iam.create_policy(PolicyName="no-delete", PolicyDocument=policy("Deny", "eks:Delete*"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="trainer", PolicyArn=managed)
    assert simulate(client, arn, "eks:CreateNodegroup", "eks:DeleteCluster", "ec2:RunInstances") == {
        "eks:CreateNodegroup": "allowed",
        "eks:DeleteCluster": "explicitDeny",
        "ec2:RunInstances": "implicitDeny",
    }


def test_policies_of_a_users_groups_decide_by_resource(client: Client) -> None:
    iam = client("iam")
    arn = iam.create_user(UserName="me")["User"]["Arn"]
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="me")
    roles = "arn:aws:iam::123456789012:role/cdk-*"
    iam.put_group_policy(GroupName="team", PolicyName="p", PolicyDocument=policy("Allow", "sts:AssumeRole", roles))
    assert simulate(client, arn, "sts:AssumeRole", resource=roles.replace("*", "deploy")) == {
        "sts:AssumeRole": "allowed"
    }
    assert simulate(client, arn, "sts:AssumeRole", resource="arn:aws:iam::123456789012:role/other") == {
        "sts:AssumeRole": "implicitDeny"
    }


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:role/nobody", "arn:aws:sts::123456789012:user/moto"])
def test_a_principal_that_is_not_there_is_refused(client: Client, arn: str) -> None:
    with pytest.raises(ClientError) as error:
        simulate(client, arn, "eks:ListClusters")
    assert error.value.response["Error"]["Code"] == "NoSuchEntity"


def test_names_the_amis_of_the_versions_that_it_has(client: Client) -> None:
    ssm = client("ssm")
    name = "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/x86_64/nvidia/recommended/image_id"
    first = ssm.get_parameter(Name=name.format("1.35"))["Parameter"]["Value"]
    assert first.startswith("ami-") and first != ssm.get_parameter(Name=name.format("1.34"))["Parameter"]["Value"]
    assert first == ssm.get_parameter(Name=name.format("1.35"))["Parameter"]["Value"]
    with pytest.raises(ClientError) as error:
        ssm.get_parameter(Name=name.format("1.20"))
    assert error.value.response["Error"]["Code"] == "ParameterNotFound"
