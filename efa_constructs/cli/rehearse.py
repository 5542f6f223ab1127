"""``efa rehearse``: deploys an app onto an emulated AWS account on this machine, and starts its jobs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..app_keys import CLUSTER_FACTS
from ..errors import InvalidArgumentError
from .output import error, note, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from ..rehearsal.kept import StoppedRehearsal
    from ..rehearsal.rehearse import Rehearsal
    from ..rehearsal.result import RehearsalResult

__all__ = ["rehearse"]


def rehearse(
    context: Annotated[
        list[str] | None,
        typer.Option("--context", "-c", metavar="KEY=VALUE", help="Context of the app, as cdk has it."),
    ] = None,
    assembly: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Deploy this cloud assembly, of any CDK app, and synthesize none."),
    ] = None,
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Deploy this CloudFormation template, without the CDK.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Parameter of the template of --template.")
    ] = None,
    manifests: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Apply this folder's Kubernetes manifests to the cluster that was deployed."),
    ] = None,
    cluster_facts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Put the existing cluster of this file into the account first.")
    ] = None,
    without_kubernetes: Annotated[
        bool, typer.Option("--without-kubernetes", help="The AWS half alone: no manifest is applied, no job starts.")
    ] = False,
    kubernetes_binaries: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Programs of the control plane. Default: found, else built once.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave account and control plane running, and say how to reach them.")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop every rehearsal that was kept, and do nothing else.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with a picture of nodes and pods, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Deploy the app of this folder with the real CDK CLI onto an emulated AWS account, and run its jobs on a cluster.

    The cluster's control plane is a real one, on this machine. Its nodes, and what runs on them, are not.

    Example: efa rehearse -c efa:instanceType=p5.48xlarge

    Exit code 0: everything was deployed, EFA passes between all nodes of each EFA node group, and what runs on the
    cluster is as it should be. 1: something of that is not so; the report says what. 2: bad input, or a program is
    missing.
    """
    if stop:
        return _stop(as_json)
    from ..rehearsal.rehearse import Rehearsal

    rehearsal = Rehearsal(
        directory=Path.cwd(),
        context=_pairs("--context", context),
        assembly=assembly,
        template=template,
        parameters=_pairs("--parameter", parameter),
        manifests=manifests,
        cluster_facts=cluster_facts,
        kubernetes=not without_kubernetes,
        kubernetes_binaries=kubernetes_binaries,
        keep=keep,
    )
    _check(rehearsal, report)
    # What ends a shell job, a CI step or a terminal ends the rehearsal as cleanly as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Ignored before: nohup wants it to go on.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    result = _run(_with_facts(rehearsal))
    _print(result, as_json)
    if report is not None:
        _write_page(result, report)
    return 0 if result.passes else 1


def _pairs(option: str, pairs: Sequence[str] | None) -> Mapping[str, str]:
    values = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise InvalidArgumentError(f"'{option}' takes KEY=VALUE, got '{pair}'")
        values[key] = value
    return values


def _check(rehearsal: Rehearsal, report: Path | None) -> None:
    """Refuse options that do not go together."""
    if rehearsal.assembly is not None and rehearsal.template is not None:
        raise InvalidArgumentError("'--assembly' and '--template' are both what is deployed: leave one out")
    for option, given in (("--assembly", rehearsal.assembly), ("--template", rehearsal.template)):
        if given is not None and rehearsal.context:
            raise InvalidArgumentError(
                f"'--context' is for synthesis, and '{option}' is synthesized already: leave one out"
            )
    if rehearsal.parameters and rehearsal.template is None:
        raise InvalidArgumentError("'--parameter' is for the template of '--template', which is not given")
    if not rehearsal.kubernetes and (rehearsal.manifests or rehearsal.kubernetes_binaries):
        option = "--manifests" if rehearsal.manifests else "--kubernetes-binaries"
        raise InvalidArgumentError(f"'{option}' needs a control plane: leave '--without-kubernetes' out")
    if report is not None and not report.absolute().parent.is_dir():
        raise InvalidArgumentError(f"the folder of '--report' '{report}' does not exist: make it first")


def _with_facts(rehearsal: Rehearsal) -> Rehearsal:
    """The app is told of the existing cluster that is put into the account."""
    from dataclasses import replace

    if rehearsal.cluster_facts is None or rehearsal.assembly is not None or rehearsal.template is not None:
        return rehearsal
    return replace(rehearsal, context={CLUSTER_FACTS: str(rehearsal.cluster_facts.absolute()), **rehearsal.context})


def _run(rehearsal: Rehearsal) -> RehearsalResult:
    from ..rehearsal.rehearse import rehearse as run
    from .progress import shown_progress

    with shown_progress() as progress:
        return run(rehearsal, progress)


def _print(result: RehearsalResult, as_json: bool) -> None:
    if as_json:
        from ..rehearsal.result import to_json

        print_json(to_json(result))
    else:
        from .rehearsal_text import print_report

        print_report(result)


def _write_page(result: RehearsalResult, file: Path) -> None:
    from ..rehearsal.report_page import report_page

    try:
        file.write_text(report_page(result), encoding="utf-8")
    except OSError as failure:
        # The rehearsal itself went well: its exit code stays.
        error(f"cannot write '{file}' of '--report': {failure.strerror}")
    else:
        note(f"The report with the picture: {file}")


def _stop(as_json: bool) -> int:
    from ..rehearsal.kept import stop_kept

    stopped = stop_kept()
    if as_json:
        print_json({"stopped": [_stopped_to_json(one) for one in stopped]})
        return 0
    for one in stopped:
        print(_stopped_in_words(one))
    if not stopped:
        print("No rehearsal was kept running.")
    return 0


def _stopped_in_words(one: StoppedRehearsal) -> str:
    what = f"the account {one.account} (process {one.process_id})"
    left = f", and {one.leftover_processes} processes of its control plane" if one.leftover_processes else ""
    if one.was_running:
        return f"Stopped {what}{left}."
    return f"Removed what was left of {what}, which had ended{left}."


def _stopped_to_json(one: StoppedRehearsal) -> dict[str, object]:
    return {
        "account": one.account,
        "processId": one.process_id,
        "wasRunning": one.was_running,
        "leftoverProcesses": one.leftover_processes,
    }


def _end(number: int, frame: FrameType | None) -> None:
    # A terminal that closes may signal twice, and what cleans up must not be interrupted.
    signal.signal(number, signal.SIG_IGN)
    # As a shell has it of a program that a signal ends, and of every other command of ours.
    sys.exit(128 + number)
