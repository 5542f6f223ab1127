"""A rehearsed cluster as a JSON document."""

from __future__ import annotations

from typing import Any

from ..cluster.finding import Finding
from ..cluster.summary import ClusterEvent, SummarizedJob, SummarizedNode, SummarizedPod
from ..lookups.deployed import DeployedCluster
from .cluster_findings import RehearsedCluster
from .efa_reachability import efa_reachability
from .rehearsed_summary import summarize_rehearsed

__all__ = ["cluster_to_json", "finding_to_json"]


def cluster_to_json(cluster: RehearsedCluster, deployed: DeployedCluster | None) -> dict[str, Any]:
    """What ran on a cluster.

    :param deployed: The same cluster in the account. None: it is not there any more.
    """
    running, ended = summarize_rehearsed(cluster.running), summarize_rehearsed(cluster.ended)
    end = {(pod.namespace, pod.name): pod.state for pod in ended.pods}
    return {
        "cluster": cluster.running.cluster_name,
        "region": cluster.running.region,
        "sound": cluster.sound,
        "nodes": [_node(node) for node in running.nodes],
        "pods": [_pod(pod, end.get((pod.namespace, pod.name))) for pod in running.pods],
        "jobs": [_job(job) for job in ended.jobs],
        "warnings": [_event(event) for event in ended.warnings],
        "efaReachability": _reachability(deployed) if deployed else [],
        "findings": [finding_to_json(finding) for finding in cluster.findings],
    }


def finding_to_json(finding: Finding) -> dict[str, str]:
    """Something that is wrong, and what to do about it."""
    return {"code": finding.code, "level": str(finding.level), "problem": finding.problem, "fix": finding.fix}


def _node(node: SummarizedNode) -> dict[str, Any]:
    return {
        "name": node.name,
        "instanceId": node.instance_id,
        "instanceType": node.instance_type,
        "availabilityZone": node.availability_zone,
        "nodeGroup": node.node_group,
        "ready": node.ready,
        "devices": dict(node.devices),
        "allocatable": dict(node.allocatable),
    }


def _pod(pod: SummarizedPod, end_state: str | None) -> dict[str, Any]:
    return {
        "namespace": pod.namespace,
        "name": pod.name,
        "owner": pod.owner,
        "role": str(pod.role),
        "job": pod.job_name,
        "node": pod.node_name,
        "state": pod.state,
        "ready": pod.ready,
        "endState": end_state,
        "holds": dict(pod.holds),
        "message": pod.message,
    }


def _job(job: SummarizedJob) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "namespace": job.namespace,
        "name": job.name,
        "state": job.state,
        "transport": job.transport,
        "conditions": [
            {
                "type": one.type,
                "status": one.status,
                "reason": one.reason,
                "message": one.message,
                "lastTransitionTime": one.last_transition_time,
            }
            for one in job.conditions
        ],
    }


def _event(event: ClusterEvent) -> dict[str, Any]:
    return {"reason": event.reason, "objects": list(event.objects), "message": event.message, "count": event.count}


def _reachability(deployed: DeployedCluster) -> list[dict[str, Any]]:
    matrix = efa_reachability(deployed)
    return [
        {
            "from": list(matrix.groups[sender].instance_ids),
            "to": list(matrix.groups[receiver].instance_ids),
            "reaches": reaches,
        }
        for (sender, receiver), reaches in matrix.reaches.items()
        if reaches is not None
    ]
