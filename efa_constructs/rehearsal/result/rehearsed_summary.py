"""What people want to know of a rehearsed cluster: also what is computed of its pods and jobs."""

from __future__ import annotations

import json
from dataclasses import replace

from ...cluster.snapshot import ClusterSnapshot, KubernetesObject
from ...cluster.summary import ClusterSummary, summarize
from ...pods.known_programs import JOB_NAME_LABEL
from ..twin.outcomes import FABRIC_ANNOTATION, MESSAGE_ANNOTATION

__all__ = ["summarize_rehearsed"]


def summarize_rehearsed(snapshot: ClusterSnapshot) -> ClusterSummary:
    """Read a snapshot of a cluster whose nodes are stood in for."""
    summary = summarize(snapshot)
    told = {(pod["metadata"]["namespace"], pod["metadata"]["name"]): _annotations(pod) for pod in snapshot.pods}
    transports = dict(filter(None, map(_transport, snapshot.pods)))
    return replace(
        summary,
        pods=tuple(
            replace(pod, message=pod.message or told[pod.namespace, pod.name].get(MESSAGE_ANNOTATION, ""))
            for pod in summary.pods
        ),
        jobs=tuple(
            replace(job, transport=transports.get((job.namespace, job.name))) if job.kind == "MPIJob" else job
            for job in summary.jobs
        ),
    )


def _transport(pod: KubernetesObject) -> tuple[tuple[str, str], str] | None:
    """What a launcher was told, by the namespace and name of its job."""
    fabric = _annotations(pod).get(FABRIC_ANNOTATION)
    if fabric is None:
        return None
    job = (pod["metadata"].get("labels") or {}).get(JOB_NAME_LABEL, "")
    return (pod["metadata"]["namespace"], job), str(json.loads(fabric)["transport"])


def _annotations(pod: KubernetesObject) -> dict[str, str]:
    return pod["metadata"].get("annotations") or {}
