"""What a rehearsal found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...cluster.verdict import NodeGroupVerdict
from ...lookups.deployed import DeployedCluster, DeployedNodeGroup
from ...review.reading.assembly import CloudAssembly
from ..progress import Stage
from .rehearsed_cluster import RehearsedCluster
from .tried_command import TriedCommand

__all__ = ["RehearsalResult"]


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
