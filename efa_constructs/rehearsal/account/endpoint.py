"""Where the account answers, and to whom: for what runs in it and calls AWS, as a Lambda function would."""

from __future__ import annotations

import hmac
import os

__all__ = [
    "CLUSTERS_PATH",
    "TRUST_PATH",
    "endpoint_url",
    "environment",
    "is_known_token",
    "listen_on",
    "session_token",
]

# What the account tells beside AWS's services: what it accepted unchecked, and which clusters have a control plane on
# this machine, and where that one's files are.
TRUST_PATH = "/rehearsal/taken-on-trust"
CLUSTERS_PATH = "/rehearsal/clusters"

# Ports and session tokens of servers. There are several in tests alone.
_servers: list[tuple[int, str]] = []


def listen_on(port: int, token: str) -> None:
    """Note the port of the account's server, and the session token without which it does not answer."""
    _servers.append((port, token))


def endpoint_url() -> str:
    """The URL of every service of the account."""
    return f"http://127.0.0.1:{_servers[-1][0]}"


def session_token() -> str:
    """What every request has to have with it, for the account runs programs for whoever may ask it."""
    return _servers[-1][1]


def is_known_token(token: str) -> bool:
    """Whether the account gave somebody this session token: itself, or by AssumeRole."""
    # Imported here: moto reads its environment once.
    from moto.sts.models import sts_backends

    issued = (
        role.session_token
        for partitions in tuple(sts_backends.values())
        for backend in tuple(partitions.values())
        for role in tuple(backend.assumed_roles)
    )
    given = token.encode()
    return any(hmac.compare_digest(given, one.encode()) for one in (session_token(), *issued))


def environment(account: str, url: str | None = None, token: str | None = None) -> dict[str, str]:
    """Environment variables with which AWS clients reach an account, and cannot reach any other.

    :param url: Default: that of the account that this process is.
    :param token: Its session token. Default: likewise.
    """
    return {
        "AWS_ENDPOINT_URL": url or endpoint_url(),
        # The CDK CLI remembers, by this id, which account it belongs to.
        "AWS_ACCESS_KEY_ID": f"rehearsal{account}",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_SESSION_TOKEN": token or session_token(),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
