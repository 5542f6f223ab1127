"""Everything that a cluster's nodes would do, in one thread beside the control plane."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from ...catalogue import DEVICE_RESOURCES
from ...cluster.kubernetes_api import API_ERRORS, KubernetesApi
from ...cluster.snapshot import condition
from ...cluster.summary_json import finding_to_json
from ...errors import AwsRequestError, RehearsalError
from ...lookups.deployed import DeployedCluster
from ...pods.known_programs import KnownProgram, is_launcher, known_program
from ..control_plane.control_plane import KUBELET_CLIENT, ControlPlane
from .container_logs import container_log
from .device_plugins import offered_devices, plugin_verdict
from .kubelet_api import ContainerLog, KubeletApi
from .launcher import (
    Fabric,
    LauncherSurroundings,
    Worker,
    carried_by,
    has_dns,
    hostfile_hosts,
    names_are_on_their_way,
    resolve,
)
from .mounted_objects import missing_objects, needs_objects
from .mpi_operators import MpiOperators, operator_program
from .node_objects import NodeFacts
from .nodes import Nodes
from .outcomes import FABRIC_ANNOTATION, MESSAGE_ANNOTATION, OUTCOME_ANNOTATION, Outcome, Verdict, verdict_of
from .patience import for_each
from .watched import Watched

__all__ = ["Twin"]

T = TypeVar("T")

# Changes that come together are looked at together.
_GATHER_SECONDS = 0.02
# A program that ended changes no object.
_LOOK_AGAIN_SECONDS = 0.5
# User in the certificate of the nodes' kubelets.
_KUBELET = "kubelet"
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
        dns_elsewhere: bool = False,
    ) -> None:
        """
        :param operator: The MPI Operator's program.
        :param kubernetes_version: Of the kubelets: "v1.36.3".
        :param read_cluster: Gives the cluster as it is deployed, or raises AwsRequestError. Called in a thread of its
            own.
        :param dns_elsewhere: Whether names resolve by pods on nodes that are not known here. Default: by CoreDNS's.
        """
        self._control_plane = control_plane
        self._operator = operator
        self._version = kubernetes_version
        self._read_cluster = read_cluster
        self._dns_elsewhere = dns_elsewhere
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="twin", daemon=True)
        self._lock = threading.Lock()
        self._stopped = False
        # By the pod's uid: what was told, which the copy of the pod may not show yet.
        self._told: dict[str, Verdict] = {}
        self._launchers_seen: dict[str, float] = {}
        self._kubelet = KubeletApi(
            control_plane.certificate(_KUBELET),
            control_plane.authority.file,
            client=KUBELET_CLIENT,
            source=self._log,
        )
        self.fault: str | None = None
        """What ended it, although it should run. None: it runs, or was stopped."""

    def start(self) -> None:
        """Begin. The control plane must be ready."""
        self._thread.start()
        self._run(self._begin())

    def stop(self) -> None:
        """End, and with it whatever waits for nodes. Doing it again changes nothing."""
        with self._lock:
            was_running, self._stopped = self._thread.is_alive() and not self._stopped, True
        if was_running:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        self._kubelet.stop()

    def set_nodes(self, nodes: Sequence[NodeFacts]) -> None:
        """Let the cluster have these nodes and no others, and wait until all are ready.

        :raises RehearsalError: the API server refuses one, one was not ready in time, or the twin was stopped.
        """
        self._run(self._set_nodes(nodes))

    def _log(self, namespace: str, name: str, container: str, previous: bool) -> ContainerLog:
        """Called in threads."""
        return container_log(
            self._pods.objects.get((namespace, name)),
            container,
            previous=previous,
            operator_log=lambda pod: self._control_plane.processes.log(operator_program(pod)),
        )

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._stopped:
                work.close()
                raise RehearsalError("the cluster is ending")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise RehearsalError("the cluster is ending") from None

    async def _begin(self) -> None:
        self._changed = asyncio.Event()
        # The loop knows its tasks weakly.
        self._following: list[asyncio.Task[None]] = []
        self._api = await KubernetesApi.connect(self._control_plane.admin_kubeconfig)
        self._operators = MpiOperators(self._control_plane, self._operator, self._api)
        follow = self._follow
        self._pods = follow("/api/v1/pods")
        self._node_objects = follow("/api/v1/nodes")
        self._config_maps = follow("/api/v1/configmaps")
        self._secrets = follow("/api/v1/secrets")
        self._services = follow("/api/v1/services")
        self._endpoint_slices = follow("/apis/discovery.k8s.io/v1/endpointslices")
        self._kubelet.start()
        self._nodes = Nodes(self._api, lambda: self._node_objects.objects, kubelet_port=self._kubelet.port)
        self._reconciling = self._start_task(self._reconcile_for_ever())

    def _follow(self, path: str) -> Watched:
        watched = Watched(self._api, path, self._changed.set)
        self._following.append(self._start_task(watched.follow()))
        return watched

    def _start_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        # None of them ends by itself.
        if not task.cancelled():
            self.fault = repr(task.exception())

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._api.aclose()

    async def _set_nodes(self, nodes: Sequence[NodeFacts]) -> None:
        await self._nodes.become(nodes, kubelet_version=self._version, check=self._control_plane.check)
        # Devices are offered, and launchers are judged, by nodes.
        self._changed.set()

    async def _reconcile_for_ever(self) -> None:
        while True:
            # Not wait_for, which before Python 3.12 may lose that it was cancelled.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await self._changed.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._changed.clear()
            # A server that is gone, or an object that went meanwhile: the next round sees how things are then.
            with suppress(*API_ERRORS, RehearsalError):
                await self._reconcile()

    async def _reconcile(self) -> None:
        self._forget_those_gone()
        joined = dict(self._nodes.joined)
        pods = [
            pod
            for pod in self._pods.objects.values()
            if pod["spec"].get("nodeName") in joined
            and "deletionTimestamp" not in pod["metadata"]
            and pod["status"].get("phase") not in ("Succeeded", "Failed")
        ]
        pods = await self._let_start(pods)
        known = [(program, pod) for pod in pods if (program := known_program(pod)) is not None]
        plugins = [(program, pod) for program, pod in known if program is not KnownProgram.MPI_OPERATOR]
        verdicts = [(pod, plugin_verdict(program, pod, joined[_node_of(pod)])) for program, pod in plugins]
        operators = [pod for program, pod in known if program is KnownProgram.MPI_OPERATOR]
        decided = await self._operators.reconcile(operators)
        verdicts += [(pod, decided[pod["metadata"]["uid"]]) for pod in operators]
        await for_each(lambda each: self._tell(*each), verdicts)
        running: dict[str, list[KnownProgram]] = defaultdict(list)
        for program, pod in plugins:
            if condition(pod, "Ready"):
                running[_node_of(pod)].append(program)
        await for_each(
            lambda name: self._offer(name, offered_devices(joined[name], running.get(name, ()))), tuple(joined)
        )
        await for_each(lambda pod: self._judge_launcher(pod, joined), [pod for pod in pods if is_launcher(pod)])

    async def _let_start(self, pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Let pods wait whose ConfigMaps or Secrets are not there, and give the others."""
        verdicts: list[tuple[dict[str, Any], Verdict]] = []
        waiting = set()
        # What runs goes on without them.
        for pod in (pod for pod in pods if pod["status"].get("phase") == "Pending" and needs_objects(pod)):
            missing = missing_objects(pod, config_maps=self._config_maps.objects, secrets=self._secrets.objects)
            if missing:
                waiting.add(pod["metadata"]["uid"])
                verdicts.append((pod, Verdict(outcome=Outcome.WAIT, message=", ".join(missing))))
            elif known_program(pod) is None and not is_launcher(pod):
                verdicts.append((pod, Verdict(outcome=Outcome.RUN)))
        await for_each(lambda each: self._tell(*each), verdicts)
        return [pod for pod in pods if pod["metadata"]["uid"] not in waiting]

    def _forget_those_gone(self) -> None:
        there = {pod["metadata"]["uid"] for pod in self._pods.objects.values()}
        for remembered in (self._told, self._launchers_seen):
            for uid in set(remembered) - there:
                del remembered[uid]

    async def _offer(self, name: str, devices: Mapping[str, int]) -> None:
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

    async def _judge_launcher(self, pod: dict[str, Any], joined: Mapping[str, NodeFacts]) -> None:
        around = LauncherSurroundings(
            pods=self._pods.objects,
            config_maps=self._config_maps.objects,
            services=self._services.objects,
            endpoint_slices=self._endpoint_slices.objects,
        )
        hosts = hostfile_hosts(pod, around)
        workers = resolve(pod["metadata"]["namespace"], hosts or (), around)
        lost = [worker.host for worker in workers if not _is_there(worker, joined)]
        told = self._told.get(pod["metadata"]["uid"]) or verdict_of(pod)
        if told is not None and told.outcome is not Outcome.WAIT:
            if lost and told.outcome is Outcome.RUN:
                await self._tell(
                    pod, Verdict(outcome=Outcome.FAIL, message=f"the connection to {', '.join(lost)} was lost")
                )
            return
        obstacle = self._obstacle(hosts, lost, around)
        if obstacle is not None:
            if names_are_on_their_way(pod["metadata"]["namespace"], around):
                self._launchers_seen.pop(pod["metadata"]["uid"], None)
                return
            first_seen = self._launchers_seen.setdefault(pod["metadata"]["uid"], time.monotonic())
            if time.monotonic() - first_seen > _RESOLVE_SECONDS:
                await self._tell(pod, Verdict(outcome=Outcome.FAIL, message=obstacle))
            return
        instances = {name: node.instance_id for name, node in joined.items()}
        # An account that is busy, or an instance that went meanwhile, is asked again in the next round.
        with suppress(AwsRequestError):
            fabric = carried_by(workers, instances, await asyncio.to_thread(self._read_cluster))
            if fabric is not None:
                await self._tell(pod, Verdict(outcome=Outcome.RUN), fabric)

    def _obstacle(
        self, hosts: Sequence[tuple[str, int | None]] | None, lost: Sequence[str], around: LauncherSurroundings
    ) -> str | None:
        """Why a launcher cannot reach its workers, in the words of the programs that it runs."""
        if hosts is None:
            return "no hostfile is mounted"
        if hosts and not (self._dns_elsewhere or has_dns(around)):
            return f"ssh: Could not resolve hostname {hosts[0][0]}: Temporary failure in name resolution"
        return f"ssh: Could not resolve hostname {lost[0]}: Name or service not known" if lost else None

    async def _tell(self, pod: dict[str, Any], verdict: Verdict, fabric: Fabric | None = None) -> None:
        """Have kwok play what becomes of a pod, unless it was told so."""
        metadata = pod["metadata"]
        if (self._told.get(metadata["uid"]) or verdict_of(pod)) == verdict:
            return
        annotations = {OUTCOME_ANNOTATION: str(verdict.outcome), MESSAGE_ANNOTATION: verdict.message}
        if fabric is not None:
            annotations[FABRIC_ANNOTATION] = json.dumps(
                {"transport": str(fabric.transport), "findings": list(map(finding_to_json, fabric.findings))}
            )
        await self._api.patch(
            f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}",
            {"metadata": {"annotations": annotations}},
        )
        self._told[metadata["uid"]] = verdict


def _node_of(pod: Mapping[str, Any]) -> str:
    return str(pod["spec"]["nodeName"])


def _is_there(worker: Worker, joined: Mapping[str, NodeFacts]) -> bool:
    """Whether a worker's name resolves, and its container runs."""
    return worker.pod is not None and condition(worker.pod, "Ready") and worker.node_name in joined
