"""How CloudFormation refuses requests, and how it reports what went wrong with a resource."""

from __future__ import annotations

import sys
import traceback
import uuid

from moto.core.exceptions import ServiceException, _RESTError

from ..resource_type import AwsError

__all__ = ["CloudFormationError", "ResourceFailure", "TemplateError", "aws_error", "handler_error_code", "reason"]

_INTERNAL = "InternalFailure"


class CloudFormationError(Exception):
    """A request that CloudFormation refuses, with its error code."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class TemplateError(CloudFormationError):
    """A template, or a parameter of it, that CloudFormation refuses."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


class ResourceFailure(Exception):  # noqa: N818 - an outcome of a deployment, not a mistake of the caller
    """A resource could not be created or updated; the reason is CloudFormation's, ready to show."""

    def __init__(self, logical_id: str, reason: str, *, untouched: bool = False) -> None:
        """
        :param untouched: The resource is certainly as it was before. Default: it may be half changed.
        """
        super().__init__(reason)
        self.logical_id = logical_id
        self.reason = reason
        self.untouched = untouched


def aws_error(error: Exception, type_name: str) -> AwsError:
    """The service's error that a handler raised, in moto's form or ours.

    :param type_name: The resource type, by which CloudFormation names the service.
    """
    if isinstance(error, AwsError):
        return error
    service = type_name.split("::")[1].capitalize() if type_name.startswith("AWS::") else ""
    if isinstance(error, ServiceException):
        return AwsError(error.code, str(error.message), service=service)
    if isinstance(error, _RESTError):
        return AwsError(error.error_type, error.message, service=service, status=error.code or 400)
    # A mistake of the emulated account, not of the template: whoever looks for it needs the traceback.
    traceback.print_exception(error, file=sys.stderr)
    return AwsError(_INTERNAL, f"internal error of the emulated account: {error!r}", service=service, status=500)


def reason(error: Exception, type_name: str) -> str:
    """What CloudFormation shows as the status reason of a resource whose handler raised ``error``."""
    if isinstance(error, CloudFormationError):
        return error.message
    error = aws_error(error, type_name)
    service = f"Service: {error.service}, " if error.service else ""
    details = f"({service}Status Code: {error.status}, Request ID: {uuid.uuid4()})"
    return (
        f'Resource handler returned message: "{error.message} {details}" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {handler_error_code(error)})"
    )


def handler_error_code(error: AwsError) -> str:
    """The handler error code for a service's error ("Handler error codes" in the CloudFormation CLI User Guide)."""
    code = error.code
    if code in ("NotUpdatable", _INTERNAL):
        return code
    if "NotFound" in code or "NoSuch" in code or error.status == 404:
        return "NotFound"
    if "AlreadyExists" in code or "Duplicate" in code or code == "ResourceInUseException":
        return "AlreadyExists"
    if "AccessDenied" in code or code == "UnauthorizedOperation":
        return "AccessDenied"
    if "LimitExceeded" in code:
        return "ServiceLimitExceeded"
    return "InvalidRequest" if error.status < 500 else "ServiceInternalError"
