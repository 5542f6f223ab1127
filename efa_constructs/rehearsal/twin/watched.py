"""The objects of one kind as they are now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ...cluster.kubernetes_api import API_ERRORS, KubernetesApi

__all__ = ["Watched"]

_RETRY_SECONDS = 0.2


class Watched:
    """A copy of a collection that follows the server, also over a server's restart."""

    def __init__(self, api: KubernetesApi, path: str, on_change: Callable[[], None]) -> None:
        """
        :param path: Of the collection in all namespaces, such as ``/api/v1/pods``.
        :param on_change: Called after every change.
        """
        self._api = api
        self._path = path
        self._on_change = on_change
        # By namespace (or "") and name.
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}

    async def follow(self) -> None:
        """Follow the server until this is cancelled."""
        while True:
            # A server that is gone, in the middle of a line perhaps, or has forgotten the version: begin again.
            with suppress(*API_ERRORS, json.JSONDecodeError):
                await self._follow_once()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _follow_once(self) -> None:
        listed = await self._api.get(self._path)
        self.objects = {_key(item): item for item in listed["items"]}
        self._on_change()
        async for event in self._api.watch(self._path, listed["metadata"]["resourceVersion"]):
            kind, item = event["type"], event["object"]
            if kind == "ERROR":
                return
            if kind == "BOOKMARK":
                continue
            if kind == "DELETED":
                self.objects.pop(_key(item), None)
            else:
                self.objects[_key(item)] = item
            self._on_change()


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
