"""The stages of a rehearsal: synthesize, start an account, bootstrap it, deploy, start the jobs, read back, judge."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from .. import app_keys
from ..catalogue import region_of_zone
from ..cluster.snapshot import ClusterSnapshot
from ..cluster.verdict import NodeGroupVerdict, judge_node_group
from ..errors import AwsRequestError
from ..lookups.clients import aws_clients, template_clients
from ..lookups.cluster_facts import ClusterFacts, read_cluster_facts
from ..lookups.deployed import DeployedCluster
from ..lookups.node_groups import read_clusters
from ..review.reading.assembly import CloudAssembly, read_assembly
from .account.process import AccountProcess
from .cdk_cli import CdkCli, DeployEvent, DeploymentRefusedError, find_cdk_cli, find_node
from .control_plane.binaries import Binaries, find_or_build_binaries
from .control_plane.build_progress import BuildProgress
from .manifest_application import apply_manifests, find_kubectl
from .manifest_files import ManifestObject, read_manifests
from .programs import Programs
from .provenance import computed, executed
from .rehearsed_cluster import RehearsedCluster, judge_cluster
from .result import RehearsalResult, Stage
from .scope import check_scope, not_checked
from .settling import end_jobs, settled
from .synthesis import CdkApp, read_app
from .tried_commands import CommandTrials, TriedCommand
from .work_folder import work_folder
from .zone_context import zones_asked_for

__all__ = ["Progress", "Rehearsal", "rehearse"]

# Of a stack that names none: the account that AWS uses in examples.
_ACCOUNT = "123456789012"
_REGION = "us-east-1"


class Progress:
    """What is told while a rehearsal runs. Methods are called from several threads, and do nothing here."""

    def stage_started(self, name: str) -> None:
        """A stage has begun; others may be running."""

    def stage_ended(self, stage: Stage) -> None:
        """A stage has ended."""

    def building(self, build: BuildProgress) -> None:
        """Programs of the control plane are being built."""

    def deploying(self, event: DeployEvent, resource_count: int) -> None:
        """CloudFormation did something. ``resource_count``: how many resources all stacks define."""

    def applying(self, manifest: ManifestObject) -> None:
        """An object of a manifest file is about to be applied."""

    def starting_jobs(self, cluster: ClusterSnapshot) -> None:
        """Something in a cluster has changed while its jobs start."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What to rehearse."""

    # The project: where cdk.json and node_modules are.
    directory: Path
    # Context keys beside those of cdk.json. They are for synthesis: an assembly has none.
    context: Mapping[str, str] = field(default_factory=dict)
    # A cloud assembly to deploy instead of synthesizing the project's app.
    assembly: Path | None = None
    # A CloudFormation template to deploy instead of either, without the CDK, and its parameters.
    template: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    # A folder of Kubernetes manifests to apply to the account's only cluster once everything is deployed.
    manifests: Path | None = None
    # Facts of an existing cluster to put into the account. Default: the file that 'efa:clusterFacts' names.
    cluster_facts: Path | None = None
    # Whether clusters get a control plane. Without one, manifests are accepted and not applied.
    kubernetes: bool = True
    # A folder with programs of control planes, which must fit. Default: those of this machine, else they are built.
    kubernetes_binaries: Path | None = None
    # Whether the account goes on running afterwards, with its control planes.
    keep: bool = False
    # Whether the commands for a real cluster are tried on it: efa preflight, lookup, status and verify.
    try_commands: bool = True


def rehearse(rehearsal: Rehearsal, progress: Progress | None = None) -> RehearsalResult:
    """Deploy an app or a cloud assembly onto an emulated account on this machine, and judge what is there then.

    Leaves no process and no file behind, unless the account is to be kept.

    :param progress: What is told meanwhile. Default: nothing.
    :raises InvalidArgumentError: the assembly or the facts cannot be rehearsed.
    :raises InvalidConfigurationError: the project has no app, or the facts file is wrong.
    :raises RehearsalError: a program is missing, or went wrong before there was anything to deploy.
    """
    with ExitStack() as stack:
        # In this order: programs end before the folder goes in which they write.
        work = stack.enter_context(work_folder())
        programs = stack.enter_context(Programs())
        return _Run(rehearsal, progress or Progress(), work, programs).run()


class _Run:
    """One rehearsal while it runs."""

    def __init__(self, rehearsal: Rehearsal, progress: Progress, work: Path, programs: Programs) -> None:
        self._rehearsal = rehearsal
        self._progress = progress
        self._work = work
        self._programs = programs
        self._stages: list[tuple[float, Stage]] = []
        self._account: AccountProcess | None = None
        # Node.js and the CDK CLI's script. None: nothing needs them.
        self._cdk: tuple[Path, Path] | None = None
        self._kubectl: Path | None = None
        self._binaries: Binaries | None = None
        # Of the catalogue, by the context key with which the app asked for them.
        self._zones: Mapping[str, list[str]] = {}
        self._bootstrapped: set[tuple[str, str, str | None]] = set()
        self._tried: list[TriedCommand] = []
        # Of the clusters, by name.
        self._regions: dict[str, str] = {}

    def run(self) -> RehearsalResult:
        start = perf_counter()
        rehearsal = self._rehearsal
        if rehearsal.template is None:
            self._cdk = find_node(), find_cdk_cli(rehearsal.directory)
        given = self._read_given()
        app = None if given else read_app(rehearsal.directory, rehearsal.context)
        manifests = read_manifests(rehearsal.manifests) if rehearsal.manifests else ()
        facts_file, facts = self._facts(app)
        account_id, region = self._expected_environment(given, app, facts)
        if given is not None:
            # Before anything takes time.
            check_scope(given, facts)
        kept = False
        snapshots: tuple[tuple[ClusterSnapshot, ClusterSnapshot], ...] = ()
        try:
            if rehearsal.kubernetes:
                self._find_binaries()
            if app is not None:
                assembly = self._synthesize_beside_account(app, account_id, region, facts_file)
            else:
                assert given is not None
                assembly = self._borrow(given) if rehearsal.assembly else given
            check_scope(assembly, facts)
            account_id = next(iter(assembly.accounts), account_id)
            self._start_account(account_id, region, facts_file)
            self._bootstrap(account_id, region, assembly)
            placement_group = self._make_named_placement_group(app, region)
            self._try_preflight(app, facts_file, next(iter(assembly.regions), region))
            refusals = self._deploy(assembly, region)
            # What a refused deployment leaves is being taken away again.
            if not refusals:
                refusals = self._apply(manifests)
                snapshots = self._settle()
            clusters = self._read_back(assembly, region, refused=bool(refusals))
            with self._stage("judge"):
                verdicts = tuple(
                    judge_node_group(group, cluster) for cluster in clusters for group in cluster.node_groups
                )
                by_name = {cluster.name: cluster for cluster in clusters}
                kubernetes = tuple(
                    judge_cluster(running, ended, by_name.get(running.cluster_name)) for running, ended in snapshots
                )
            if not refusals:
                self._try_commands(clusters, verdicts, kubernetes)
            not_rehearsed = not_checked(
                assembly,
                placement_group,
                self._running_account.taken_on_trust(),
                sorted({zone for zones in self._zones.values() for zone in zones}),
                kubernetes=rehearsal.kubernetes,
            )
            environment = self._environment(region) if rehearsal.keep else {}
            kubeconfigs = self._kubeconfigs() if rehearsal.keep else {}
            process_id = self._running_account.release() if rehearsal.keep else None
            kept = rehearsal.keep
        finally:
            if not kept:
                self._end()
        return RehearsalResult(
            assembly=assembly,
            account=account_id,
            regions=assembly.regions or (region,),
            refusals=refusals,
            clusters=clusters,
            verdicts=verdicts,
            kubernetes=kubernetes,
            executed=executed(
                self._deployed_by(assembly, manifests), self._binaries.versions if self._binaries else {}, kubernetes
            ),
            computed=computed(kubernetes),
            commands=tuple(self._tried),
            stages=tuple(stage for _, stage in sorted(self._stages, key=lambda timed: timed[0])),
            seconds=perf_counter() - start,
            not_checked=not_rehearsed,
            given_assembly=rehearsal.assembly,
            given_template=rehearsal.template,
            environment=environment,
            process_id=process_id,
            kubeconfigs=kubeconfigs,
        )

    def _read_given(self) -> CloudAssembly | None:
        """What is deployed as it was given. None: the project's app is synthesized."""
        if self._rehearsal.template is not None:
            # Imported here: moto comes with it.
            from .template_stack import read_template

            return read_template(self._rehearsal.template)
        return read_assembly(self._rehearsal.assembly) if self._rehearsal.assembly else None

    def _facts(self, app: CdkApp | None) -> tuple[Path, ClusterFacts] | tuple[None, None]:
        given = self._rehearsal.cluster_facts
        if given is not None:
            return given, read_cluster_facts(given)
        named = app_keys.text_of(app.context, app_keys.CLUSTER_FACTS) if app else None
        if named is None:
            return None, None
        file = self._rehearsal.directory / named
        with app_keys.errors_naming(app_keys.CLUSTER_FACTS):
            return file, read_cluster_facts(file)

    def _expected_environment(
        self, given: CloudAssembly | None, app: CdkApp | None, facts: ClusterFacts | None
    ) -> tuple[str, str]:
        """Where stacks go that do not say it, and where the app's will most likely go."""
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _REGION
        zone = app_keys.text_of(app.context, app_keys.AVAILABILITY_ZONE) if app else None
        if zone is not None:
            # A guess that saves time: the assembly says where its stacks really go.
            with app_keys.errors_naming(app_keys.AVAILABILITY_ZONE):
                region = region_of_zone(zone)
        return (
            next(iter(given.accounts if given else ()), facts.account if facts else _ACCOUNT),
            next(iter(given.regions if given else ()), facts.region if facts else region),
        )

    def _synthesize_beside_account(
        self, app: CdkApp, account_id: str, region: str, facts_file: Path | None
    ) -> CloudAssembly:
        """Synthesize, and meanwhile start and bootstrap the account where the app will most likely want to go."""
        with ThreadPoolExecutor(2) as pool:
            synthesis = pool.submit(self._synthesize, app, account_id, region)
            account = pool.submit(self._prepare_account, account_id, region, facts_file)
            futures: tuple[Future[Any], ...] = (synthesis, account)
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                for future in futures:
                    if future.done():
                        future.result()
            except BaseException:
                # The pool waits for its threads, which wait for these.
                self._programs.stop()
                raise
            return synthesis.result()

    def _synthesize(self, app: CdkApp, account_id: str, region: str) -> CloudAssembly:
        with self._stage("synthesize"):
            assembly = self._synthesize_once(app, account_id, region)
            zones = zones_asked_for(assembly.missing_context)
            if not zones or set(assembly.missing_context) - set(zones):
                return assembly
            # The CDK CLI asks AWS, and synthesizes again.
            self._zones = zones
            shutil.rmtree(assembly.directory)
            return self._synthesize_once(app.with_context(zones), account_id, region)

    def _synthesize_once(self, app: CdkApp, account_id: str, region: str) -> CloudAssembly:
        output = self._work / "cdk.out"
        app.synthesize(
            output,
            programs=self._programs,
            environment={**os.environ, **self._temporary},
            node=self._running_cdk[0],
            account=account_id,
            region=region,
            log=self._work / "synthesis.log",
        )
        return read_assembly(output)

    def _prepare_account(self, account_id: str, region: str, facts_file: Path | None) -> None:
        self._start_account(account_id, region, facts_file)
        self._bootstrap_environment(account_id, region, None)

    def _borrow(self, assembly: CloudAssembly) -> CloudAssembly:
        """The same assembly in a folder of links: the CLI writes locks and packed assets beside what it deploys."""
        borrowed = self._work / "cdk.out"
        shutil.copytree(assembly.directory.resolve(), borrowed, copy_function=os.symlink)
        return read_assembly(borrowed)

    @property
    def _temporary(self) -> dict[str, str]:
        """Where programs put what they do not clean up when they are ended: jsii, for one."""
        folder = self._work / "tmp"
        folder.mkdir(exist_ok=True)
        return {"TMPDIR": str(folder)}

    @property
    def _running_cdk(self) -> tuple[Path, Path]:
        assert self._cdk is not None
        return self._cdk

    @property
    def _running_account(self) -> AccountProcess:
        assert self._account is not None
        return self._account

    def _start_account(self, account_id: str, region: str, facts_file: Path | None) -> None:
        if self._account is not None and self._account.account == account_id:
            return
        self._end_account()
        with self._stage("start the account"):
            self._account = AccountProcess(
                account=account_id, region=region, cluster_facts=facts_file, kubernetes=self._binaries
            )
            self._account.start()

    def _find_binaries(self) -> None:
        with self._stage("find Kubernetes"):
            self._binaries = find_or_build_binaries(
                self._rehearsal.kubernetes_binaries,
                programs=self._programs,
                log=self._work / "control-plane.log",
                progress=self._progress.building,
            )

    def _settle(self) -> tuple[tuple[ClusterSnapshot, ClusterSnapshot], ...]:
        """Wait until the jobs of every cluster run, or will not, and let those that run end. Return both states."""
        if self._binaries is None:
            return ()
        files = self._running_account.clusters()
        with self._stage("start the jobs"):
            running = [settled(one, self._progress.starting_jobs) for one in files]
        if self._rehearsal.keep:
            ended = running
        else:
            with self._stage("end the jobs"):
                ended = [end_jobs(one) for one in files]
        return tuple(zip(running, ended, strict=True))

    def _make_named_placement_group(self, app: CdkApp | None, region: str) -> str | None:
        """Make the placement group that the app only names: in the real account it is there already."""
        name = app_keys.text_of(app.context, app_keys.PLACEMENT_GROUP) if app else None
        if name is None:
            return None
        clients = aws_clients(region=region, environment=self._environment(region))
        clients.ec2.create_placement_group(GroupName=name, Strategy="cluster")
        return name

    def _environment(self, region: str) -> dict[str, str]:
        return {**self._running_account.environment, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}

    def _cli(self, region: str) -> CdkCli:
        # Nothing of this machine's AWS configuration: a rehearsal must not be able to reach a real account.
        machine = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}
        node, script = self._running_cdk
        return CdkCli(
            programs=self._programs,
            node=node,
            script=script,
            environment={**machine, **self._environment(region), **self._temporary},
            work=self._work,
        )

    def _bootstrap(self, account_id: str, region: str, assembly: CloudAssembly) -> None:
        for stack in assembly.stacks:
            if stack.bootstrap_qualifier is not None:
                self._bootstrap_environment(account_id, stack.region or region, stack.bootstrap_qualifier)

    def _bootstrap_environment(self, account_id: str, region: str, qualifier: str | None) -> None:
        wanted = None if qualifier == "hnb659fds" else qualifier
        if (account_id, region, wanted) in self._bootstrapped:
            return
        with self._stage("bootstrap"):
            self._cli(region).bootstrap(account=account_id, region=region, qualifier=wanted)
        self._bootstrapped.add((account_id, region, wanted))

    def _deploy(self, assembly: CloudAssembly, region: str) -> tuple[str, ...]:
        """Deploy, and return why the account refused to."""

        def on_event(event: DeployEvent) -> None:
            self._progress.deploying(event, assembly.resource_count)

        with self._stage("deploy"):
            try:
                if self._rehearsal.template is None:
                    self._cli(region).deploy(assembly.directory, on_event)
                else:
                    from .template_stack import deploy_template

                    clients = template_clients(self._environment(region), region=region)
                    deploy_template(clients, assembly.stacks[0], self._rehearsal.parameters, on_event)
            except DeploymentRefusedError as refused:
                return refused.reasons
        return ()

    def _apply(self, manifests: Sequence[ManifestObject]) -> tuple[str, ...]:
        """Apply manifests to the only cluster, and return why some were refused."""
        if not manifests:
            return ()
        clusters = self._running_account.clusters()
        if len(clusters) != 1:
            names = ", ".join(cluster.name for cluster in clusters)
            found = (
                f"{len(clusters)} EKS clusters were deployed ({names})" if clusters else "no EKS cluster was deployed"
            )
            return (f"{found}, and the objects of '--manifests' need exactly one",)
        self._kubectl = find_kubectl()
        with self._stage("apply manifests"):
            return apply_manifests(clusters[0], manifests, kubectl=self._kubectl, on_object=self._progress.applying)

    def _deployed_by(self, assembly: CloudAssembly, manifests: Sequence[ManifestObject]) -> tuple[str, ...]:
        """The programs that deployed, for people."""
        said = ["the CDK CLI: bootstrap, change sets, assets"]
        if self._rehearsal.template is not None:
            said = ["boto3: the change set of the template"]
        count = assembly.kubernetes_manifest_count
        if count and self._binaries is not None:
            said.append(f"CDK's kubectl handler with its kubectl: {count} custom resources of manifests")
        if manifests and self._binaries is not None:
            by = (
                f"kubectl ('{self._kubectl}')" if self._kubectl else "server-side apply, as there is no kubectl on PATH"
            )
            said.append(f"{by}: {len(manifests)} objects of manifest files")
        return tuple(said)

    def _kubeconfigs(self) -> dict[str, Path]:
        return {cluster.name: cluster.kubeconfig for cluster in self._running_account.clusters()}

    def _try_preflight(self, app: CdkApp | None, facts_file: Path | None, region: str) -> None:
        """Before the deployment, as a person would, and whatever it says: CloudFormation is to say it, too."""
        if app is None or not self._rehearsal.try_commands:
            return
        tried = self._trials(region).preflight(app, facts_file, region)
        self._tried += [tried] if tried else []

    def _try_commands(
        self,
        clusters: Sequence[DeployedCluster],
        verdicts: Sequence[NodeGroupVerdict],
        kubernetes: Sequence[RehearsedCluster],
    ) -> None:
        if not self._rehearsal.try_commands:
            return
        rehearsed = {one.running.cluster_name: one for one in kubernetes}
        kubeconfigs = self._kubeconfigs() if kubernetes else {}
        for cluster in clusters:
            name, region = cluster.name, self._regions[cluster.name]
            judged = [verdict for verdict in verdicts if verdict.cluster_name == name]
            trials = self._trials(region)
            self._tried += trials.after(cluster, region, judged, rehearsed.get(name), kubeconfigs.get(name))

    def _trials(self, region: str) -> CommandTrials:
        return CommandTrials(self._programs, self._environment(region), self._work, self._stage)

    def _read_back(self, assembly: CloudAssembly, region: str, *, refused: bool) -> tuple[DeployedCluster, ...]:
        with self._stage("read back"):
            clusters: list[DeployedCluster] = []
            for used in assembly.regions or (region,):
                # The way back may have taken a launch template from nodes that stay. The refusal is what matters then.
                with suppress(AwsRequestError) if refused else nullcontext():
                    found = read_clusters(aws_clients(region=used, environment=self._environment(used)))
                    self._regions |= dict.fromkeys((cluster.name for cluster in found), used)
                    clusters += found
            return tuple(clusters)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._progress.stage_started(name)
        start = perf_counter()
        yield
        stage = Stage(name=name, seconds=perf_counter() - start)
        self._stages.append((start, stage))
        self._progress.stage_ended(stage)

    def _end(self) -> None:
        self._programs.stop()
        self._end_account()

    def _end_account(self) -> None:
        if self._account is not None:
            self._account.stop()
            self._account = None
