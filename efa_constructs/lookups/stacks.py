"""Asks about CloudFormation stacks, and about the one that the CDK CLI deploys with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import AwsRequestError
from .clients import AccountClients, aws_errors
from .parameters import read_parameter

__all__ = ["DEFAULT_QUALIFIER", "read_bootstrap_version", "read_stack_statuses"]

# CDK uses it unless it is told another one: CDK Developer Guide, "Customize bootstrapping".
DEFAULT_QUALIFIER = "hnb659fds"


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


def read_bootstrap_version(clients: AccountClients, qualifier: str = DEFAULT_QUALIFIER) -> int | None:
    """Read the version of the bootstrap stack. None: the account is not bootstrapped in this Region.

    :param qualifier: In the names of what the stack has. Default: CDK's.
    :raises AwsRequestError: AWS could not be asked, or refused to answer, or the version is no number.
    """
    name = f"/cdk-bootstrap/{qualifier}/version"
    version = read_parameter(clients, name)
    if version is None:
        return None
    if not version.isdecimal():
        raise AwsRequestError(
            f"the parameter {name} is '{version}', where the version of CDK's bootstrap stack should be"
        )
    return int(version)
