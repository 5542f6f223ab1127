"""Lets instances join a cluster as nodes, change with their node group, and leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from ...cluster.kubernetes_api import API_ERRORS, KubernetesApi, status_code
from ...cluster.snapshot import condition
from ...errors import RehearsalError
from .node_objects import NodeFacts, Taint, node_labels, node_object, taint_object
from .patience import for_each, insist

__all__ = ["Nodes"]

# A thousand of them take a minute on a machine that has other things to do.
_READY_SECONDS = 120.0
_POLL_SECONDS = 0.02
_PATH = "/api/v1/nodes"


class Nodes:
    """The Node objects of a cluster's instances."""

    def __init__(
        self,
        api: KubernetesApi,
        objects: Callable[[], Mapping[tuple[str, str], dict[str, Any]]],
        *,
        kubelet_port: int,
    ) -> None:
        """
        :param objects: The Node objects as a watch last showed them, by "" and name.
        :param kubelet_port: Where the kubelets of all nodes answer.
        """
        self._api = api
        self._objects = objects
        self._kubelet_port = kubelet_port
        self._lock = asyncio.Lock()
        self.joined: dict[str, NodeFacts] = {}
        """The instances that have joined, by their node's name."""

    async def become(self, wanted: Sequence[NodeFacts], *, kubelet_version: str, check: Callable[[], None]) -> None:
        """Let the cluster have these nodes and no others, and wait until all are ready.

        :param check: Raises an error when there is no use in waiting.
        :raises RehearsalError: the API server refuses one, or one was not ready in time.
        """
        async with self._lock:
            by_name = {facts.name: facts for facts in wanted}
            try:
                await for_each(self._leave, [facts for facts in self.joined.values() if not _stays(facts, by_name)])
                await for_each(self._change, [facts for facts in wanted if self.joined.get(facts.name, facts) != facts])
                new = [facts for facts in wanted if facts.name not in self.joined]
                await for_each(lambda facts: self._join(facts, kubelet_version), new)
            except API_ERRORS as error:
                raise RehearsalError(f"the API server does not take a node: {error}") from None
            await self._wait_until_ready((facts.name for facts in new), check)

    async def _join(self, facts: NodeFacts, kubelet_version: str) -> None:
        item = node_object(facts, kubelet_version=kubelet_version, kubelet_port=self._kubelet_port)
        try:
            await insist(lambda: self._api.create(_PATH, item))
        except API_ERRORS as error:
            if status_code(error) != HTTPStatus.CONFLICT:
                raise
            # Another instance had this address, or the answer to the first try was lost.
            await self._delete(f"{_PATH}/{facts.name}")
            await insist(lambda: self._api.create(_PATH, item))
        self.joined[facts.name] = facts

    async def _leave(self, facts: NodeFacts) -> None:
        """What the cloud controller does once the instance is gone, and then the garbage collector of pods.

        That one looks every 20 seconds, and at a pod whose node is gone only after 40 more. Nothing is learned by
        waiting for it.
        """
        await self._delete(f"{_PATH}/{facts.name}")
        del self.joined[facts.name]
        selector = f"spec.nodeName={facts.name}"
        pods = await insist(lambda: self._api.get("/api/v1/pods", fieldSelector=selector))
        for pod in pods["items"]:
            metadata = pod["metadata"]
            await self._delete(f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}")

    async def _delete(self, path: str) -> None:
        try:
            await insist(lambda: self._api.delete(path, gracePeriodSeconds="0"))
        except API_ERRORS as error:
            if status_code(error) != HTTPStatus.NOT_FOUND:
                raise

    async def _change(self, facts: NodeFacts) -> None:
        """What EKS does to the nodes of a group when its labels and taints change."""
        path, before = f"{_PATH}/{facts.name}", self.joined[facts.name]
        own = {(taint.key, taint.effect) for taint in before.taints}
        labels = {**dict.fromkeys(node_labels(before)), **node_labels(facts)}
        while True:
            try:
                node = await insist(lambda: self._api.get(path))
                # Kubernetes has taints of its own on it.
                others = [one for one in node["spec"].get("taints") or () if (one["key"], one["effect"]) not in own]
                patch = {
                    "metadata": {"labels": labels, "resourceVersion": node["metadata"]["resourceVersion"]},
                    "spec": {"taints": [*others, *_taint_objects(facts.taints)]},
                }
                await insist(lambda patch=patch: self._api.patch(path, patch))  # type: ignore[misc]
            except API_ERRORS as error:
                if status_code(error) == HTTPStatus.CONFLICT:
                    continue
                # Somebody deleted the Node; its kubelet goes on without it, too.
                if status_code(error) != HTTPStatus.NOT_FOUND:
                    raise
            self.joined[facts.name] = facts
            return

    async def _wait_until_ready(self, names: Iterable[str], check: Callable[[], None]) -> None:
        waiting, end = set(names), time.monotonic() + _READY_SECONDS
        while waiting := {name for name in waiting if not self._is_ready(name)}:
            check()
            if time.monotonic() > end:
                first = min(waiting)
                raise RehearsalError(
                    f"{len(waiting)} nodes were not ready after {_READY_SECONDS:.0f} s, such as {first}"
                )
            await asyncio.sleep(_POLL_SECONDS)

    def _is_ready(self, name: str) -> bool:
        node = self._objects().get(("", name))
        return node is not None and condition(node, "Ready")


def _stays(facts: NodeFacts, wanted: Mapping[str, NodeFacts]) -> bool:
    return facts.name in wanted and wanted[facts.name].instance_id == facts.instance_id


def _taint_objects(taints: Iterable[Taint]) -> list[dict[str, str]]:
    return [taint_object(taint) for taint in taints]
