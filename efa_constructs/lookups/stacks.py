"""Asks about CloudFormation stacks, and about the one that the CDK CLI deploys with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .clients import AccountClients, aws_errors
from .parameters import read_parameter

__all__ = ["BOOTSTRAP_PARAMETER", "read_bootstrap_version", "read_stack_statuses"]

# Of the qualifier that CDK uses unless it is told another one: CDK Developer Guide, "Customize bootstrapping".
BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"


def read_stack_statuses(clients: AccountClients, names: Iterable[str]) -> Mapping[str, str]:
    """Read the status of each of these stacks that exists, such as ``ROLLBACK_COMPLETE``.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    wanted = set(names)
    with aws_errors():
        # One question about all of them: about one that is not there, CloudFormation answers with a ValidationError.
        pages = clients.cloudformation.get_paginator("describe_stacks").paginate()
        return {
            stack["StackName"]: stack["StackStatus"]
            for page in pages
            for stack in page["Stacks"]
            if stack["StackName"] in wanted
        }


def read_bootstrap_version(clients: AccountClients) -> int | None:
    """Read the version of the bootstrap stack. None: the account is not bootstrapped in this Region.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    version = read_parameter(clients, BOOTSTRAP_PARAMETER)
    return None if version is None else int(version)
