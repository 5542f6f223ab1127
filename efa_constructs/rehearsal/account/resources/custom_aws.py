"""CDK's ``AwsCustomResource``: a call of an AWS API when the resource is made, updated or deleted.

CDK's handler makes the call with the AWS SDK for JavaScript; here botocore makes it, and this account answers.
Source: aws-custom-resource-handler in packages/@aws-cdk/custom-resource-handlers of aws/aws-cdk.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ..cloudformation.errors import TemplateError
from ..endpoint import endpoint_url, session_token
from ..on_trust import take_on_trust
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .api_parameters import api_parameters, same_name

__all__ = ["AwsCustomResource"]

# What CDK writes where the physical id goes.
_PHYSICAL_ID = "PHYSICAL:RESOURCEID:"

# With which this account says that it does not do something.
_NOT_HERE = frozenset({"InvalidAction", "NotImplemented", "UnsupportedOperation"})

# Services whose name in the AWS SDKs for JavaScript, without its punctuation, is not botocore's.
_BOTOCORE_NAMES = {
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "cognitoidentityserviceprovider": "cognito-idp",
    "configservice": "config",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}


class _NotHereError(Exception):
    """The emulated account does not know the call."""


class _Unanswered(Mapping[str, Any]):
    """What ``Fn::GetAtt`` gives of a call that nobody answered: an error that says so."""

    def __init__(self, logical_id: str, call: str) -> None:
        self._logical_id = logical_id
        self._call = call

    def __getitem__(self, name: str) -> Any:
        raise TemplateError(
            f"Template error: {self._logical_id} has no attribute {name} for Fn::GetAtt: it would come from the answer "
            f"to {self._call}, a call that the emulated account does not know"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class AwsCustomResource(ResourceType):
    """One API call for each of creation, update and deletion; each may be missing."""

    type_name = "Custom::AWS"

    def create(self, request: ResourceRequest) -> Resource:
        """Make the call for creation."""
        given = (_given_id(_call(request, verb)) for verb in ("Create", "Update", "Delete"))
        return _perform(request, "Create", next(filter(None, given), request.logical_id))

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Make the call for updates."""
        return _perform(request, "Update", _given_id(_call(request, "Update")) or current.physical_id)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Make the call for deletion."""
        _perform(request, "Delete", current.physical_id)


def _call(request: ResourceRequest, verb: str) -> dict[str, Any]:
    try:
        call: dict[str, Any] = json.loads(request.properties.get(verb) or "{}")
    except ValueError as error:
        raise AwsError("InvalidRequest", f"the property {verb} is not JSON: {error}") from None
    return call


def _given_id(call: Mapping[str, Any]) -> str | None:
    identifier = call.get("physicalResourceId", {}).get("id")
    return str(identifier) if identifier is not None else None


def _perform(request: ResourceRequest, verb: str, physical_id: str) -> Resource:
    call = _call(request, verb)
    if not call:
        return Resource(physical_id=physical_id)
    try:
        answer = _flat(_answer(call, request.region, physical_id))
    except _NotHereError:
        name = f"{call['service']}.{call['action']}"
        take_on_trust(f"the call {name} that the custom resource {request.stack_name}/{request.logical_id} makes")
        return Resource(physical_id=physical_id, attributes=_Unanswered(request.logical_id, name))
    except AwsError as error:
        if not re.search(call.get("ignoreErrorCodesMatching") or "(?!)", error.code):
            raise
        answer = {}
    path = call.get("physicalResourceId", {}).get("responsePath")
    if path and answer.get(path) is None:
        raise AwsError("InvalidRequest", f"the answer has no {path}, which was to be the physical resource id")
    kept = tuple(call.get("outputPaths") or ("",))
    return Resource(
        physical_id=str(answer[path]) if path else physical_id,
        attributes={name: value for name, value in answer.items() if name.startswith(kept)},
    )


def _answer(call: Mapping[str, Any], region: str, physical_id: str) -> dict[str, Any]:
    client = _client(call["service"], call.get("region") or region)
    # "getParameter", "GetParameter", "GetParameterCommand"
    wanted = call["action"].lower()
    names = {name.lower(): name for name in client.meta.service_model.operation_names}
    operation = names.get(wanted) or names.get(wanted.removesuffix("command"))
    if operation is None:
        raise _NotHereError
    shape = client.meta.service_model.operation_model(operation).input_shape
    given = _with_id(call.get("parameters") or {}, physical_id)
    parameters = api_parameters(shape, given, same_name) if shape else {}
    try:
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        # A number for a code is what a web server says, not a service.
        if code in _NOT_HERE or code.isdecimal() or status >= 500:
            raise _NotHereError from None
        message = error.response["Error"].get("Message", code)
        raise AwsError(code, message, service=str(call["service"]), status=status) from None
    except ResponseParserError:
        raise _NotHereError from None
    except BotoCoreError as error:
        raise AwsError("ValidationException", str(error), service=str(call["service"])) from None
    answer.pop("ResponseMetadata", None)
    return answer


def _client(service: str, region: str) -> Any:
    # "SSM", "ssm", "@aws-sdk/client-ssm"
    name = re.sub("[^a-z0-9]", "", service.lower().removeprefix("@aws-sdk/client-"))
    known = {re.sub("[^a-z0-9]", "", folder): folder for folder in _session().get_available_services()}
    botocore_name = _BOTOCORE_NAMES.get(name) or known.get(name)
    if botocore_name is None:
        raise _NotHereError
    return _session().create_client(
        botocore_name,
        region_name=region,
        endpoint_url=endpoint_url(),
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
        aws_session_token=session_token(),
        config=Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}),
    )


@functools.cache
def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    # Nothing of this machine's AWS configuration.
    for variable in ("config_file", "credentials_file"):
        session.set_config_variable(variable, os.devnull)
    return session


def _with_id(value: Any, physical_id: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_id(item, physical_id) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_id(item, physical_id) for item in value]
    return physical_id if value == _PHYSICAL_ID else value


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """An answer as CDK's handler gives it: one level, with names such as ``Vpcs.0.VpcId``, and without dates."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        flat: dict[str, Any] = {}
        for key, item in items:
            flat |= _flat(item, f"{path}.{key}" if path else str(key))
        return flat
    if isinstance(value, datetime):
        return {}
    if hasattr(value, "read"):
        value = value.read()
    return {path: value.decode("utf-8", "replace") if isinstance(value, bytes) else value}
