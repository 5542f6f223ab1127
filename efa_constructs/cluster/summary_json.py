"""What a summary of a cluster has, as records of a JSON document."""

from __future__ import annotations

from typing import Any

from .finding import Finding
from .summary import ClusterEvent, SummarizedJob, SummarizedNode, SummarizedPod

__all__ = ["event_to_json", "finding_to_json", "job_to_json", "node_to_json", "pod_to_json"]


def finding_to_json(finding: Finding) -> dict[str, str | None]:
    """Something that is wrong, and what to do about it."""
    return {
        "code": finding.code,
        "level": str(finding.level),
        "problem": finding.problem,
        "fix": finding.fix,
        "rule": finding.rule.id if finding.rule else None,
    }


def node_to_json(node: SummarizedNode) -> dict[str, Any]:
    """A node, and what it offers."""
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


def pod_to_json(pod: SummarizedPod) -> dict[str, Any]:
    """A pod, and what it holds."""
    return {
        "namespace": pod.namespace,
        "name": pod.name,
        "owner": pod.owner,
        "role": str(pod.role),
        "job": pod.job_name,
        "node": pod.node_name,
        "state": pod.state,
        "ready": pod.ready,
        "holds": dict(pod.holds),
        "message": pod.message,
    }


def job_to_json(job: SummarizedJob) -> dict[str, Any]:
    """A job with its conditions."""
    return {
        "kind": job.kind,
        "namespace": job.namespace,
        "name": job.name,
        "state": job.state,
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


def event_to_json(event: ClusterEvent) -> dict[str, Any]:
    """A warning."""
    return {"reason": event.reason, "objects": list(event.objects), "message": event.message, "count": event.count}
