"""Objects of a cluster for tests, as an API server would give them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from efa_constructs.cluster.snapshot import ClusterSnapshot
from efa_constructs.rehearsal.result.rehearsed_cluster import RehearsedCluster

JOB = "nccl-tests"


def node_object(instance_id: str = "i-0a", *, efas: int = 4, gpus: int = 8, ready: bool = True) -> dict[str, Any]:
    devices = {"vpc.amazonaws.com/efa": str(efas), "nvidia.com/gpu": str(gpus)}
    return {
        "metadata": {
            "name": f"node-of-{instance_id}",
            "labels": {
                "node.kubernetes.io/instance-type": "p4d.24xlarge",
                "topology.kubernetes.io/zone": "us-east-1a",
                "eks.amazonaws.com/nodegroup": "efa",
            },
        },
        "spec": {"providerID": f"aws:///us-east-1a/{instance_id}"},
        "status": {
            "allocatable": {"cpu": "95690m"} | {name: amount for name, amount in devices.items() if amount != "0"},
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    }


def pod_object(
    name: str,
    node: str | None = "node-of-i-0a",
    *,
    role: str | None = None,
    image: str = "registry.example.com/app:1",
    limits: Sequence[dict[str, str]] = ({},),
    unschedulable: str | None = None,
    waiting: str | None = None,
    transport: str | None = None,
) -> dict[str, Any]:
    labels = {"training.kubeflow.org/job-role": role, "training.kubeflow.org/job-name": JOB} if role else {}
    fabric = {"rehearsal.efa-constructs/fabric": json.dumps({"transport": transport})} if transport else {}
    scheduled = {"type": "PodScheduled", "status": "False", "message": unschedulable} if unschedulable else None
    return {
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": labels,
            "annotations": fabric,
            "ownerReferences": [{"kind": "MPIJob" if role else "DaemonSet", "name": name.rpartition("-")[0]}],
        },
        "spec": {
            "containers": [{"image": image, "resources": {"limits": one}} for one in limits],
            **({"nodeName": node} if node else {}),
        },
        "status": {
            "phase": "Running" if node and not waiting else "Pending",
            "conditions": [scheduled or {"type": "Ready", "status": str(bool(node and not waiting))}],
            "containerStatuses": [{"state": {"waiting": {"reason": waiting}}}] if waiting else [],
        },
    }


def job_object(*conditions: str) -> dict[str, Any]:
    return {
        "metadata": {"name": JOB, "namespace": "default"},
        "spec": {},
        "status": {
            "conditions": [
                {
                    "type": kind,
                    "status": "False" if kind == "Running" and kind != conditions[-1] else "True",
                    "reason": f"MPIJob{kind}",
                    "message": f"MPIJob default/{JOB} is {kind}.",
                    "lastTransitionTime": f"2026-01-02T03:04:{second:02d}Z",
                }
                for second, kind in enumerate(conditions, start=5)
            ]
        },
    }


def event_object(reason: str, name: str, message: str, *, type: str = "Warning", count: int = 1) -> dict[str, Any]:
    return {
        "type": type,
        "reason": reason,
        "message": message,
        "count": count,
        "firstTimestamp": "2026-01-02T03:04:05Z",
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": name},
    }


WORKER_LIMITS = {"vpc.amazonaws.com/efa": "4", "nvidia.com/gpu": "8", "hugepages-2Mi": "5Gi"}


def snapshot(**changes: Any) -> ClusterSnapshot:
    """Two nodes, their plugins, and a job that runs on both."""
    whole = ClusterSnapshot(
        cluster_name="training",
        region="us-east-1",
        nodes=[node_object("i-0a"), node_object("i-0b")],
        pods=[
            pod_object(f"{JOB}-launcher-x7k2p", role="launcher", transport="efa"),
            pod_object(f"{JOB}-worker-0", role="worker", limits=[WORKER_LIMITS]),
            pod_object(f"{JOB}-worker-1", "node-of-i-0b", role="worker", limits=[WORKER_LIMITS]),
            *(
                pod_object(f"efa-plugin-{name}", f"node-of-{name}", image="eks/aws-efa-k8s-device-plugin:v1")
                for name in ("i-0a", "i-0b")
            ),
        ],
        events=[event_object("Scheduled", f"{JOB}-worker-0", "assigned", type="Normal")],
        daemon_sets=[],
        deployments=[],
        replica_sets=[],
        jobs=[],
        cluster_role_bindings=[],
        mpi_jobs=[job_object("Created", "Running")],
    )
    return replace(whole, **changes)


def rehearsed_cluster(**changes: Any) -> RehearsedCluster:
    """A cluster whose job ran and succeeded. ``changes``: of its objects while the job ran."""
    running = snapshot(**changes)
    ended = replace(running, mpi_jobs=[job_object("Created", "Running", "Succeeded")])
    return RehearsedCluster(running=running, ended=ended if "mpi_jobs" not in changes else running, findings=())
