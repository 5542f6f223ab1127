"""A cluster on which the real MPI Operator runs jobs: our manifests, on a control plane with the twin of two nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cdk8s

from efa_constructs.k8s import EfaDevicePlugin, MpiOperator, NcclTests, NvidiaDevicePlugin
from efa_constructs.rehearsal.account.eks.kube_system import addon_objects
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane

from .live_cluster import LiveCluster, collection, eventually, p4d_facts

OPERATOR = {"app.kubernetes.io/name": "mpi-operator"}
DEPLOYMENT = "/apis/apps/v1/namespaces/mpi-operator/deployments/mpi-operator"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/mpi-operator/leases/mpi-operator"
JOBS = "/apis/kubeflow.org/v2beta1/namespaces/default/mpijobs"
CRD = "CustomResourceDefinition"
NODES = [p4d_facts(10), p4d_facts(11)]


def manifests(*define: Callable[[cdk8s.Chart], object]) -> list[dict[str, Any]]:
    chart = cdk8s.Testing.chart()
    for one in define:
        one(chart)
    return list(cdk8s.Testing.synth(chart))


def make_cluster(control_plane: ControlPlane, binaries: Binaries) -> LiveCluster:
    """Two p4d nodes with all that a job needs, but for the definition of MPIJob."""
    made = LiveCluster(control_plane, binaries)
    for namespace in ("default", "kube-system"):
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
        eventually(lambda path=path: made.find(path), "pods have an account")  # type: ignore[misc]
    made.set_nodes(*NODES)
    made.apply(
        *addon_objects("coredns", version="v1", region="us-east-1"),
        *(item for item in operator_manifests() if item["kind"] != CRD),
        *manifests(
            lambda chart: EfaDevicePlugin(chart, "Efa", region="us-east-1"),
            lambda chart: NvidiaDevicePlugin(chart, "Nvidia"),
        ),
    )
    return made


def operator_manifests() -> list[dict[str, Any]]:
    return manifests(lambda chart: MpiOperator(chart, "Operator"))


def define_mpi_job(cluster: LiveCluster) -> None:
    for item in operator_manifests():
        if item["kind"] == CRD and cluster.find(f"{collection(item)}/{item['metadata']['name']}") is None:
            cluster.apply(item)
    eventually(lambda: cluster.find(JOBS), "MPIJobs are known")


def operators(cluster: LiveCluster) -> list[dict[str, Any]]:
    return cluster.pods("mpi-operator", **OPERATOR)


def start_job(cluster: LiveCluster, name: str) -> None:
    job = manifests(lambda chart: NcclTests(chart, "Job", name=name, instance_type="p4d.24xlarge", nodes=2))
    cluster.apply(*job)


def has(cluster: LiveCluster, name: str, condition: str) -> bool:
    job = cluster.find(f"{JOBS}/{name}") or {}
    conditions = job.get("status", {}).get("conditions") or ()
    return any(one["type"] == condition and one["status"] == "True" for one in conditions)
