"""What stands between CloudFormation and CDK's handler: CDK's provider framework, and the limits of both sides.

CloudFormation calls the framework's function, that one calls the handler's and answers CloudFormation.
Source: provider-framework/runtime in packages/aws-cdk-lib/custom-resources of aws/aws-cdk, and "Custom resource request
and response reference" in the AWS CloudFormation User Guide.
"""

from __future__ import annotations

import ast
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from moto.awslambda.models import LambdaFunction, lambda_backends

from ....catalogue.custom_resources import MAXIMUM_REQUEST_BYTES
from ...programs import Programs
from ..cloudformation.errors import CloudFormationError
from ..resource_type import AwsError
from .lambda_run import EXITED, TIMED_OUT, FunctionError, Invocation, invoke

__all__ = ["CustomResourceRequest", "CustomResourceResponse", "handler_function", "send"]

# By which the framework's function knows the handler's.
_HANDLER_VARIABLE = "USER_ON_EVENT_FUNCTION_ARN"

# CloudFormation calls the framework's function asynchronously. The framework calls the handler's synchronously, where
# 6 MB are allowed: what passed the first limit passes that.
# "Custom resource response objects" in the AWS CloudFormation User Guide.
_MOST_BYTES_OF_RESPONSE = 4096

_CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"

# Seconds that CloudFormation waits for an answer unless the property ServiceTimeout says otherwise ("Custom resource
# request objects" there).
_SERVICE_TIMEOUT = 3600

# The framework gives its stack for a reason. It tells users nothing, and counts.
_STACK = """
    at invokeUserFunction (/var/task/framework.js:2:6)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async onEvent (/var/task/framework.js:1:1411)
    at async Runtime.handler (/var/task/cfn-response.js:1:2865)"""

# Errors that say nothing about why; the log does.
_WITHOUT_REASON = ("CalledProcessError", EXITED, TIMED_OUT)
# How much of what kubectl wrote belongs into an error message.
_TAIL_LINES = 5
_TAIL_CHARACTERS = 1000


@dataclass(frozen=True, kw_only=True)
class CustomResourceRequest:
    """What CloudFormation asks of a custom resource, its properties as the template has them."""

    account: str
    region: str
    request_type: Literal["Create", "Update", "Delete"]
    resource_type: str
    stack_id: str
    logical_id: str
    properties: Mapping[str, Any]
    # In an update: those before it.
    old_properties: Mapping[str, Any] = field(default_factory=dict)
    # None before the resource exists.
    physical_id: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def service_token(self) -> str:
        """The function that CloudFormation calls."""
        return str(self.properties["ServiceToken"])


@dataclass(frozen=True, kw_only=True)
class CustomResourceResponse:
    """What CloudFormation makes of the answer."""

    physical_id: str
    # What Fn::GetAtt gives.
    data: Mapping[str, Any] = field(default_factory=dict)


def handler_function(service_token: str, account: str, region: str) -> LambdaFunction:
    """The function that CDK's provider framework calls for a service token.

    :raises AwsError: There is no such function.
    """
    functions = lambda_backends[account][region]
    try:
        framework = functions.get_function(service_token)
        return functions.get_function(framework.environment_vars.get(_HANDLER_VARIABLE, service_token))
    except Exception:
        raise AwsError(
            "ResourceNotFoundException", f"Function not found: {service_token}", service="Lambda", status=404
        ) from None


def send(
    request: CustomResourceRequest,
    *,
    program: Literal["kubectl", "helm"],
    kubeconfig: Path,
    folder: Path,
    programs: Programs,
) -> CustomResourceResponse:
    """Let the handler do what CloudFormation asks.

    :param program: What the handler starts for resources of this type.
    :param kubeconfig: What the handler gets from ``aws eks update-kubeconfig``.
    :param folder: Where functions and layers are unpacked, and stay.
    :param programs: Among which the handler runs, and with which it ends.
    :raises AwsError: There is no such function, or the programs have been stopped.
    :raises CloudFormationError: The handler failed, or a limit is exceeded; in CloudFormation's words.
    :raises ProgramMissingError: The program of the function's layer does not run here, and there is no other.
    """
    function = handler_function(request.service_token, request.account, request.region)
    event = _event(request)
    timeout, patience = float(function.timeout), float(request.properties.get("ServiceTimeout") or _SERVICE_TIMEOUT)
    invocation = invoke(
        function,
        event,
        request_id=request.request_id,
        seconds=min(timeout, patience),
        program=program,
        kubeconfig=kubeconfig,
        folder=folder,
        programs=programs,
    )
    error = invocation.error
    if error is None:
        return _success(request, invocation.answer or {})
    if error.error_type == TIMED_OUT and patience < timeout:
        raise CloudFormationError(
            "NotStabilized",
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId "
            f"[{request.request_id}].\n\n{_tail(invocation.log)}",
        )
    raise _failure(request, function, invocation, error)


def _event(request: CustomResourceRequest) -> dict[str, Any]:
    event = {
        "RequestType": request.request_type,
        "ServiceToken": request.service_token,
        # CloudFormation's is signed, and about 2 kB long.
        "ResponseURL": "https://cloudformation-custom-resource-response.rehearsal",
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_id,
        "ResourceType": request.resource_type,
        "ResourceProperties": _as_strings(request.properties),
    }
    if request.physical_id is not None:
        event["PhysicalResourceId"] = request.physical_id
    if request.request_type == "Update":
        event["OldResourceProperties"] = _as_strings(request.old_properties)
    size = len(_compact(event))
    if size > MAXIMUM_REQUEST_BYTES:
        raise CloudFormationError(
            "RequestEntityTooLargeException",
            f"{size} byte payload is too large for the Event invocation type (limit {MAXIMUM_REQUEST_BYTES} bytes) "
            f"(Service: Lambda, Status Code: 413, Request ID: {request.request_id})",
        )
    return event


def _as_strings(value: Any) -> Any:
    """Properties as CloudFormation sends them: everything that is neither a list nor an object becomes a string."""
    if isinstance(value, Mapping):
        return {name: _as_strings(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_strings(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _success(request: CustomResourceRequest, answer: Mapping[str, Any]) -> CustomResourceResponse:
    physical_id = answer.get("PhysicalResourceId") or request.physical_id or request.request_id
    if request.request_type == "Delete" and physical_id != request.physical_id:
        raise _failed(
            request,
            f'Error: DELETE: cannot change the physical resource ID from "{request.physical_id}" to "{physical_id}" '
            "during deletion",
        )
    data = answer.get("Data") or {}
    _check_response(_response(request, "SUCCESS", "SUCCESS", physical_id, data))
    return CustomResourceResponse(physical_id=physical_id, data=data)


def _failure(
    request: CustomResourceRequest, function: LambdaFunction, invocation: Invocation, error: FunctionError
) -> CloudFormationError:
    logs = f"Logs: {function.logs_group_name}"
    reason = f"Error: {error.message}\n\n{logs}\n"
    physical_id = request.physical_id or _CREATE_FAILED
    response = _response(request, "FAILED", reason + _STACK, physical_id, {})
    _check_response(response, said=_tail(_text(error.message)))
    if error.error_type in _WITHOUT_REASON and invocation.log:
        reason = f"{reason}\n{_tail(invocation.log)}\n"
    return _failed(request, reason)


def _failed(request: CustomResourceRequest, reason: str) -> CloudFormationError:
    return CloudFormationError(
        "GeneralServiceException",
        f"Received response status [FAILED] from custom resource. Message returned: {reason} "
        f"(RequestId: {request.request_id})",
    )


def _response(
    request: CustomResourceRequest, status: str, reason: str, physical_id: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    response = {
        "Status": status,
        "Reason": reason,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "PhysicalResourceId": physical_id,
        "LogicalResourceId": request.logical_id,
    }
    return {**response, "Data": data} if data else response


def _check_response(response: Mapping[str, Any], *, said: str = "") -> None:
    size = len(_compact(response))
    if size > _MOST_BYTES_OF_RESPONSE:
        # The first sentence is all that CloudFormation says.
        raise CloudFormationError(
            "GeneralServiceException",
            f"Response object is too long. It has {size} bytes, at most {_MOST_BYTES_OF_RESPONSE}"
            + (f", and ends with:\n{said}" if said else ""),
        )


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _text(message: str) -> str:
    """What the handler's exceptions hold: it raises kubectl's output as bytes."""
    try:
        value = ast.literal_eval(message)
    except (SyntaxError, ValueError):
        return message
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else message


def _tail(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-_TAIL_LINES:])[-_TAIL_CHARACTERS:]
