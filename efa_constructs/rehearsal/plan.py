"""What to rehearse, and what is known of it before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import app_keys
from ..lookups.cluster_facts import ClusterFacts, read_cluster_facts
from .inputs.app import ProjectApp
from .inputs.assembly import GivenAssembly
from .inputs.environment import Environment
from .inputs.rehearsal_input import RehearsalInput
from .inputs.scope import check_scope
from .inputs.template import GivenTemplate
from .manifests.files import ManifestObject, read_manifests
from .workbench import Workbench

__all__ = ["Plan", "Rehearsal", "make_plan"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was read of it."""

    source: RehearsalInput
    manifests: Sequence[ManifestObject]
    # Of the cluster that is put into the account, and their file. None: there is none.
    facts: ClusterFacts | None
    facts_file: Path | None
    expected: Environment


def make_plan(rehearsal: Rehearsal, workbench: Workbench) -> Plan:
    """Read all that is given, and refuse what cannot be rehearsed before anything takes time.

    :raises InvalidArgumentError: the assembly, the template, the manifests or the facts cannot be rehearsed.
    :raises InvalidConfigurationError: the project has no app, or the facts file is wrong.
    :raises RehearsalError: a program is missing.
    """
    source = _source(rehearsal, workbench)
    manifests = read_manifests(rehearsal.manifests) if rehearsal.manifests else ()
    facts_file, facts = _facts(rehearsal, source)
    expected = source.expected_environment(facts)
    if source.given is not None:
        check_scope(source.given, facts)
    return Plan(source=source, manifests=manifests, facts=facts, facts_file=facts_file, expected=expected)


def _source(rehearsal: Rehearsal, workbench: Workbench) -> RehearsalInput:
    if rehearsal.template is not None:
        return GivenTemplate(rehearsal.template, rehearsal.parameters)
    if rehearsal.assembly is not None:
        return GivenAssembly(workbench, rehearsal.directory, rehearsal.assembly)
    return ProjectApp(workbench, rehearsal.directory, rehearsal.context)


def _facts(rehearsal: Rehearsal, source: RehearsalInput) -> tuple[Path, ClusterFacts] | tuple[None, None]:
    if rehearsal.cluster_facts is not None:
        return rehearsal.cluster_facts, read_cluster_facts(rehearsal.cluster_facts)
    named = app_keys.text_of(source.context, app_keys.CLUSTER_FACTS)
    if named is None:
        return None, None
    file = rehearsal.directory / named
    with app_keys.errors_naming(app_keys.CLUSTER_FACTS):
        return file, read_cluster_facts(file)
