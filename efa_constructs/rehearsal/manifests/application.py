"""Applies manifests to a cluster's control plane, by kubectl where there is one, else as kubectl does on the server."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ...cluster.kubernetes_api import API_ERRORS, KubernetesApi, server_words, status_code, version_path
from ...cluster.snapshot import condition
from ..account.process import ClusterFiles
from .files import ManifestObject

__all__ = ["apply_manifests", "find_kubectl"]

_ESTABLISH_SECONDS = 30.0
_POLL_SECONDS = 0.1
_KUBECTL_SECONDS = 60.0
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def find_kubectl() -> Path | None:
    """The kubectl on ``PATH``. None: there is none, and objects are applied by server-side apply."""
    found = shutil.which("kubectl")
    return Path(found) if found else None


def apply_manifests(
    files: ClusterFiles,
    objects: Sequence[ManifestObject],
    *,
    kubectl: Path | None,
    on_object: Callable[[ManifestObject], None],
) -> tuple[str, ...]:
    """Apply every object, and go on when one is refused, as kubectl does. Return why any were.

    :param files: Of the cluster.
    :param objects: In their order.
    :param kubectl: As :func:`find_kubectl` finds it.
    :param on_object: Called with each before it is applied.
    """
    return asyncio.run(_connect_and_apply(files, objects, kubectl, on_object))


async def _connect_and_apply(
    files: ClusterFiles,
    objects: Sequence[ManifestObject],
    kubectl: Path | None,
    on_object: Callable[[ManifestObject], None],
) -> tuple[str, ...]:
    async with aclosing(await KubernetesApi.connect(files.kubeconfig)) as api:
        return await _apply(api, files, objects, kubectl, on_object)


async def _apply(
    api: KubernetesApi,
    files: ClusterFiles,
    objects: Sequence[ManifestObject],
    kubectl: Path | None,
    on_object: Callable[[ManifestObject], None],
) -> tuple[str, ...]:
    refused = []
    definitions: list[ManifestObject] = []
    for one in objects:
        if definitions and not one.defines_a_kind:
            refused += await _wait_until_established(api, definitions)
            definitions = []
        on_object(one)
        if kubectl is not None:
            words = _by_kubectl(kubectl, files.kubeconfig, one.content)
        else:
            words = await _by_server(api, one.content)
        if words:
            refused.append(f"{one.title}: {words}")
        elif one.defines_a_kind:
            definitions.append(one)
    return (*refused, *await _wait_until_established(api, definitions))


def _by_kubectl(kubectl: Path, kubeconfig: Path, content: Mapping[str, Any]) -> str:
    """What kubectl said against it, or nothing."""
    try:
        run = subprocess.run(
            [str(kubectl), "apply", "--filename=-"],
            input=json.dumps(content),
            capture_output=True,
            text=True,
            check=False,
            timeout=_KUBECTL_SECONDS,
            # Nothing of this machine's kubectl: it must not be able to reach a real cluster.
            env={"PATH": os.defpath, "HOME": str(kubeconfig.parent), "KUBECONFIG": str(kubeconfig)},
        )
    except subprocess.TimeoutExpired:
        return f"kubectl did not end within {_KUBECTL_SECONDS:.0f} s"
    return " ".join(run.stderr.split()) or f"exit status {run.returncode}" if run.returncode else ""


async def _by_server(api: KubernetesApi, content: Mapping[str, Any]) -> str:
    """What the server said against it, or nothing."""
    try:
        path = await _path(api, content)
        if path is None:
            kind, version = content["kind"], content["apiVersion"]
            return f'no matches for kind "{kind}" in version "{version}": ensure CRDs are installed first'
        await api.apply(path, content)
    except API_ERRORS as error:
        return server_words(error)
    return ""


async def _path(api: KubernetesApi, content: Mapping[str, Any]) -> str | None:
    """Where the server has the object. None: it has no such kind."""
    base = version_path(content["apiVersion"])
    try:
        resources = (await api.get(base))["resources"]
    except API_ERRORS as error:
        if status_code(error) == HTTPStatus.NOT_FOUND:
            return None
        raise
    for resource in resources:
        # "deployments/scale" is a part of another.
        if resource["kind"] == content["kind"] and "/" not in resource["name"]:
            namespace = content["metadata"].get("namespace", "default")
            where = f"{base}/namespaces/{namespace}" if resource["namespaced"] else base
            return f"{where}/{resource['name']}/{content['metadata']['name']}"
    return None


async def _wait_until_established(api: KubernetesApi, definitions: Sequence[ManifestObject]) -> list[str]:
    """Wait until the server has the kinds. Return what it says of those that it does not take."""
    end = time.monotonic() + _ESTABLISH_SECONDS
    refused = []
    for one in definitions:
        found: Mapping[str, Any] = {}
        while not condition(found, "Established"):
            found = await api.get(f"{_DEFINITIONS}/{one.content['metadata']['name']}")
            if time.monotonic() > end:
                refused.append(f"{one.title}: the API server did not establish it: {_why_not(found)}")
                break
            await asyncio.sleep(_POLL_SECONDS)
    return refused


def _why_not(definition: Mapping[str, Any]) -> str:
    conditions = (definition.get("status") or {}).get("conditions") or ()
    said = [one["message"] for one in conditions if one["status"] == "False" and one.get("message")]
    return "; ".join(said) or "it does not say why"
