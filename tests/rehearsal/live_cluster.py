"""A control plane for tests, and a client of it that shares nothing with the code under test."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx

from efa_constructs.lookups.deployed import DeployedCluster
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.twin.gpu_nodes import gpu_node
from efa_constructs.rehearsal.twin.kwok_stages import write_kwok_configuration
from efa_constructs.rehearsal.twin.node_objects import NodeFacts
from efa_constructs.rehearsal.twin.twin import Twin

from .deployments import cluster, node, node_group

T = TypeVar("T")

# Machines that run tests may have other things to do.
PATIENCE = 60.0

Object = dict[str, Any]


def eventually(look: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """What ``look`` gives once it gives something."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)
    return seen


def processes_in(folder: Path) -> list[int]:
    """The processes that run in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = (process / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue
        if inside:
            found.append(int(process.name))
    return found


def make_control_plane(binaries: Binaries, folder: Path) -> ControlPlane:
    (folder / "control-plane").mkdir()
    return ControlPlane(
        binaries, folder / "control-plane", kwok_configuration=write_kwok_configuration(folder / "kwok.yaml")
    )


class Kubectl:
    """Objects of a cluster, by their paths."""

    def __init__(self, kubeconfig: Path) -> None:
        configuration = json.loads(kubeconfig.read_text())
        cluster, user = configuration["clusters"][0]["cluster"], configuration["users"][0]["user"]
        context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        context.load_cert_chain(user["client-certificate"], user["client-key"])
        self._client = httpx.Client(
            base_url=cluster["server"],
            verify=context,
            trust_env=False,
            timeout=PATIENCE,
            # Nothing to close.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(self, path: str) -> Object:
        found: Object = self._client.get(path).raise_for_status().json()
        return found

    def find(self, path: str) -> Object | None:
        """None: there is no such object, or no answer."""
        try:
            answer = self._client.get(path)
        except httpx.HTTPError:
            return None
        found: Object | None = answer.json() if answer.is_success else None
        return found

    def items(self, path: str) -> list[Object]:
        items: list[Object] = (self.find(path) or {}).get("items", [])
        return items

    def create(self, path: str, item: Object) -> Object:
        answer = self._client.post(path, json=item)
        assert answer.is_success, answer.text
        made: Object = answer.json()
        return made

    def patch(self, path: str, change: Object) -> None:
        headers = {"Content-Type": "application/merge-patch+json"}
        answer = self._client.patch(path, json=change, headers=headers)
        assert answer.is_success, answer.text

    def ask_for_command(self, path: str) -> str:
        """What is answered to a command that does not run, over the protocol of SPDY."""
        answer = self._client.post(path, headers={"Connection": "Upgrade", "Upgrade": "SPDY/3.1"})
        assert answer.is_error
        return answer.text

    def delete(self, path: str, **parameters: str) -> None:
        self._client.delete(path, params=parameters).raise_for_status()

    def apply(self, *items: Object) -> None:
        for item in items:
            self.create(collection(item), item)


class LiveCluster(Kubectl):
    """A control plane with the twin of its nodes."""

    def __init__(self, control_plane: ControlPlane, binaries: Binaries, **twin: Any) -> None:
        super().__init__(control_plane.admin_kubeconfig)
        self.control_plane = control_plane
        self.facts: dict[str, NodeFacts] = {}
        self.twin = Twin(
            control_plane,
            operator=binaries.mpi_operator,
            kubernetes_version="v1.36.3",
            read_cluster=self._deployed,
            **twin,
        )
        self.twin.start()

    def set_nodes(self, *facts: NodeFacts) -> None:
        self.facts = {one.name: one for one in facts}
        self.twin.set_nodes(facts)

    def _deployed(self) -> DeployedCluster:
        return cluster(
            node_group(*(node(one.instance_id, instance_type=one.instance_type) for one in self.facts.values()))
        )

    def node(self, name: str) -> Object | None:
        return self.find(f"/api/v1/nodes/{name}")

    def offers(self, name: str, resource: str) -> str | None:
        """How many of a resource a node offers."""
        found: str | None = self.get(f"/api/v1/nodes/{name}")["status"]["allocatable"].get(resource)
        return found

    def pods(self, namespace: str = "default", **labels: str) -> list[Object]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return self.items(f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")

    def pod(self, name: str, namespace: str = "default") -> Object | None:
        return self.find(f"/api/v1/namespaces/{namespace}/pods/{name}")

    def phase(self, name: str, namespace: str = "default") -> str | None:
        pod = self.pod(name, namespace)
        return pod["status"].get("phase") if pod else None


def is_ready(item: Object | None) -> bool:
    conditions = (item or {}).get("status", {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def container_state(pod: Object | None) -> Object:
    statuses = (pod or {}).get("status", {}).get("containerStatuses") or [{}]
    state: Object = statuses[0].get("state", {})
    return state


def waits_because(pod: Object | None) -> str | None:
    reason: str | None = container_state(pod).get("waiting", {}).get("reason")
    return reason


def last_words(pod: Object | None) -> str:
    """What a container said before it was started again, or when it ended for good."""
    statuses = (pod or {}).get("status", {}).get("containerStatuses") or [{}]
    ended = statuses[0].get("state", {}).get("terminated") or statuses[0].get("lastState", {}).get("terminated", {})
    return str(ended.get("message", ""))


def collection(item: Object) -> str:
    """The path of the collection that an object belongs to."""
    version, namespace = item["apiVersion"], item["metadata"].get("namespace")
    base = f"/apis/{version}" if "/" in version else f"/api/{version}"
    kind = f"{item['kind'].lower()}s"
    return f"{base}/namespaces/{namespace}/{kind}" if namespace else f"{base}/{kind}"


def p4d_facts(number: int, **changes: Any) -> NodeFacts:
    """A p4d.24xlarge node of a node group of ours."""
    return replace(gpu_node("p4d.24xlarge", number), **changes)


def plugin(name: str, image: str, **pod: Any) -> Object:
    """A device plugin's DaemonSet."""
    labels = {"app": name}
    container = {"name": "plugin", "image": image, "env": pod.pop("env", [])}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod}},
        },
    }
