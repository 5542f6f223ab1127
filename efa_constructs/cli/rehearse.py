"""``efa rehearse``: deploys the app, or any cloud assembly, onto an emulated AWS account on this machine."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InvalidArgumentError
from ..rehearsal.app_keys import CLUSTER_FACTS
from .output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

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
    cluster_facts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Put the existing cluster of this file into the account first.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the account running, and say how to reach it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Deploy the app of this folder with the real CDK CLI onto an emulated AWS account, and judge the EFA fabric.

    Example: efa rehearse -c efa:instanceType=p5.48xlarge

    Exit code 0: everything was deployed and EFA passes between all nodes of each EFA node group. 1: the account refused
    the deployment, or EFA would not pass, or no node group has EFA. 2: bad input, or a program is missing.
    """
    values = _context(context or [])
    if assembly is not None and values:
        raise InvalidArgumentError(
            "'--context' is for synthesis, and '--assembly' is synthesized already: leave one out"
        )
    if cluster_facts is not None and assembly is None:
        values.setdefault(CLUSTER_FACTS, str(cluster_facts.absolute()))
    # What ends a shell job, a CI step or a terminal ends the rehearsal as cleanly as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Ignored before: nohup wants it to go on.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    result = _run(values, assembly, cluster_facts, keep)
    if as_json:
        from ..rehearsal.result import to_json

        print_json(to_json(result))
    else:
        from .rehearsal_report import print_report

        print_report(result)
    return 0 if result.passes else 1


def _context(pairs: Sequence[str]) -> dict[str, str]:
    values = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise InvalidArgumentError(f"'--context' takes KEY=VALUE, got '{pair}'")
        values[key] = value
    return values


def _run(context: dict[str, str], assembly: Path | None, cluster_facts: Path | None, keep: bool) -> RehearsalResult:
    # Imported here: boto3 takes longer than 'efa instances' may.
    from ..rehearsal.rehearse import Rehearsal
    from ..rehearsal.rehearse import rehearse as run
    from .progress import shown_progress

    rehearsal = Rehearsal(
        directory=Path.cwd(), context=context, assembly=assembly, cluster_facts=cluster_facts, keep=keep
    )
    with shown_progress() as progress:
        return run(rehearsal, progress)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A terminal that closes may signal twice, and what cleans up must not be interrupted.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
