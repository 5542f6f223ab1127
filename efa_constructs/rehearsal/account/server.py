"""The emulated account as an HTTP server: CloudFormation and EKS are ours, every other service is moto's."""

from __future__ import annotations

import importlib
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import ThreadedWSGIServer

from .endpoint import CLUSTERS_PATH, TRUST_PATH, is_known_token, listen_on
from .on_trust import taken_on_trust

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .eks.control_planes import ControlPlanes

__all__ = ["Account", "AccountServer", "serve"]

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

# Modules with a function handle(method, path, query, body, account, region), by the name of the service in a signature.
_SERVICES = {"cloudformation": ".cloudformation.api", "eks": ".eks"}

# Modules with a function that adds to a service of moto, by the name of the service in a signature.
_COMPLETIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ec2": (
        (".auto_scaling", "serve_auto_scaling"),
        (".capacity_reservations", "serve_capacity_reservations"),
        (".placement_groups", "serve_placement_groups"),
    ),
    "iam": ((".policy_simulation", "serve_policy_simulation"),),
    "servicequotas": ((".service_quotas", "serve_ec2_quotas"),),
    "ssm": ((".ami_parameters", "serve_ami_parameters"),),
}

# AWS4-HMAC-SHA256 Credential=ACCESS_KEY/20260101/us-east-1/eks/aws4_request, ...
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")

# Loaded while whoever started the account gets ready to talk to it.
_SOON_NEEDED = (
    "moto.sts.urls",
    "moto.sts.responses",
    "moto.ssm.urls",
    "moto.ssm.responses",
    "moto.s3.urls",
    "moto.s3.responses",
    "moto.iam.responses",
    "moto.ec2.responses",
)


class Account:
    """The account, as a WSGI application."""

    def __init__(self, account: str) -> None:
        """
        :param account: Account number. moto's services read it from ``MOTO_ACCOUNT_ID``.
        """
        self._account = account
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._patched = threading.Lock()
        # Services of moto to which what they lack was added.
        self._complete: set[str] = set()
        # None: its clusters have no control planes.
        self.control_planes: Future[ControlPlanes] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not is_known_token(_token_of(environ)):
            message = "The security token included in the request is invalid."
            return _refused("InvalidClientTokenId", message, environ, start_response, status=403)
        if environ.get("PATH_INFO") == TRUST_PATH:
            return _answer(taken_on_trust(), start_response)
        if environ.get("PATH_INFO") == CLUSTERS_PATH:
            return _answer(self._clusters(), start_response)
        credential = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = credential["service"] if credential else ""
        if credential and service in _SERVICES:
            return self._own(_SERVICES[service], credential, environ, start_response)
        self._complete_service(service)
        try:
            answer: Iterable[bytes] = self._moto(environ, start_response)
        except NotImplementedError as error:
            # For good: clients ask again for half a minute after an error that looks like a failure.
            return _refused("UnsupportedOperation", f"{service}: {error}", environ, start_response)
        return answer

    def _clusters(self) -> list[dict[str, Any]]:
        # While that is still loading which gives clusters their control planes, no cluster has one.
        provider = self.control_planes
        return provider.result().describe() if provider is not None and provider.done() else []

    def _own(
        self, module: str, credential: re.Match[str], environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        # Not before it is needed: EKS needs EC2, which takes a second to load.
        handle = importlib.import_module(module, __package__).handle
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, headers, content = handle(
            environ["REQUEST_METHOD"],
            environ.get("REQUEST_URI", environ["PATH_INFO"]).split("?")[0],
            environ.get("QUERY_STRING", ""),
            body,
            self._account,
            credential["region"],
        )
        headers = {**headers, "Content-Length": str(len(content))}
        start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
        return [content]

    def _complete_service(self, service: str) -> None:
        # Not before it is needed: services take a second to load.
        with self._patched:
            if service in _COMPLETIONS and service not in self._complete:
                for module, function in _COMPLETIONS[service]:
                    getattr(importlib.import_module(module, __package__), function)()
                self._complete.add(service)


def _answer(content: Any, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps(content).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _token_of(environ: Mapping[str, Any]) -> str:
    """The session token of a request: in a header, or in the query of a URL that was signed before."""
    # Signatures of version 2 write its name in small letters.
    query = {name.lower(): values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    return str(environ.get("HTTP_X_AMZ_SECURITY_TOKEN") or query.get("x-amz-security-token", ""))


def _refused(
    code: str, message: str, environ: Mapping[str, Any], start_response: StartResponse, *, status: int = 400
) -> Iterable[bytes]:
    credential = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if environ.get("HTTP_X_AMZ_TARGET") or (credential and credential["service"] == "eks"):
        kind, content = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
    else:
        kind = "text/xml"
        content = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
            "</ErrorResponse>"
        )
    body = content.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", code)]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]


class _QuietHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: nobody reads it."""


class AccountServer(ThreadedWSGIServer):
    """The server of one account."""

    def __init__(self, port: int, account: Account) -> None:
        # Other users of this machine, and pages in a browser on it, reach its ports.
        self.session_token = secrets.token_urlsafe(32)
        super().__init__("127.0.0.1", port, account, handler=_QuietHandler)
        self.account = account


def serve(port: int, account: str) -> AccountServer:
    """A server of the account on this machine only. It answers once ``serve_forever`` is called.

    :param port: 0 for a free one; the server's ``server_port`` tells which.
    :param account: Account number.
    """
    server = AccountServer(port, Account(account))
    listen_on(server.server_port, server.session_token)
    threading.Thread(target=_load_what_is_soon_needed, daemon=True).start()
    return server


def _load_what_is_soon_needed() -> None:
    for module in _SOON_NEEDED:
        importlib.import_module(module)
