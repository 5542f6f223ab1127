"""A rehearsed cluster as a JSON document."""

from __future__ import annotations

from typing import Any

from ...cluster.summary_json import event_to_json, finding_to_json, job_to_json, node_to_json, pod_to_json
from ...lookups.deployed import DeployedCluster
from .efa_reachability import efa_reachability
from .rehearsed_cluster import RehearsedCluster
from .rehearsed_summary import summarize_rehearsed

__all__ = ["cluster_to_json"]


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
        "nodes": [node_to_json(node) for node in running.nodes],
        "pods": [{**pod_to_json(pod), "endState": end.get((pod.namespace, pod.name))} for pod in running.pods],
        "jobs": [{**job_to_json(job), "transport": job.transport} for job in ended.jobs],
        "warnings": [event_to_json(event) for event in ended.warnings],
        "efaReachability": _reachability(deployed) if deployed else [],
        "findings": [finding_to_json(finding) for finding in cluster.findings],
    }


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
