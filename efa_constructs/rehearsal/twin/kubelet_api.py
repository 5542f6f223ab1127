"""The part of a kubelet's API that gives the logs of containers, for all nodes of a cluster at once."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["ContainerLog", "KubeletApi", "NoLogError"]

_ADDRESS = "127.0.0.1"
_FOLLOW_SECONDS = 0.5
# How soon it ends once it is told to.
_POLL_SECONDS = 0.05


class NoLogError(Exception):
    """There is no such container, or it has not run; in a kubelet's words."""


class ContainerLog:
    """What a container wrote so far."""

    def __init__(self, lines: Sequence[str], *, goes_on: bool) -> None:
        """
        :param goes_on: Whether it runs, and may write more.
        """
        self.lines = lines
        self.goes_on = goes_on


# Namespace, pod, container, and whether the log of the container before this one is wanted.
LogSource = Callable[[str, str, str, bool], ContainerLog]


class KubeletApi:
    """Answers the API server, and nobody else, at a port of this machine's loopback interface."""

    def __init__(self, certificate: tuple[Path, Path], authority: Path, *, client: str, source: LogSource) -> None:
        """
        :param certificate: Its own, and its key.
        :param authority: The certificate that has signed those of its clients.
        :param client: The user in the certificate of the one client that it answers.
        :param source: Gives logs, or raises :class:`NoLogError`. Called in threads.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.load_verify_locations(authority)
        # It would otherwise tell what only those may read whom the API server lets read it.
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = _Server(context, client, source)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="kubelet", daemon=True
        )
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no longer. Doing it again changes nothing."""
        self._server.ending.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # What follows a log must not be waited for.
    block_on_close = False

    def __init__(self, context: ssl.SSLContext, client: str, source: LogSource) -> None:
        super().__init__((_ADDRESS, 0), _Handler)
        self.client = client
        self.source = source
        self.ending = threading.Event()
        # The handshake is left to the thread of the request: a client that says nothing must not stop the others.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client without a certificate, or one that has gone."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    connection: ssl.SSLSocket
    timeout = 30

    def do_GET(self) -> None:
        """``/containerLogs/NAMESPACE/POD/CONTAINER``, as in pkg/kubelet/server/server.go of kubernetes."""
        if _user(self.connection) != self.server.client:
            self._say(HTTPStatus.FORBIDDEN, "only the API server may ask")
            return
        url = urlsplit(self.path)
        _, *parts = (unquote(part) for part in url.path.split("/"))
        options = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if len(parts) != 4 or parts[0] != "containerLogs":
            # No colon: that would be YAML, which kubectl before 1.30 takes for an answer that says nothing.
            self._say(HTTPStatus.NOT_IMPLEMENTED, "no container runs on this node, and only logs can be read")
            return
        try:
            self._send_log(parts[1], parts[2], parts[3], options)
        except NoLogError as error:
            self._say(HTTPStatus.BAD_REQUEST, str(error))

    def do_POST(self) -> None:
        """Commands, which nobody runs here."""
        self.do_GET()

    def _send_log(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> None:
        previous = options.get("previous") == "true"
        log = self.server.source(namespace, pod, container, previous)
        text = _encoded(log.lines[max(len(log.lines) - int(options.get("tailLines", len(log.lines))), 0) :])
        self._begin(HTTPStatus.OK)
        self.wfile.write(text[: int(options.get("limitBytes", len(text)))])
        while options.get("follow") == "true" and log.goes_on and not self.server.ending.wait(_FOLLOW_SECONDS):
            self.wfile.flush()
            known = len(log.lines)
            try:
                log = self.server.source(namespace, pod, container, previous)
            except NoLogError:
                return
            self.wfile.write(_encoded(log.lines[known:]))

    def _say(self, status: HTTPStatus, words: str) -> None:
        self._begin(status)
        self.wfile.write(words.encode())

    def _begin(self, status: HTTPStatus) -> None:
        # HTTP/1.0: the end of the connection is the end of the text.
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def _user(connection: ssl.SSLSocket) -> str:
    """The common name in the client's certificate, which is its user in Kubernetes."""
    certificate: Any = connection.getpeercert() or {}
    names = [value for group in certificate.get("subject", ()) for key, value in group if key == "commonName"]
    return str(names[0]) if names else ""


def _encoded(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
