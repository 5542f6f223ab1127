"""What moto does not emulate is refused at once, not as a failure that clients try again."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError

from efa_constructs.rehearsal.account.process import AccountProcess


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    with AccountProcess() as process:
        yield process


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        # The CDK CLI asks it why a deployment failed.
        ("cloudtrail", "lookup_events"),
        ("ec2", "describe_spot_datafeed_subscription"),
    ],
    ids=["a JSON protocol", "the query protocol"],
)
def test_refuses_an_operation_that_moto_lacks(account: AccountProcess, service: str, operation: str) -> None:
    client = boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=account.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        aws_session_token=account.environment["AWS_SESSION_TOKEN"],
    )
    with pytest.raises(ClientError) as error:
        getattr(client, operation)()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert "implemented" in str(error.value)
