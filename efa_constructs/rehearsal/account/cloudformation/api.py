"""The HTTP side of the emulated CloudFormation: the AWS Query protocol."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore import xform_name
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model

from ..resources import resource_type
from . import actions, queries
from .engine import Engine
from .errors import CloudFormationError
from .stacks import cloudformation_state
from .surroundings import account_surroundings

__all__ = ["ACTIONS", "call", "handle"]

Action = Callable[[Engine, Mapping[str, Any]], dict[str, Any]]

# Every action that the account does, by the name of its function: the action's in snake case.
ACTIONS: Mapping[str, Action] = {
    name: getattr(module, name) for module in (actions, queries) for name in module.__all__ if name != "template_body"
}

_ERROR = (
    '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{request_id}</RequestId></ErrorResponse>"
)


def handle(
    method: str, path: str, query: str, body: bytes, account: str, region: str
) -> tuple[int, dict[str, str], bytes]:
    """Answer one HTTP request to CloudFormation.

    :returns: Status, headers and body. A request that CloudFormation, or the emulated account, refuses is answered
        with the error.
    """
    values = dict(parse_qsl(body.decode() or query, keep_blank_values=True))
    name = values.get("Action", "")
    try:
        if xform_name(name) not in ACTIONS:
            raise CloudFormationError(
                "InvalidAction", f"the emulated account does not do the action {name} of CloudFormation"
            )
        operation = get_service_model("cloudformation").operation_model(name)
        parameters = QueryParser(operation).parse({"values": values})  # type: ignore[typeddict-item]
        answer = call(xform_name(name), parameters, account, region)
    except CloudFormationError as error:
        message = _ERROR.format(code=error.code, message=escape(error.message), request_id=uuid.uuid4())
        return error.status, {"Content-Type": "text/xml"}, message.encode()
    response = QuerySerializer(operation).serialize(answer)
    return response["status_code"], dict(response["headers"]), str(response["body"]).encode()


def call(action: str, parameters: Mapping[str, Any], account: str, region: str) -> dict[str, Any]:
    """Do one action: ``call("describe_stacks", {}, "123456789012", "us-east-1")``.

    :raises CloudFormationError: CloudFormation would refuse the request.
    """
    engine = Engine(cloudformation_state(account, region), resource_type, account_surroundings)
    return ACTIONS[action](engine, parameters)
