"""The result of a rehearsal as a JSON document."""

from __future__ import annotations

from typing import Any

from ...cluster.summary_json import finding_to_json
from ...cluster.verdict import NodeGroupVerdict
from ...lookups.deployed import DeployedCluster, DeployedInterface, DeployedNode, DeployedNodeGroup
from .rehearsed_cluster_json import cluster_to_json
from .result import RehearsalResult

__all__ = ["to_json"]


def to_json(result: RehearsalResult) -> dict[str, Any]:
    """The result as a JSON document."""
    assembly = result.assembly
    return {
        "passes": result.passes,
        "reason": result.reason,
        "deployed": result.deployed,
        "refusals": list(result.refusals),
        "account": result.account,
        "regions": list(result.regions),
        "stacks": [
            {"name": stack.name, "region": stack.region, "resourceCount": stack.resource_count}
            for stack in assembly.stacks
        ],
        "kubernetes": [cluster_to_json(cluster, result.deployed_cluster(cluster)) for cluster in result.kubernetes],
        "nodeGroups": [_node_group(*result.node_group(verdict), verdict) for verdict in result.verdicts],
        "stages": [{"name": stage.name, "seconds": round(stage.seconds, 3)} for stage in result.stages],
        "seconds": round(result.seconds, 3),
        "commands": [
            {"command": one.command, "answer": one.answer, "asExpected": one.as_expected} for one in result.commands
        ],
        "executed": list(result.executed),
        "computed": list(result.computed),
        "notChecked": list(result.not_checked),
        "environment": dict(result.environment) or None,
        "processId": result.process_id,
        "kubeconfigs": {name: str(path) for name, path in result.kubeconfigs.items()} or None,
    }


def _node_group(cluster: DeployedCluster, group: DeployedNodeGroup, verdict: NodeGroupVerdict) -> dict[str, Any]:
    return {
        "name": group.name,
        "cluster": {
            "name": cluster.name,
            "version": cluster.version,
            "status": cluster.status,
            "securityGroupId": cluster.security_group_id,
        },
        "status": group.status,
        "instanceType": group.instance_type,
        "amiType": group.ami_type,
        "capacityType": group.capacity_type,
        "minSize": group.min_size,
        "desiredSize": group.desired_size,
        "maxSize": group.max_size,
        "subnetIds": list(group.subnet_ids),
        "availabilityZones": list(group.availability_zones),
        "launchTemplate": {"id": group.launch_template_id, "version": group.launch_template_version},
        "placementGroup": group.placement_group.name if group.placement_group else None,
        "capacityReservation": group.capacity_reservation,
        "nodes": [_node(node) for node in group.nodes],
        "nextNode": _node(group.template_node),
        "efa": {
            "present": verdict.has_efa,
            "trafficPasses": verdict.traffic_passes,
            "sound": verdict.sound,
            "pairsJudged": verdict.pairs_judged,
            "imagined": verdict.imagined,
            "findings": [finding_to_json(finding) for finding in verdict.findings],
        },
    }


def _node(node: DeployedNode) -> dict[str, Any]:
    return {
        "instanceId": node.instance_id if node.state else None,
        "state": node.state,
        "availabilityZone": node.availability_zone,
        "subnetId": node.subnet_id,
        "interfaces": [_interface(interface) for interface in node.interfaces],
    }


def _interface(interface: DeployedInterface) -> dict[str, Any]:
    return {
        "id": interface.id,
        "networkCardIndex": interface.network_card_index,
        "deviceIndex": interface.device_index,
        "interfaceType": interface.interface_type,
        "securityGroupIds": list(interface.security_group_ids),
        "privateIpv4Address": interface.private_ipv4_address,
    }
