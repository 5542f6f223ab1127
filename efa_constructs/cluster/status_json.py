"""How a cluster is, as a JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import catalogue
from ..lookups.node_group_states import ClusterState, NodeGroupState
from .status import ClusterStatus
from .summary import summarize
from .summary_json import event_to_json, finding_to_json, job_to_json, node_to_json, pod_to_json

__all__ = ["status_to_json"]


def status_to_json(status: ClusterStatus) -> dict[str, Any]:
    """What ``efa status`` says."""
    return {
        "cluster": status.cluster_name,
        "region": status.region,
        "context": status.kubeconfig.context if status.kubeconfig else None,
        "server": status.kubeconfig.server if status.kubeconfig else None,
        "sound": status.sound,
        **_aws(status.state),
        **_kubernetes(status),
        "findings": [finding_to_json(finding) for finding in status.findings],
        "notChecked": list(status.not_checked),
    }


def _aws(state: ClusterState | None) -> dict[str, Any]:
    if state is None:
        return {"status": None, "version": None, "nodeGroups": None}
    return {
        "status": state.status,
        "version": state.version,
        "nodeGroups": [_node_group(each) for each in state.node_groups],
    }


def _node_group(group: NodeGroupState) -> dict[str, Any]:
    issues = []
    for issue in group.health_issues:
        meaning = catalogue.health_issue_meaning(issue.code, issue.message)
        issues.append(
            {
                "code": issue.code,
                "message": issue.message,
                "resourceIds": list(issue.resource_ids),
                "meaning": meaning.meaning if meaning else None,
                "fix": meaning.fix if meaning else None,
            }
        )
    return {
        "name": group.name,
        "status": group.status,
        "instanceTypes": list(group.instance_types),
        "capacityType": group.capacity_type,
        "minSize": group.min_size,
        "desiredSize": group.desired_size,
        "maxSize": group.max_size,
        "healthIssues": issues,
    }


def _kubernetes(status: ClusterStatus) -> dict[str, Any]:
    if status.snapshot is None:
        return dict.fromkeys(("nodes", "pods", "jobs", "warnings"))
    summary = summarize(status.snapshot)
    return {
        "nodes": [
            {**node_to_json(node), "expected": _expected(status.expected.get(node.name, {}))} for node in summary.nodes
        ],
        "pods": [{**pod_to_json(pod), "restarts": pod.restarts} for pod in summary.pods],
        "jobs": [job_to_json(job) for job in summary.jobs],
        "warnings": [event_to_json(event) for event in summary.warnings],
    }


def _expected(amounts: Mapping[str, int]) -> dict[str, str]:
    """In Kubernetes' quantities, as ``allocatable`` has them."""
    return {
        resource: f"{amount >> 20}Mi" if resource.startswith("hugepages-") else str(amount)
        for resource, amount in amounts.items()
    }
