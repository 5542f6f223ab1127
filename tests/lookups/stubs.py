"""boto3 clients whose answers a test writes down before they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.stub import Stubber

from efa_constructs.lookups.clients import AwsClients

__all__ = ["StubbedAccount", "stubbed_account"]

KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}


class StubbedAccount:
    """The clients, and what answers in their place."""

    def __init__(self) -> None:
        self.clients = AwsClients(
            region="us-east-1",
            ec2=boto3.client("ec2", **KEYS),  # type: ignore[call-overload]
            eks=boto3.client("eks", **KEYS),  # type: ignore[call-overload]
        )
        self.ec2, self.eks = Stubber(self.clients.ec2), Stubber(self.clients.eks)


@contextmanager
def stubbed_account() -> Iterator[StubbedAccount]:
    """An account that answers what it was told to, all of it, in that order."""
    account = StubbedAccount()
    with account.ec2, account.eks:
        yield account
        account.ec2.assert_no_pending_responses()
        account.eks.assert_no_pending_responses()
