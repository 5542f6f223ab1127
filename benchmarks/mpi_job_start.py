"""How long an MPIJob takes from ``kubectl apply`` until its launcher may start, with our settings of the MPI Operator
and with upstream's: ``python benchmarks/mpi_job_start.py --workers 256 1024``.

Both run one after the other on the same control plane, which is real, with simulated p4d nodes; nothing else is.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cdk8s
from rich.console import Console
from rich.table import Table

from efa_constructs import catalogue
from efa_constructs.cluster.kubernetes_api import KubernetesApi, collection_path
from efa_constructs.k8s import MpiOperator, NcclTests
from efa_constructs.rehearsal.control_plane.binaries import Binaries, find_or_build_binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.programs import Programs
from efa_constructs.rehearsal.twin.gpu_nodes import gpu_node
from efa_constructs.rehearsal.twin.kwok_stages import write_kwok_configuration
from efa_constructs.rehearsal.twin.node_objects import node_object
from efa_constructs.rehearsal.twin.patience import for_each

INSTANCE_TYPE = "p4d.24xlarge"
# Of upstream's deploy/v2beta1/mpi-operator.yaml, v0.8.2: none of the limits is set there.
UPSTREAM = ("--lock-namespace=mpi-operator",)
LONGEST_SECONDS = 1200.0

Item = dict[str, Any]


@dataclass(frozen=True)
class Start:
    """Seconds from the creation of a job."""

    created: float
    ready: float
    launcher: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[256, 1024])
    options = parser.parse_args()
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, Programs() as programs:
        folder = Path(name)
        binaries = find_or_build_binaries(
            None, programs=programs, log=folder / "build.log", progress=lambda step: progress.print(str(step))
        )
        (folder / "control-plane").mkdir()
        configuration = write_kwok_configuration(folder / "kwok.yaml")
        with ControlPlane(binaries, folder / "control-plane", kwok_configuration=configuration) as control_plane:
            table = asyncio.run(measure(control_plane, binaries, options.workers, progress))
    Console(width=None if sys.stdout.isatty() else 110).print(table)


async def measure(control_plane: ControlPlane, binaries: Binaries, sizes: Iterable[int], progress: Console) -> Table:
    api = await KubernetesApi.connect(control_plane.admin_kubeconfig)
    operator, ours = manifests(lambda chart: MpiOperator(chart, "MpiOperator")), ()
    for item in operator:
        if item["kind"] == "Deployment":
            ours = tuple(item["spec"]["template"]["spec"]["containers"][0]["args"])
        else:
            await api.create(collection_path(item), item)
    table = Table(
        "workers", "settings", "workers created", "all ready", "launcher there", "ratio", title="Start of a job"
    )
    nodes = 0
    for workers in sizes:
        await make_nodes(api, range(nodes, workers))
        nodes = max(nodes, workers)
        starts = {}
        for label, arguments in (("ours", ours), ("upstream's", UPSTREAM)):
            progress.print(f"{workers} workers, {label} settings ...")
            async with running_operator(control_plane, binaries, api, arguments):
                starts[label] = await start_job(api, workers)
        for label, start in starts.items():
            ratio = f"{starts[label].launcher / starts['ours'].launcher:.1f}"
            figures = (f"{one:.1f} s" for one in (start.created, start.ready, start.launcher))
            table.add_row(str(workers), label, *figures, ratio)
    return table


async def make_nodes(api: KubernetesApi, numbers: Iterable[int]) -> None:
    """Simulated nodes that offer GPUs and EFAs."""
    instance = catalogue.get(INSTANCE_TYPE)
    devices = {
        catalogue.EFA_RESOURCE: str(instance.known_efa_interfaces),
        catalogue.GPU_RESOURCE: str(instance.accelerators[0].count),
    }

    async def make(number: int) -> None:
        node = node_object(gpu_node(INSTANCE_TYPE, number), kubelet_version="v1.36.3")
        for amounts in (node["status"]["capacity"], node["status"]["allocatable"]):
            amounts.update(devices)
        await api.create("/api/v1/nodes", node)

    await for_each(make, numbers)


async def start_job(api: KubernetesApi, workers: int) -> Start:
    """Start a job, wait for its launcher, and remove it."""
    (job,) = (
        item
        for item in manifests(
            lambda chart: NcclTests(chart, "Test", name="benchmark", instance_type=INSTANCE_TYPE, nodes=workers)
        )
        if item["kind"] == "MPIJob"
    )
    job["metadata"]["namespace"] = "default"
    listed = await api.get("/api/v1/namespaces/default/pods")
    begin = time.monotonic()
    watching = asyncio.create_task(watch_start(api, listed["metadata"]["resourceVersion"], workers, begin))
    await api.create(collection_path(job), job)
    start = await asyncio.wait_for(watching, LONGEST_SECONDS)
    await api.delete(f"{collection_path(job)}/{job['metadata']['name']}")
    while (await api.get("/api/v1/namespaces/default/pods", limit="1"))["items"]:
        await asyncio.sleep(0.5)
    return start


async def watch_start(api: KubernetesApi, version: str, workers: int, begin: float) -> Start:
    created: set[str] = set()
    ready: set[str] = set()
    created_at = ready_at = 0.0
    async for event in api.watch("/api/v1/namespaces/default/pods", version):
        pod, now = event["object"], time.monotonic() - begin
        name = pod["metadata"].get("name", "")
        if "-launcher-" in name:
            return Start(created_at, ready_at, now)
        if "-worker-" not in name:
            continue
        if name not in created:
            created.add(name)
            created_at = now
        if name not in ready and is_ready(pod):
            ready.add(name)
            ready_at = now
    raise RuntimeError(f"the server ended the watch, with {len(ready)} of {workers} workers ready")


def is_ready(pod: Item) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))


@asynccontextmanager
async def running_operator(
    control_plane: ControlPlane, binaries: Binaries, api: KubernetesApi, arguments: Sequence[str]
) -> AsyncIterator[None]:
    """The operator with some arguments, once it is the leader."""
    answer = await api.create(
        "/api/v1/namespaces/mpi-operator/serviceaccounts/mpi-operator/token",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 86400}},
    )
    kubeconfig = control_plane.kubeconfig_with_token("operator", answer["status"]["token"])
    lease = "/apis/coordination.k8s.io/v1/namespaces/mpi-operator/leases"
    environment = {"MPI_OPERATOR_HEALTH_ADDRESS": "127.0.0.1:0"}
    command = [binaries.mpi_operator, *arguments, f"-kubeConfig={kubeconfig}"]
    control_plane.processes.start("mpi-operator", command, environment=environment)
    try:
        while not (await api.get(lease))["items"]:
            control_plane.processes.check()
            await asyncio.sleep(0.1)
        # Its caches fill.
        await asyncio.sleep(3)
        yield
    finally:
        control_plane.processes.end("mpi-operator")
        # The next one need not wait until this one's lease is over.
        await api.delete(f"{lease}/mpi-operator")


def manifests(define: Callable[[cdk8s.Chart], object]) -> list[Item]:
    chart = cdk8s.Testing.chart()
    define(chart)
    return list(cdk8s.Testing.synth(chart))


if __name__ == "__main__":
    main()
