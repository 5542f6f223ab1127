"""What a rehearsal found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..cluster.summary_json import finding_to_json
from ..cluster.verdict import NodeGroupVerdict
from ..lookups.deployed import DeployedCluster, DeployedInterface, DeployedNode, DeployedNodeGroup
from ..review.reading.assembly import CloudAssembly
from .rehearsed_cluster import RehearsedCluster
from .rehearsed_cluster_json import cluster_to_json
from .tried_commands import TriedCommand

__all__ = ["RehearsalResult", "Stage", "to_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of the rehearsal. Stages overlap, so their seconds add up to more than the whole."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RehearsalResult:
    """The outcome of a rehearsal that ran."""

    assembly: CloudAssembly
    account: str
    regions: tuple[str, ...]
    # Why the account refused the deployment, in its words. Empty: everything was deployed.
    refusals: tuple[str, ...]
    clusters: tuple[DeployedCluster, ...]
    # One for each node group of the clusters.
    verdicts: tuple[NodeGroupVerdict, ...]
    # One for each cluster that had a control plane.
    kubernetes: tuple[RehearsedCluster, ...] = ()
    # What really ran, and what was computed, in words.
    executed: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    # The commands for a real cluster, with their answers here.
    commands: tuple[TriedCommand, ...] = ()
    stages: tuple[Stage, ...]
    # From start to end.
    seconds: float
    not_checked: tuple[str, ...]
    # The folder of a cloud assembly that was deployed as it was given. None: the project's app was synthesized.
    given_assembly: Path | None = None
    # The template that was deployed instead.
    given_template: Path | None = None
    # What reaches the account: set when it was kept running.
    environment: Mapping[str, str] = field(default_factory=dict)
    # The process that is the account: set when it was kept running.
    process_id: int | None = None
    # Of a user who may do everything, by the cluster's name: set when control planes were kept running.
    kubeconfigs: Mapping[str, Path] = field(default_factory=dict)

    @property
    def deployed(self) -> bool:
        """Whether everything was deployed."""
        return not self.refusals

    @property
    def efa_verdicts(self) -> tuple[NodeGroupVerdict, ...]:
        """The verdicts about node groups that have EFA interfaces."""
        return tuple(verdict for verdict in self.verdicts if verdict.has_efa)

    @property
    def passes(self) -> bool:
        """Whether everything was deployed, at least one node group has EFA, and EFA works in each that has it."""
        return (
            self.deployed
            and bool(self.efa_verdicts)
            and all(verdict.sound for verdict in self.efa_verdicts)
            and all(cluster.sound for cluster in self.kubernetes)
            and all(command.as_expected for command in self.commands)
        )

    @property
    def reason(self) -> str | None:
        """Why it does not pass, in a sentence for people. None: it passes."""
        if self.passes:
            return None
        if not self.deployed:
            return "The account refused the deployment."
        if not self.efa_verdicts:
            return "No managed node group has EFA interfaces, so there is no EFA traffic."
        if not all(verdict.sound for verdict in self.efa_verdicts):
            return "EFA is not as it should be: see the faults above."
        if not all(cluster.sound for cluster in self.kubernetes):
            return "What runs on the cluster is not as it should be: see the faults above."
        return "A command found something that the deployment did not show: see its answer above."

    def deployed_cluster(self, rehearsed: RehearsedCluster) -> DeployedCluster | None:
        """The cluster in the account that ran this. None: it is not there any more."""
        return next((cluster for cluster in self.clusters if cluster.name == rehearsed.running.cluster_name), None)

    def node_group(self, verdict: NodeGroupVerdict) -> tuple[DeployedCluster, DeployedNodeGroup]:
        """The cluster and node group that a verdict is about."""
        return next(
            (cluster, node_group)
            for cluster in self.clusters
            for node_group in cluster.node_groups
            if (cluster.name, node_group.name) == (verdict.cluster_name, verdict.node_group_name)
        )


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
