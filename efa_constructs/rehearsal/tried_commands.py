"""The commands for a cluster on AWS, run on a rehearsal's account and control plane as a person would run them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import app_keys
from ..cluster.diagnosis.device_plugin_causes import DEVICE_PLUGIN_MISSING
from ..cluster.finding import Finding, Level
from ..cluster.snapshot import ClusterSnapshot, KubernetesObject, condition
from ..cluster.verdict import NodeGroupVerdict
from ..lookups.deployed import DeployedCluster, DeployedNodeGroup
from .programs import Programs, machine_environment
from .result.fabric_causes import EFA_DOES_NOT_PASS
from .result.rehearsed_cluster import RehearsedCluster
from .result.tried_command import TriedCommand

__all__ = ["CommandTrials"]

# Of each cluster. They are there to be seen, and every one of a hundred jobs would say the same.
_MOST_JOBS = 2
# A program of nccl-tests, in the command of a launcher.
_NCCL_TESTS = re.compile(r"\b\w+_perf\b")
# Rows of efa preflight about what the emulated account has, and the real one has otherwise.
_OF_THIS_ACCOUNT = frozenset({"reservation-state", "vcpu-quota"})
# Exit codes of the command.
_YES, _NO = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """How a command ended."""

    exit_code: int
    # None: it printed none, and said why on standard error.
    document: Mapping[str, Any] | None
    error: str


class CommandTrials:
    """Runs the commands. Each is a stage of the rehearsal."""

    def __init__(
        self,
        programs: Programs,
        environment: Mapping[str, str],
        work: Path,
        stages: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        """
        :param environment: Reaches the account. Of this machine's, only what programs need to start is added.
        :param work: Folder for what they write.
        :param stages: Tells of a stage while its context is entered.
        """
        self._programs = programs
        self._environment = {
            **machine_environment(),
            # There is none: this machine's own leads to other clusters.
            "KUBECONFIG": str(work / "no-kubeconfig"),
            **environment,
        }
        self._work = work
        self._stages = stages

    def preflight(self, context: Mapping[str, Any], facts_file: Path | None, region: str) -> TriedCommand | None:
        """Ask before anything is deployed. None: it is not our app, and nobody says what it will deploy.

        :param context: Of the app. An assembly and a template have none.
        """
        if app_keys.INSTANCE_TYPE not in context:
            return None
        facts = {app_keys.CLUSTER_FACTS: str(facts_file.absolute())} if facts_file is not None else {}
        folder = self._work / "configuration"
        folder.mkdir(exist_ok=True)
        (folder / "cdk.json").write_text(json.dumps({"context": {**context, **facts}}), encoding="utf-8")
        answer = self._run("preflight", "--region", region, "--app-folder", str(folder))
        return TriedCommand(
            command=f"efa preflight --region {region}",
            answer=_preflight_in_words(answer),
            as_expected=answer.exit_code == _YES or _fails_for_this_account(answer),
        )

    def after(
        self,
        cluster: DeployedCluster,
        region: str,
        verdicts: Iterable[NodeGroupVerdict],
        rehearsed: RehearsedCluster | None,
        kubeconfig: Path | None,
    ) -> tuple[TriedCommand, ...]:
        """Ask about a cluster that was deployed.

        :param verdicts: Of its node groups.
        :param rehearsed: What is known of what ran on it. None: it has no control plane.
        """
        of_aws = [finding for verdict in verdicts for finding in verdict.findings]
        findings = [*of_aws, *(rehearsed.findings if rehearsed else ())]
        nodes = len(rehearsed.ended.nodes) if rehearsed else None
        with ThreadPoolExecutor() as pool:
            trials = [
                *(
                    pool.submit(self._lookup, cluster.name, region, group)
                    for group in [one for one in cluster.node_groups if one.template_node.efa_interfaces][:1]
                ),
                pool.submit(self._status, cluster.name, region, findings, nodes, kubeconfig),
            ]
            if rehearsed is not None and kubeconfig is not None:
                jobs = _started_jobs(rehearsed.ended)[:_MOST_JOBS]
                trials += [pool.submit(self._verify, job, kubeconfig) for job in jobs]
            return tuple(trial.result() for trial in trials)

    def _lookup(self, cluster: str, region: str, group: DeployedNodeGroup) -> TriedCommand:
        arguments = ["--cluster", cluster, "--region", region, "--instance-type", group.instance_type]
        if len(group.availability_zones) == 1:
            arguments += ["--zone", group.availability_zones[0]]
        # One more: those that are there have their addresses.
        answer = self._run("lookup", *arguments, "--nodes", "1")
        document = answer.document or {}
        proposed = document.get("nodeSubnetId")
        candidates = {subnet["id"] for subnet in document.get("subnets") or () if subnet["canBeTaken"]}
        words = f"proposes {proposed}" if proposed else "; ".join(document.get("problems", ())) or answer.error
        if proposed in group.subnet_ids:
            words += f", where the nodes of {group.name} are"
        return TriedCommand(
            command=f"efa lookup {' '.join(arguments)}",
            answer=words,
            # Where several could take nodes, it leaves the choice to their owner.
            as_expected=candidates >= set(group.subnet_ids) and proposed in (None, *group.subnet_ids),
        )

    def _status(
        self, cluster: str, region: str, findings: Sequence[Finding], nodes: int | None, kubeconfig: Path | None
    ) -> TriedCommand:
        """
        :param findings: What the rehearsal found.
        :param nodes: How many nodes the cluster has. None: it has no control plane.
        """
        arguments = ["--cluster", cluster, "--region", region]
        reached = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
        answer = self._run("status", *arguments, *reached)
        found = (answer.document or {}).get("nodes")
        faults = [finding for finding in findings if finding.level is not Level.WARNING]
        # What carries the traffic of a job is computed here, and no API tells it.
        # Of devices that nothing offers yet, a rehearsal of nodes alone only warns.
        idle = any(finding.code == DEVICE_PLUGIN_MISSING for finding in findings)
        expected = [_NO] if faults or idle else [_YES]
        if faults and all(finding.code == EFA_DOES_NOT_PASS for finding in faults):
            expected = [_YES, _NO]
        return TriedCommand(
            command=f"efa status {' '.join(arguments)}",
            answer=_status_in_words(answer),
            as_expected=answer.exit_code in expected and nodes == (None if found is None else len(found)),
        )

    def _verify(self, job: KubernetesObject, kubeconfig: Path) -> TriedCommand:
        arguments = ["--job", job["metadata"]["name"], "-n", job["metadata"]["namespace"]]
        answer = self._run("verify", *arguments, "--kubeconfig", str(kubeconfig))
        verdict = (answer.document or {}).get("verdict")
        # Nothing was measured here, so no other verdict can be true.
        expected = verdict == ("unproven" if _NCCL_TESTS.search(json.dumps(job["spec"])) else "not-nccl-tests")
        return TriedCommand(
            command=f"efa verify {' '.join(arguments)}",
            answer=f"{verdict}, for nothing was measured here" if expected else verdict or answer.error,
            as_expected=expected,
        )

    def _run(self, command: str, *arguments: str) -> _Answer:
        """Run a command for its JSON document."""
        errors = self._work / f"efa-{command}.log"
        with self._stages(f"efa {command}"):
            result = self._programs.run(
                [sys.executable, "-P", "-m", "efa_constructs.cli", command, *arguments, "--json"],
                environment=self._environment,
                directory=self._work,
                log=self._work / "commands.log",
                errors=errors,
            )
        document = None
        with suppress(ValueError):
            document = json.loads("\n".join(result.lines))
        return _Answer(
            exit_code=result.returncode,
            document=document,
            # Notes may come before it.
            error=errors.read_text(encoding="utf-8", errors="replace").strip().rpartition("error: ")[2],
        )


def _preflight_in_words(answer: _Answer) -> str:
    if answer.document is None:
        return answer.error
    counts = [(answer.document[key], word) for key, word in _COUNTS]
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    failed = [f"{id}: {reason}" for id, reason in _failed_rows(answer).items()]
    ours = ["but that is of the emulated account, and yours has its own"] if _fails_for_this_account(answer) else []
    return "; ".join([said, *failed, *ours])


def _fails_for_this_account(answer: _Answer) -> bool:
    """Whether a preflight fails for nothing but what the real account has otherwise."""
    failed = _failed_rows(answer).keys()
    return bool(failed) and failed <= _OF_THIS_ACCOUNT


def _failed_rows(answer: _Answer) -> dict[str, str]:
    """The reasons by the ids of the rows."""
    rows = answer.document["rows"] if answer.document else ()
    return {row["id"]: row["reason"] for row in rows if row["status"] == "fail"}


_COUNTS = (("passed", "pass"), ("warned", "warn"), ("failed", "fail"), ("notChecked", "not checked"))


def _status_in_words(answer: _Answer) -> str:
    document = answer.document
    if document is None:
        return answer.error
    wrong = [finding["problem"] for finding in document["findings"] if finding["level"] != "warning"]
    if wrong:
        return "; ".join(wrong)
    if document["nodes"] is None:
        return "nothing is wrong with what AWS tells"
    ready = sum(node["ready"] for node in document["nodes"])
    return f"nothing is wrong, {ready} node{'s' * (ready != 1)} ready"


def _started_jobs(snapshot: ClusterSnapshot) -> list[KubernetesObject]:
    """The MPIJobs whose launchers ran."""
    return [
        job
        for job in snapshot.mpi_jobs or ()
        if any(condition(job, kind) for kind in ("Running", "Succeeded", "Failed"))
    ]
