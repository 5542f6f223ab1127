"""Programs that a kubeconfig names to sign in with, such as ``aws eks get-token``.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..errors import KubernetesRequestError

__all__ = ["signed_in_by"]

# Longer than any answer of a service that is there; a program that asks a person has no terminal to do so.
_SECONDS = 20.0


async def signed_in_by(plugin: Mapping[str, Any]) -> dict[str, str]:
    """Run the program, and give what it answers as fields of a kubeconfig's user.

    :param plugin: The ``exec`` of a user.
    :raises KubernetesRequestError: it is not there, does not end, fails, or gives no credentials.
    """
    command = str(plugin.get("command") or "")
    what = f"cannot sign in: '{command}' of the kubeconfig"
    try:
        process = await asyncio.create_subprocess_exec(
            command,
            *map(str, plugin.get("args") or ()),
            env={**os.environ, **_environment(plugin)},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            # What it starts can be ended with it.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise KubernetesRequestError(f"{what} is not there: install it") from None
    except OSError as error:
        raise KubernetesRequestError(f"{what} cannot be started: {error.strerror}") from None
    output, errors = await _ended(process, what)
    if process.returncode:
        words = " ".join(errors.decode(errors="replace").split())
        raise KubernetesRequestError(
            f"{what} ended with exit status {process.returncode}: {words or 'it says nothing'}"
        )
    fields = _fields(output)
    if not fields:
        raise KubernetesRequestError(f"{what} gives no credentials: run it by hand and see what it prints")
    return fields


async def _ended(process: Process, what: str) -> tuple[bytes, bytes]:
    try:
        async with asyncio.timeout(_SECONDS):
            return await process.communicate()
    except BaseException as error:
        # Ctrl-C does not reach it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if not isinstance(error, TimeoutError):
            raise
        await process.wait()
        raise KubernetesRequestError(
            f"{what} does not end within {_SECONDS:.0f} s: run it by hand and see what it waits for"
        ) from None


def _environment(plugin: Mapping[str, Any]) -> dict[str, str]:
    """What the kubeconfig gives it, and what kubectl tells it, without which some do not start."""
    information = {
        "kind": "ExecCredential",
        "apiVersion": plugin.get("apiVersion"),
        "spec": {"interactive": False},
    }
    given = {str(each["name"]): str(each.get("value") or "") for each in plugin.get("env") or ()}
    return {**given, "KUBERNETES_EXEC_INFO": json.dumps(information)}


def _fields(output: bytes) -> dict[str, str]:
    try:
        status = json.loads(output)["status"]
        fields = {"token": str(status["token"])} if status.get("token") else {}
        if status.get("clientCertificateData") and status.get("clientKeyData"):
            # PEM here, and base64 of it in a kubeconfig.
            fields["client-certificate-data"] = base64.b64encode(status["clientCertificateData"].encode()).decode()
            fields["client-key-data"] = base64.b64encode(status["clientKeyData"].encode()).decode()
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return fields
