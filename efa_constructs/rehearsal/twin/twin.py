"""Everything that a cluster's nodes would do, in one thread beside the control plane."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from ...errors import RehearsalError
from ...lookups.deployed import DeployedCluster
from ..control_plane.control_plane import ControlPlane
from .device_plugins import DEVICE_RESOURCES, offered_devices, plugin_verdict
from .known_programs import KnownProgram, is_launcher, known_program
from .kubernetes_api import API_ERRORS, KubernetesApi
from .launcher import Fabric, LauncherSurroundings, carried_by, hostfile_hosts, resolve
from .mpi_operators import MpiOperators
from .node_objects import NodeFacts, node_object
from .outcomes import FABRIC_ANNOTATION, MESSAGE_ANNOTATION, OUTCOME_ANNOTATION, Outcome, Verdict, verdict_of
from .watched import Watched

__all__ = ["Twin"]

T = TypeVar("T")

_NODES_READY_SECONDS = 30.0
# Changes that come together are looked at together.
_GATHER_SECONDS = 0.02
# A program that ended changes no object.
_LOOK_AGAIN_SECONDS = 0.5
# How long a launcher takes to try its workers' names, as its container would take to start.
_RESOLVE_SECONDS = 5.0


class Twin:
    """Stands in for the nodes of one cluster while it is running."""

    def __init__(
        self,
        control_plane: ControlPlane,
        *,
        operator: Path,
        kubernetes_version: str,
        read_cluster: Callable[[], DeployedCluster],
    ) -> None:
        """
        :param operator: The MPI Operator's program.
        :param kubernetes_version: Of the kubelets: "v1.36.3".
        :param read_cluster: Gives the cluster as it is deployed. Called in a thread of its own.
        """
        self._control_plane = control_plane
        self._operator = operator
        self._version = kubernetes_version
        self._read_cluster = read_cluster
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="twin", daemon=True)
        # By the node's name.
        self._nodes: dict[str, NodeFacts] = {}
        # By the pod's uid: what was told, which the copy of the pod may not show yet.
        self._told: dict[str, Verdict] = {}
        self._launchers_seen: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin. The control plane must be ready."""
        self._thread.start()
        self._run(self._begin())

    def stop(self) -> None:
        """End. Doing it again changes nothing."""
        if self._thread.is_alive():
            self._run(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def set_nodes(self, nodes: Sequence[NodeFacts]) -> None:
        """Let the cluster have these nodes and no others, and wait until all are ready.

        :raises RehearsalError: the API server refuses one, or one was not ready in time.
        """
        self._run(self._set_nodes(nodes))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _begin(self) -> None:
        self._changed = asyncio.Event()
        self._api = await KubernetesApi.connect(self._control_plane.admin_kubeconfig)
        self._operators = MpiOperators(self._control_plane, self._operator, self._api)
        follow = self._follow
        self._pods = follow("/api/v1/pods")
        self._node_objects = follow("/api/v1/nodes")
        self._config_maps = follow("/api/v1/configmaps")
        self._services = follow("/api/v1/services")
        self._endpoint_slices = follow("/apis/discovery.k8s.io/v1/endpointslices")
        self._tasks.append(asyncio.create_task(self._reconcile_for_ever()))

    def _follow(self, path: str) -> Watched:
        watched = Watched(self._api, path, self._changed.set)
        self._tasks.append(asyncio.create_task(watched.follow()))
        return watched

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _set_nodes(self, nodes: Sequence[NodeFacts]) -> None:
        wanted = {node.name: node for node in nodes}
        for name in set(self._nodes) - set(wanted):
            del self._nodes[name]
            with suppress(*API_ERRORS):
                # As the cloud controller does once the instance is gone. The pods on it go after it.
                await self._api.delete(f"/api/v1/nodes/{name}")
        new = {name: node for name, node in wanted.items() if name not in self._nodes}
        self._nodes |= new
        try:
            for node in new.values():
                await self._api.create("/api/v1/nodes", node_object(node, kubelet_version=self._version))
        except API_ERRORS as error:
            raise RehearsalError(f"the API server does not take a node: {error}") from None
        end = time.monotonic() + _NODES_READY_SECONDS
        while not all(self._is_ready(name) for name in new):
            if time.monotonic() > end:
                raise RehearsalError(f"nodes were not ready after {_NODES_READY_SECONDS:.0f} s")
            await asyncio.sleep(_GATHER_SECONDS)

    def _is_ready(self, name: str) -> bool:
        node = self._node_objects.objects.get(("", name))
        conditions = node["status"].get("conditions") or () if node else ()
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)

    async def _reconcile_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK_AGAIN_SECONDS)
            await asyncio.sleep(_GATHER_SECONDS)
            self._changed.clear()
            # A server that is gone, or an object that went meanwhile: the next round sees how things are then.
            with suppress(*API_ERRORS):
                await self._reconcile()

    async def _reconcile(self) -> None:
        pods = [
            pod
            for pod in self._pods.objects.values()
            if pod["spec"].get("nodeName") in self._nodes and "deletionTimestamp" not in pod["metadata"]
        ]
        judged = [(known_program(pod), pod) for pod in pods if _is_alive(pod)]
        for program, pod in judged:
            if program is not None and program is not KnownProgram.MPI_OPERATOR:
                await self._tell(pod, plugin_verdict(program, pod, self._nodes[pod["spec"]["nodeName"]]))
        operators = [pod for program, pod in judged if program is KnownProgram.MPI_OPERATOR]
        verdicts = await self._operators.reconcile(operators)
        for pod in operators:
            await self._tell(pod, verdicts[pod["metadata"]["uid"]])
        for name, node in self._nodes.items():
            running = [program for program, pod in judged if program and _runs_on(pod, name)]
            await self._offer(name, offered_devices(node, running))
        for pod in pods:
            if is_launcher(pod) and _is_alive(pod):
                await self._judge_launcher(pod)

    async def _offer(self, name: str, devices: dict[str, int]) -> None:
        node = self._node_objects.objects.get(("", name))
        if node is None:
            return
        offered = node["status"].get("allocatable", {})
        change = {
            resource: str(devices[resource]) if resource in devices else None
            for resource in DEVICE_RESOURCES
            if offered.get(resource) != (str(devices[resource]) if resource in devices else None)
        }
        if change:
            await self._api.patch(
                f"/api/v1/nodes/{name}/status", {"status": {"capacity": change, "allocatable": change}}
            )

    async def _judge_launcher(self, pod: dict[str, Any]) -> None:
        around = LauncherSurroundings(
            pods=self._pods.objects,
            config_maps=self._config_maps.objects,
            services=self._services.objects,
            endpoint_slices=self._endpoint_slices.objects,
        )
        hosts = hostfile_hosts(pod, around)
        workers = resolve(pod["metadata"]["namespace"], hosts or (), around)
        lost = [worker.host for worker in workers if worker.pod is None or not _runs(worker.pod)]
        told = self._told.get(pod["metadata"]["uid"]) or verdict_of(pod)
        if told is not None:
            if lost and told.outcome is Outcome.RUN:
                await self._tell(
                    pod, Verdict(outcome=Outcome.FAIL, message=f"the connection to {', '.join(lost)} was lost")
                )
            return
        if hosts is None or lost:
            first_seen = self._launchers_seen.setdefault(pod["metadata"]["uid"], time.monotonic())
            if time.monotonic() - first_seen > _RESOLVE_SECONDS:
                what = f"Could not resolve hostname {lost[0]}" if lost else "no hostfile is mounted"
                await self._tell(pod, Verdict(outcome=Outcome.FAIL, message=f"ssh: {what}: Name or service not known"))
            return
        instances = {name: node.instance_id for name, node in self._nodes.items()}
        cluster = await asyncio.to_thread(self._read_cluster)
        await self._tell(pod, Verdict(outcome=Outcome.RUN), carried_by(workers, instances, cluster))

    async def _tell(self, pod: dict[str, Any], verdict: Verdict, fabric: Fabric | None = None) -> None:
        """Have kwok play what becomes of a pod, unless it was told so."""
        metadata = pod["metadata"]
        if (self._told.get(metadata["uid"]) or verdict_of(pod)) == verdict:
            return
        annotations = {OUTCOME_ANNOTATION: str(verdict.outcome), MESSAGE_ANNOTATION: verdict.message}
        if fabric is not None:
            annotations[FABRIC_ANNOTATION] = json.dumps(
                {"transport": str(fabric.transport), "findings": [asdict(finding) for finding in fabric.findings]}
            )
        await self._api.patch(
            f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}",
            {"metadata": {"annotations": annotations}},
        )
        self._told[metadata["uid"]] = verdict


def _is_alive(pod: dict[str, Any]) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")


def _runs(pod: dict[str, Any]) -> bool:
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod["status"].get("conditions") or ()
    )


def _runs_on(pod: dict[str, Any], node_name: str) -> bool:
    return pod["spec"]["nodeName"] == node_name and _runs(pod)
