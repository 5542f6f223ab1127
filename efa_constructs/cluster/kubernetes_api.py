"""The Kubernetes API as plain JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import kr8s.asyncio

__all__ = ["API_ERRORS", "KubernetesApi", "collection_path", "server_words", "status_code", "version_path"]

# What a request may raise when the server refuses, or is not there.
API_ERRORS = (kr8s.ServerError, kr8s.APITimeoutError, httpx.HTTPError, OSError)

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


class KubernetesApi:
    """An API server, asked with one user's credentials. Paths are whole: ``/api/v1/nodes``.

    Every method raises one of :data:`API_ERRORS` when the server refuses, or does not answer.
    """

    def __init__(self, api: kr8s.asyncio.Api) -> None:
        self._api = api

    @staticmethod
    async def connect(kubeconfig: Path) -> KubernetesApi:
        """Reach the server of a kubeconfig."""
        with warnings.catch_warnings():
            # kr8s knows versions up to a fixed one, and uses nothing that changes between them.
            warnings.simplefilter("ignore", UserWarning)
            return KubernetesApi(await kr8s.asyncio.api(kubeconfig=str(kubeconfig)))

    async def aclose(self) -> None:
        """Close its connections."""
        session = self._api._session
        if session is not None:
            await session.aclose()

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
        base, _, last = path.rpartition("/")
        parameters = {"watch": "true", "resourceVersion": resource_version, "allowWatchBookmarks": "true"}
        async with self._api.call_api(
            "GET", version="", base=base, url=last, stream=True, params=parameters, timeout=None
        ) as response:
            async for line in response.aiter_lines():
                yield json.loads(line)

    async def _request(self, method: str, path: str, **arguments: Any) -> Any:
        base, _, last = path.rpartition("/")
        async with self._api.call_api(method, version="", base=base, url=last, **arguments) as response:
            return response.json()


def version_path(api_version: str) -> str:
    """The path of a version of an API group, such as ``apps/v1``; of the first API for ``v1``."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def collection_path(item: Mapping[str, Any]) -> str:
    """The path of the collection that an object belongs to, for kinds whose plural is regular."""
    base, namespace = version_path(item["apiVersion"]), item["metadata"].get("namespace")
    plural = f"{item['kind'].lower()}s"
    return f"{base}/namespaces/{namespace}/{plural}" if namespace else f"{base}/{plural}"
