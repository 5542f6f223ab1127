"""The Kubernetes API as plain JSON."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import httpx_ws
import kr8s.asyncio

from ..errors import InvalidArgumentError

__all__ = [
    "API_ERRORS",
    "Executed",
    "KubernetesApi",
    "SignIn",
    "check_name",
    "collection_path",
    "exit_status",
    "is_timeout",
    "server_words",
    "status_code",
    "version_path",
]

# What a request may raise when the server refuses, or is not there.
API_ERRORS = (kr8s.ServerError, kr8s.APITimeoutError, httpx.HTTPError, OSError)

# The content of a kubeconfig with new credentials. Its files last until this is left.
SignIn = Callable[[], AbstractAsyncContextManager[dict[str, Any]]]

# Kubernetes' protocol over WebSocket: the first byte of a message is the number of its stream.
_EXEC_PROTOCOL = "v4.channel.k8s.io"
_OUTPUT, _ERRORS, _STATUS = 1, 2, 3

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")

_PATCHES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


def server_words(error: Exception) -> str:
    """What the API server said, of one of :data:`API_ERRORS`."""
    try:
        return str(error.response.json()["message"])  # type: ignore[attr-defined]
    except (AttributeError, KeyError, TypeError, ValueError):
        return " ".join(str(error).split()) or type(error).__name__


def status_code(error: Exception) -> int | None:
    """The HTTP status with which the API server refused. None: it did not answer."""
    code = getattr(getattr(error, "response", None), "status_code", None)
    return code if isinstance(code, int) else None


def is_timeout(error: Exception) -> bool:
    """Whether the API server did not answer in time, of one of :data:`API_ERRORS`."""
    return isinstance(error, kr8s.APITimeoutError | TimeoutError)


class Executed(NamedTuple):
    """What a command in a container wrote, and how it ended."""

    exit_status: int
    output: bytes
    errors: bytes


class KubernetesApi:
    """An API server, asked with one user's credentials. Paths are whole: ``/api/v1/nodes``.

    Every method raises one of :data:`API_ERRORS` when the server refuses, or does not answer.
    """

    def __init__(self, api: kr8s.asyncio.Api, sign_in: SignIn | None = None) -> None:
        self._api = api
        self._sign_in = sign_in

    @staticmethod
    async def connect(kubeconfig: Path) -> KubernetesApi:
        """Reach the server of a kubeconfig."""
        with warnings.catch_warnings():
            # kr8s knows versions up to a fixed one, and uses nothing that changes between them.
            warnings.simplefilter("ignore", UserWarning)
            return KubernetesApi(await kr8s.asyncio.api(kubeconfig=str(kubeconfig)))

    @staticmethod
    async def connect_as(sign_in: SignIn, *, seconds: float) -> KubernetesApi:
        """Reach a server whose user may have to sign in again.

        :param seconds: How long it may take to answer.
        """
        api = KubernetesApi(kr8s.asyncio.Api(bypass_factory=True), sign_in)
        try:
            api.give_up_after(seconds)
            await api._authenticate()
            await api.get("/version/")
        except BaseException:
            await api.aclose()
            raise
        return api

    async def aclose(self) -> None:
        """Close its connections."""
        session = self._api._session
        if session is not None:
            await session.aclose()

    def give_up_after(self, seconds: float) -> None:
        """Let requests fail that are not answered by then. At first, they wait for ever."""
        self._api.timeout = seconds

    async def get(self, path: str, **parameters: str) -> Any:
        """One object, or a list."""
        return await self._request("GET", path, params=parameters)

    async def create(self, path: str, body: Mapping[str, Any]) -> Any:
        """Create an object in the collection that ``path`` is."""
        return await self._request("POST", path, content=json.dumps(body))

    async def patch(self, path: str, patch: Mapping[str, Any], *, kind: str = "merge") -> Any:
        """Change an object. ``kind``: "merge" (RFC 7386) or "strategic"."""
        headers = {"Content-Type": _PATCHES[kind]}
        return await self._request("PATCH", path, content=json.dumps(patch), headers=headers)

    async def apply(self, path: str, body: Mapping[str, Any]) -> Any:
        """Make or change an object as ``kubectl apply --server-side`` does: unknown fields are refused."""
        return await self._request(
            "PATCH",
            path,
            content=json.dumps(body),
            # JSON is YAML.
            headers={"Content-Type": "application/apply-patch+yaml"},
            params={"fieldManager": "kubectl", "fieldValidation": "Strict"},
        )

    async def delete(self, path: str, **parameters: str) -> Any:
        """Delete an object."""
        return await self._request("DELETE", path, params=parameters)

    async def watch(self, path: str, resource_version: str) -> AsyncIterator[dict[str, Any]]:
        """The events of a collection since a version, until the server ends it."""
        parameters = {"watch": "true", "resourceVersion": resource_version, "allowWatchBookmarks": "true"}
        async with self._call("GET", path, stream=True, params=parameters, timeout=None) as response:
            async for line in response.aiter_lines():
                yield json.loads(line)

    async def read(self, path: str, **parameters: str) -> AsyncIterator[bytes]:
        """Text of any length, such as a log, in pieces as they come, however long they take."""
        async with self._call("GET", path, stream=True, params=parameters, timeout=None) as response:
            async for piece in response.aiter_bytes():
                yield piece

    async def execute(self, pod: str, container: str, command: Sequence[str], *, seconds: float) -> Executed:
        """Run a command in a container that runs.

        :param pod: Path of the pod.
        :param seconds: How long it may say nothing.
        """
        parameters = [("container", container), ("stdout", "true"), ("stderr", "true")]
        parameters += [("command", word) for word in command]
        session = self._api._session
        # Connecting has made one.
        assert session is not None
        # Else it is closed before anybody can read why.
        session.event_hooks["response"] = [_read_refusal]
        try:
            async with self._api.open_websocket(
                version="", base=pod, url="exec", subprotocols=[_EXEC_PROTOCOL], params=parameters
            ) as socket:
                executed = await _until_the_end(socket, seconds)
        except httpx_ws.WebSocketUpgradeError as refused:
            raise _refusal(refused.response) from None
        except httpx_ws.HTTPXWSException as error:
            raise kr8s.ServerError(f"the API server opens no WebSocket: {error}") from None
        # What is raised within comes out in a group.
        if isinstance(executed, Exception):
            raise executed
        return executed

    async def _request(self, method: str, path: str, **arguments: Any) -> Any:
        async with self._call(method, path, **arguments) as response:
            return response.json()

    @asynccontextmanager
    async def _call(self, method: str, path: str, **arguments: Any) -> AsyncIterator[httpx.Response]:
        base, _, last = path.rpartition("/")
        signed_in_again = False
        while True:
            # kr8s would sign in again three times for every refusal, which with EKS starts a program each time.
            async with self._api.call_api(
                method, version="", base=base, url=last, raise_for_status=False, **arguments
            ) as response:
                if not response.is_error:
                    yield response
                    return
                await response.aread()
                if response.status_code != HTTPStatus.UNAUTHORIZED or signed_in_again:
                    raise _refusal(response)
            await self._authenticate()
            signed_in_again = True

    async def _authenticate(self) -> None:
        if self._sign_in is None:
            await self._api.auth.reauthenticate()
            await self._api._create_session()
            return
        async with self._sign_in() as content:
            self._api.auth._kubeconfig_path_or_dict = content
            await self._api.auth.reauthenticate()
            # It reads the files.
            await self._api._create_session()


async def _read_refusal(response: httpx.Response) -> None:
    if response.is_error:
        await response.aread()


async def _until_the_end(socket: httpx_ws.AsyncWebSocketSession, seconds: float) -> Executed | Exception:
    written = {_OUTPUT: b"", _ERRORS: b""}
    try:
        while True:
            message = await socket.receive_bytes(timeout=seconds)
            if not message:
                continue
            if message[0] == _STATUS:
                return Executed(exit_status(json.loads(message[1:])), written[_OUTPUT], written[_ERRORS])
            written[message[0]] += message[1:]
    except TimeoutError:
        return kr8s.APITimeoutError(f"the command in the container said nothing for {seconds:.0f} s")
    except httpx_ws.HTTPXWSException as error:
        return kr8s.ServerError(f"the connection to the container ended before the command: {error}")
    except kr8s.ServerError as error:
        return error


def _refusal(response: httpx.Response) -> kr8s.ServerError:
    try:
        words = str(response.json()["message"])
    except (KeyError, TypeError, ValueError):
        words = " ".join(response.text.split()) or f"{response.status_code} {response.reason_phrase}"
    return kr8s.ServerError(words, response=response)


def exit_status(status: Mapping[str, Any]) -> int:
    """Of a ``Status`` object, with which a command's end is told.

    :raises kr8s.ServerError: the command did not run.
    """
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise kr8s.ServerError(str(status.get("message") or "the command did not run"))


def check_name(option: str, name: str | None) -> None:
    """Refuse a name that is none of an object, and would make another path.

    :param option: Of the command line.
    :param name: None: there is none to check.
    :raises InvalidArgumentError: it is none.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise InvalidArgumentError(
            f"'{option}' '{name}' is no name of an object: use lower case letters, digits, '-' and '.'"
        )


def version_path(api_version: str) -> str:
    """The path of a version of an API group, such as ``apps/v1``; of the first API for ``v1``."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def collection_path(item: Mapping[str, Any]) -> str:
    """The path of the collection that an object belongs to, for kinds whose plural is regular."""
    base, namespace = version_path(item["apiVersion"]), item["metadata"].get("namespace")
    plural = f"{item['kind'].lower()}s"
    return f"{base}/namespaces/{namespace}/{plural}" if namespace else f"{base}/{plural}"
