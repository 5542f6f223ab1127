"""The steps of a rehearsal whose account runs. Each returns what it found out, and most are a stage that people see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import app_keys
from ..cluster.snapshot import ClusterSnapshot
from ..cluster.verdict import NodeGroupVerdict, judge_node_group
from ..errors import AwsRequestError
from ..lookups.clients import aws_clients
from ..lookups.deployed import DeployedCluster
from ..lookups.node_groups import read_clusters
from ..review.reading.assembly import CloudAssembly
from .control_plane.binaries import Binaries, find_or_build_binaries
from .emulated_account import EmulatedAccount
from .inputs.deploy_events import DeployEvent, DeploymentRefusedError
from .inputs.rehearsal_input import RehearsalInput
from .manifests.application import apply_manifests, find_kubectl
from .manifests.files import ManifestObject
from .result.rehearsed_cluster import RehearsedCluster, judge_cluster
from .result.tried_command import TriedCommand
from .settling import end_jobs, settled
from .tried_commands import CommandTrials
from .workbench import Workbench

__all__ = [
    "AppliedManifests",
    "Settled",
    "apply",
    "deploy",
    "find_kubernetes",
    "judge",
    "make_placement_group",
    "read_back",
    "settle",
    "try_commands",
    "try_preflight",
]

# Each cluster while its jobs ran, and once they had ended. The same twice: they were left to run.
Settled = tuple[tuple[ClusterSnapshot, ClusterSnapshot], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedManifests:
    """What came of the manifest files."""

    # Why some were refused.
    refusals: tuple[str, ...] = ()
    # How many were applied, and by which program. None: none was tried.
    by: str | None = None


def find_kubernetes(workbench: Workbench, folder: Path | None) -> Binaries:
    """The programs of control planes, built if need be.

    :param folder: A folder with some of them. None: those of this machine.
    """
    with workbench.stages("find Kubernetes"):
        return find_or_build_binaries(
            folder,
            programs=workbench.programs,
            log=workbench.folder / "control-plane.log",
            progress=workbench.progress.building,
        )


def make_placement_group(account: EmulatedAccount, context: Mapping[str, Any]) -> str | None:
    """Make the placement group that the app only names: in the real account it is there already. Return its name.

    :param context: Of the app.
    """
    name = app_keys.text_of(context, app_keys.PLACEMENT_GROUP)
    if name is not None:
        clients = aws_clients(region=account.region, environment=account.environment())
        clients.ec2.create_placement_group(GroupName=name, Strategy="cluster")
    return name


def try_preflight(
    workbench: Workbench, account: EmulatedAccount, context: Mapping[str, Any], facts_file: Path | None, region: str
) -> tuple[TriedCommand, ...]:
    """Before the deployment, as a person would, and whatever it says: CloudFormation is to say it, too."""
    tried = _trials(workbench, account, region).preflight(context, facts_file, region)
    return (tried,) if tried else ()


def deploy(
    workbench: Workbench, account: EmulatedAccount, source: RehearsalInput, assembly: CloudAssembly
) -> tuple[str, ...]:
    """Deploy, and return why the account refused to."""

    def on_event(event: DeployEvent) -> None:
        workbench.progress.deploying(event, assembly.resource_count)

    with workbench.stages("deploy"):
        try:
            source.deploy(account, assembly, on_event)
        except DeploymentRefusedError as refused:
            return refused.reasons
    return ()


def apply(workbench: Workbench, account: EmulatedAccount, manifests: Sequence[ManifestObject]) -> AppliedManifests:
    """Apply manifests to the only cluster."""
    if not manifests:
        return AppliedManifests()
    clusters = account.clusters()
    if len(clusters) != 1:
        names = ", ".join(cluster.name for cluster in clusters)
        found = f"{len(clusters)} EKS clusters were deployed ({names})" if clusters else "no EKS cluster was deployed"
        return AppliedManifests(refusals=(f"{found}, and the objects of '--manifests' need exactly one",))
    kubectl = find_kubectl()
    with workbench.stages("apply manifests"):
        refusals = apply_manifests(clusters[0], manifests, kubectl=kubectl, on_object=workbench.progress.applying)
    program = f"kubectl ('{kubectl}')" if kubectl else "server-side apply, as there is no kubectl on PATH"
    return AppliedManifests(refusals=refusals, by=f"{program}: {len(manifests)} objects of manifest files")


def settle(workbench: Workbench, account: EmulatedAccount, *, end: bool) -> Settled:
    """Wait until the jobs of every cluster run, or will not.

    :param end: Whether those that run are let end.
    """
    if account.binaries is None:
        return ()
    clusters = account.clusters()
    with workbench.stages("start the jobs"):
        running = [settled(cluster, workbench.progress.starting_jobs) for cluster in clusters]
    if not end:
        return tuple(zip(running, running, strict=True))
    with workbench.stages("end the jobs"):
        return tuple(zip(running, [end_jobs(cluster) for cluster in clusters], strict=True))


def read_back(
    workbench: Workbench, account: EmulatedAccount, regions: Sequence[str], *, refused: bool
) -> dict[str, tuple[DeployedCluster, ...]]:
    """The clusters that are there, by their Region.

    :param refused: Whether the deployment was refused.
    """
    found = {}
    with workbench.stages("read back"):
        for region in regions:
            # The way back may have taken a launch template from nodes that stay. The refusal is what matters then.
            with suppress(AwsRequestError) if refused else nullcontext():
                clients = aws_clients(region=region, environment=account.environment(region))
                found[region] = tuple(read_clusters(clients))
    return found


def judge(
    workbench: Workbench, clusters: Sequence[DeployedCluster], snapshots: Settled
) -> tuple[tuple[NodeGroupVerdict, ...], tuple[RehearsedCluster, ...]]:
    """Judge every node group, and every cluster that had a control plane."""
    by_name = {cluster.name: cluster for cluster in clusters}
    with workbench.stages("judge"):
        return (
            tuple(judge_node_group(group, cluster) for cluster in clusters for group in cluster.node_groups),
            tuple(judge_cluster(running, ended, by_name.get(running.cluster_name)) for running, ended in snapshots),
        )


def try_commands(
    workbench: Workbench,
    account: EmulatedAccount,
    clusters: Mapping[str, Sequence[DeployedCluster]],
    verdicts: Sequence[NodeGroupVerdict],
    kubernetes: Sequence[RehearsedCluster],
) -> tuple[TriedCommand, ...]:
    """Try the commands for a real cluster on each.

    :param clusters: By their Region.
    """
    rehearsed = {one.running.cluster_name: one for one in kubernetes}
    kubeconfigs = account.kubeconfigs() if kubernetes else {}
    tried: list[TriedCommand] = []
    for region, found in clusters.items():
        trials = _trials(workbench, account, region)
        for cluster in found:
            judged = [verdict for verdict in verdicts if verdict.cluster_name == cluster.name]
            kubeconfig = kubeconfigs.get(cluster.name)
            tried += trials.after(cluster, region, judged, rehearsed.get(cluster.name), kubeconfig)
    return tuple(tried)


def _trials(workbench: Workbench, account: EmulatedAccount, region: str) -> CommandTrials:
    return CommandTrials(workbench.programs, account.environment(region), workbench.folder, workbench.stages)
