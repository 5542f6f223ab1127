"""Where the account answers: for what runs in it and calls AWS, as a Lambda function would."""

from __future__ import annotations

__all__ = ["endpoint_url", "listen_on"]

_ports: list[int] = []


def listen_on(port: int) -> None:
    """Note the port of the account's server."""
    _ports.append(port)


def endpoint_url() -> str:
    """The URL of every service of the account."""
    return f"http://127.0.0.1:{_ports[-1]}"
