"""The HTTP side of the emulated EKS: finds the operation of a request, checks its parameters, writes the answer."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore import xform_name
from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.serialize import RestJSONSerializer
from moto.core.utils import get_service_model

from ..eks_refusals import invalid_parameter, unsupported
from ..resource_type import AwsError
from . import access_entries, addons, clusters, node_groups, pod_identity, tags, versions
from .state import EksState, eks_state

__all__ = ["OPERATIONS", "call", "handle"]

Operation = Callable[[EksState, dict[str, Any]], dict[str, Any]]

_MODULES = (access_entries, addons, clusters, node_groups, pod_identity, tags, versions)

# Every operation that the account does, by its name in the API. A function's name is the operation's in snake case.
OPERATIONS: Mapping[str, Operation] = {
    operation: getattr(module, function)
    for operation in get_service_model("eks").operation_names
    for function in [xform_name(operation)]
    for module in _MODULES
    if hasattr(module, function) and function in module.__all__
}


def handle(
    method: str, path: str, query: str, body: bytes, account: str, region: str
) -> tuple[int, dict[str, str], bytes]:
    """Answer one HTTP request to EKS.

    :param path: The path of the URL, percent-encoded or not.
    :param query: The query string, without ``?``.
    :returns: Status, headers and body. A request that EKS, or the emulated account, refuses is answered with the error.

    Beside the API of EKS, ``GET /clusters/NAME/manifests`` lists what was accepted for a cluster and applied by nobody.
    """
    manifests = _MANIFESTS.fullmatch(unquote(path))
    try:
        if manifests:
            return _json(200, {"manifests": _manifests(eks_state(account, region), manifests[1])})
        operation, parameters = _parse(method, unquote(path), query, body)
        answer = call(operation.name, parameters, account, region)
    except AwsError as error:
        status, headers, content = _json(error.status, {"message": error.message, "__type": error.code})
        return status, headers | {"x-amzn-ErrorType": error.code}, content
    response = RestJSONSerializer(operation).serialize(answer)
    return response["status_code"], dict(response["headers"]), str(response["body"]).encode()


def call(operation_name: str, parameters: dict[str, Any], account: str, region: str) -> dict[str, Any]:
    """Do one operation: ``call("DescribeCluster", {"name": "training"}, "123456789012", "us-east-1")``.

    :raises AwsError: EKS would refuse the request, or the emulated account does not do the operation.
    """
    function = OPERATIONS.get(operation_name)
    if function is None:
        raise unsupported(operation_name)
    shape = get_service_model("eks").operation_model(operation_name).input_shape
    problems = ParamValidator().validate(parameters, shape)
    if problems.has_errors():
        raise invalid_parameter(problems.generate_report())
    _check_enums(shape, parameters, "")
    return function(eks_state(account, region), parameters)


_MANIFESTS = re.compile(r"/clusters/([^/]+)/manifests")


def _manifests(state: EksState, cluster: str) -> list[dict[str, Any]]:
    return [
        {
            "type": manifest.type_name,
            "stackName": manifest.stack_name,
            "logicalId": manifest.logical_id,
            "properties": dict(manifest.properties),
        }
        for manifest in state.cluster(cluster).manifests.values()
    ]


def _json(status: int, content: Any) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


@dataclass(frozen=True)
class _Route:
    operation: OperationModel
    path: re.Pattern[str]


def _parse(method: str, path: str, query: str, body: bytes) -> tuple[OperationModel, dict[str, Any]]:
    for route in _routes(method):
        match = route.path.fullmatch(path)
        if match:
            return route.operation, _parameters(route.operation, match.groupdict(), query, body)
    raise unsupported(f"{method} {path}")


@functools.cache
def _routes(method: str) -> list[_Route]:
    model = get_service_model("eks")
    operations = [model.operation_model(name) for name in model.operation_names]
    routes = [
        _Route(operation, re.compile(_pattern(operation.http["requestUri"])))
        for operation in operations
        if operation.http["method"] == method
    ]
    # "/a/{arn}/b/{arn}" before "/a/{arn}": an ARN holds slashes.
    return sorted(routes, key=lambda route: -route.operation.http["requestUri"].count("/"))


def _pattern(uri: str) -> str:
    return re.sub(r"{(\w+)}", lambda match: f"(?P<{match[1]}>{'arn:.+' if match[1].endswith('Arn') else '[^/]+'})", uri)


def _parameters(operation: OperationModel, uri: dict[str, str], query: str, body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body) if body else {}
    except ValueError:
        raise invalid_parameter("The request body is not JSON") from None
    strings = parse_qs(query, keep_blank_values=True)
    members = operation.input_shape.members if operation.input_shape else {}
    parameters: dict[str, Any] = {}
    for name, shape in members.items():
        location, key = shape.serialization.get("location"), shape.serialization.get("name", name)
        if location == "uri":
            parameters[name] = uri[key]
        elif location == "querystring" and key in strings:
            parameters[name] = _from_query(shape, strings[key])
        elif location is None and content.get(key) is not None:
            parameters[name] = content[key]
    return parameters


def _from_query(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "list":
        return values
    converters: dict[str, Callable[[str], Any]] = {"integer": int, "boolean": lambda value: value == "true"}
    return converters.get(shape.type_name, str)(values[0])


def _check_enums(shape: Any, value: Any, where: str) -> None:
    if shape.type_name == "structure":
        for name, member in value.items():
            _check_enums(shape.members[name], member, f"{where}.{name}" if where else name)
    elif shape.type_name == "list":
        for item in value:
            _check_enums(shape.member, item, where)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        raise invalid_parameter(
            f"Value '{value}' at '{where}' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(shape.enum)}]"
        )
