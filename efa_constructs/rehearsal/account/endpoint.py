"""Where the account answers: for what runs in it and calls AWS, as a Lambda function would."""

from __future__ import annotations

import os

__all__ = ["endpoint_url", "environment", "listen_on"]

_ports: list[int] = []


def listen_on(port: int) -> None:
    """Note the port of the account's server."""
    _ports.append(port)


def endpoint_url() -> str:
    """The URL of every service of the account."""
    return f"http://127.0.0.1:{_ports[-1]}"


def environment(account: str, url: str | None = None) -> dict[str, str]:
    """Environment variables with which AWS clients reach an account, and cannot reach any other.

    :param url: Default: that of the account that this process is.
    """
    return {
        "AWS_ENDPOINT_URL": url or endpoint_url(),
        # The CDK CLI remembers, by this id, which account it belongs to.
        "AWS_ACCESS_KEY_ID": f"rehearsal{account}",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
