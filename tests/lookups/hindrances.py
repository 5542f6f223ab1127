"""Lets AWS refuse or throttle some requests, where boto3 sends them: its retries and parsers see what AWS would say."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

__all__ = ["Hindrances", "hinder"]

DENIED_BY_EC2 = (
    "You are not authorized to perform this operation. Encoded authorization failure message: Sy1n6gbSV-nfO_zt0Q"
)


class _Raw(io.BytesIO):
    def stream(self, amt: int = 65536, **kwargs: Any) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk


@dataclass
class Hindrances:
    """What happens to requests, by the name of the operation."""

    denied: set[str] = field(default_factory=set)
    # How many requests are throttled before one is let through.
    throttled: dict[str, int] = field(default_factory=dict)
    # Operations of which none is sent before all are asked for.
    together: set[str] = field(default_factory=set)
    # Requests that were sent, those that AWS did not answer as wished among them.
    sent: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._all_asked = threading.Barrier(max(len(self.together), 1), timeout=20)

    def __call__(self, request: Any, event_name: str, **kwargs: Any) -> AWSResponse | None:
        _, service, operation = event_name.split(".")
        with self._lock:
            self.sent[operation] += 1
            throttle = self.throttled.get(operation, 0) > 0
            if throttle:
                self.throttled[operation] -= 1
        if operation in self.together:
            self._all_asked.wait()
        if operation in self.denied:
            if service == "ec2":
                return _answer(service, request.url, 403, "UnauthorizedOperation", DENIED_BY_EC2)
            message = f"User: arn:aws:iam::123456789012:user/a is not authorized to perform: {service}:{operation} on *"
            return _answer(service, request.url, 403, "AccessDeniedException", message)
        if throttle and service == "ec2":
            return _answer(service, request.url, 503, "RequestLimitExceeded", "Request limit exceeded.")
        return _answer(service, request.url, 429, "TooManyRequestsException", "Rate exceeded") if throttle else None


def _answer(service: str, url: str, status: int, code: str, message: str) -> AWSResponse:
    if service == "ec2":
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
        headers = {"content-type": "text/xml"}
    else:
        body = json.dumps({"message": message})
        headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return AWSResponse(url, status, headers, _Raw(body.encode()))


def hinder(monkeypatch: pytest.MonkeyPatch, **hindrances: Any) -> Hindrances:
    """Hinder every client that is made from now on."""
    what = Hindrances(**hindrances)
    make = boto3.Session.client

    def client(self: boto3.Session, *arguments: Any, **named: Any) -> Any:
        made = make(self, *arguments, **named)
        made.meta.events.register("before-send", what)
        return made

    monkeypatch.setattr(boto3.Session, "client", client)
    return what
