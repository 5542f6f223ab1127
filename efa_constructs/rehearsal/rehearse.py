"""A rehearsal: the stages in their order, from what is given to what was found out."""

from __future__ import annotations

from itertools import chain
from time import perf_counter

from ..review.reading.assembly import CloudAssembly
from . import steps
from .emulated_account import EmulatedAccount, KeptAccount
from .inputs.rehearsal_input import RehearsalInput
from .inputs.scope import check_scope
from .plan import Rehearsal, make_plan
from .progress import Progress
from .result import RehearsalResult
from .result.not_checked import not_checked
from .result.provenance import computed, executed
from .result.tried_command import TriedCommand
from .workbench import Workbench, workbench

__all__ = ["Rehearsal", "rehearse"]


def rehearse(rehearsal: Rehearsal, progress: Progress | None = None) -> RehearsalResult:
    """Deploy an app, a cloud assembly or a template onto an emulated account on this machine, and judge what is there.

    Leaves no process and no file behind, unless the account is to be kept.

    :param progress: What is told meanwhile. Default: nothing.
    :raises InvalidArgumentError: the assembly or the facts cannot be rehearsed.
    :raises InvalidConfigurationError: the project has no app, or the facts file is wrong.
    :raises RehearsalError: a program is missing, or went wrong before there was anything to deploy.
    """
    with workbench(progress or Progress()) as bench:
        return _rehearse(rehearsal, bench)


def _rehearse(rehearsal: Rehearsal, bench: Workbench) -> RehearsalResult:
    start = perf_counter()
    plan = make_plan(rehearsal, bench)
    source = plan.source
    binaries = steps.find_kubernetes(bench, rehearsal.kubernetes_binaries) if rehearsal.kubernetes else None
    with EmulatedAccount(bench, plan.expected, cluster_facts=plan.facts_file, binaries=binaries) as account:
        assembly = source.make_assembly(account)
        check_scope(assembly, plan.facts)
        account.start(next(iter(assembly.accounts), None))
        regions = assembly.regions or (account.region,)
        source.bootstrap(account, assembly)
        placement_group = steps.make_placement_group(account, source.context)
        tried: tuple[TriedCommand, ...] = ()
        if rehearsal.try_commands:
            tried = steps.try_preflight(bench, account, source.context, plan.facts_file, regions[0])
        refusals = steps.deploy(bench, account, source, assembly)
        applied = steps.AppliedManifests()
        snapshots: steps.Settled = ()
        # What a refused deployment leaves is being taken away again.
        if not refusals:
            applied = steps.apply(bench, account, plan.manifests)
            refusals = applied.refusals
            snapshots = steps.settle(bench, account, end=not rehearsal.keep)
        found = steps.read_back(bench, account, regions, refused=bool(refusals))
        clusters = tuple(chain.from_iterable(found.values()))
        verdicts, kubernetes = steps.judge(bench, clusters, snapshots)
        if rehearsal.try_commands and not refusals:
            tried += steps.try_commands(bench, account, found, verdicts, kubernetes)
        trusted = account.taken_on_trust()
        kept = account.keep() if rehearsal.keep else KeptAccount()
    return RehearsalResult(
        assembly=assembly,
        account=account.number,
        regions=regions,
        refusals=refusals,
        clusters=clusters,
        verdicts=verdicts,
        kubernetes=kubernetes,
        executed=executed(
            _deployed_by(source, assembly, applied, kubernetes=binaries is not None),
            binaries.versions if binaries else {},
            kubernetes,
        ),
        computed=computed(kubernetes),
        commands=tried,
        stages=bench.stages.ended,
        seconds=perf_counter() - start,
        not_checked=not_checked(assembly, placement_group, trusted, source.zones, kubernetes=rehearsal.kubernetes),
        given_assembly=rehearsal.assembly,
        given_template=rehearsal.template,
        environment=kept.environment,
        process_id=kept.process_id,
        kubeconfigs=kept.kubeconfigs,
    )


def _deployed_by(
    source: RehearsalInput, assembly: CloudAssembly, applied: steps.AppliedManifests, *, kubernetes: bool
) -> tuple[str, ...]:
    """The programs that deployed, for people."""
    count = assembly.kubernetes_manifest_count
    handler = f"CDK's kubectl handler with its kubectl: {count} custom resources of manifests"
    return tuple(filter(None, (source.deployed_by, handler if count and kubernetes else None, applied.by)))
