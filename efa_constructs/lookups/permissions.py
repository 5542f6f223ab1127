"""Asks who asks, and what that one, or another role, may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import AwsRequestError
from .clients import AccountClients, aws_errors

__all__ = ["Caller", "Grant", "read_caller", "read_denied", "role_exists"]

_ASSUMED_ROLE = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The identity whose credentials are in use."""

    account: str
    # "aws", "aws-cn", ...
    partition: str
    # As STS names it.
    arn: str
    # The user or role whose policies decide. None: a federated user, whose policies IAM does not simulate.
    principal_arn: str | None

    @property
    def is_root(self) -> bool:
        """Whether it is the account's root user, who may do everything."""
        return self.arn.endswith(":root")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Actions on resources."""

    actions: Sequence[str]
    # ARNs.
    resources: Sequence[str] = ("*",)


def read_caller(clients: AccountClients) -> Caller:
    """Read whose credentials are in use, and of an assumed role which role it is. It needs no permission.

    :raises AwsRequestError: AWS could not be asked, or does not know the credentials.
    """
    with aws_errors():
        answer = clients.sts.get_caller_identity()
        account, arn = answer["Account"], answer["Arn"]
    assumed = _ASSUMED_ROLE.fullmatch(arn)
    principal: str | None = arn
    if assumed:
        principal = _role_arn(clients, assumed)
    elif ":federated-user/" in arn:
        principal = None
    return Caller(account=account, partition=arn.split(":")[1], arn=arn, principal_arn=principal)


def _role_arn(clients: AccountClients, assumed: re.Match[str]) -> str:
    """The ARN of an assumed role, with the path that the ARN of its session lacks."""
    try:
        with aws_errors():
            return clients.iam.get_role(RoleName=assumed["role"])["Role"]["Arn"]
    except AwsRequestError:
        # Right for every role without a path, and IAM says so of others.
        return f"arn:{assumed['partition']}:iam::{assumed['account']}:role/{assumed['role']}"


def read_denied(clients: AccountClients, principal_arn: str, grants: Iterable[Grant]) -> Mapping[str, str] | None:
    """Ask IAM which of these actions a user or role may not do, and how it decides: implicitDeny or explicitDeny.

    Policies of the principal, its permissions boundary and the organization count; those of the session and of
    resources do not.

    :returns: None: there is no such principal.
    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    try:
        return {action: how for grant in grants for action, how in _denied(clients, principal_arn, grant)}
    except AwsRequestError as error:
        if error.code == "NoSuchEntity":
            return None
        raise


def _denied(clients: AccountClients, principal_arn: str, grant: Grant) -> list[tuple[str, str]]:
    with aws_errors():
        pages = clients.iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=principal_arn, ActionNames=list(grant.actions), ResourceArns=list(grant.resources)
        )
        return [
            (result["EvalActionName"], result["EvalDecision"])
            for page in pages
            for result in page["EvaluationResults"]
            if result["EvalDecision"] != "allowed"
        ]


def role_exists(clients: AccountClients, name: str) -> bool:
    """Ask whether the account has a role with this name.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    try:
        with aws_errors():
            clients.iam.get_role(RoleName=name)
    except AwsRequestError as error:
        if error.code == "NoSuchEntity":
            return False
        raise
    return True
