"""Reads parameters of Systems Manager, public ones of AWS among them."""

from __future__ import annotations

from ..errors import AwsRequestError
from .clients import AccountClients, aws_errors

__all__ = ["read_parameter"]


def read_parameter(clients: AccountClients, name: str) -> str | None:
    """Read the value of a parameter. None: there is no such parameter.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    try:
        with aws_errors():
            return str(clients.ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except AwsRequestError as error:
        if error.code == "ParameterNotFound":
            return None
        raise
