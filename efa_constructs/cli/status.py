"""``efa status``: how a cluster is, and why its jobs do not run."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InvalidArgumentError, KubernetesRequestError
from .extras import check_cluster_extra
from .output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..cluster.status import ClusterStatus, StatusQuestion

__all__ = ["fitted", "status"]

# Between two looks.
_WATCH_SECONDS = 5.0


def status(
    cluster: Annotated[
        str | None, typer.Option(metavar="NAME", help="EKS cluster. Default: that of the kubeconfig's context.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="AWS Region. Default: as every AWS tool finds it.")] = None,
    profile: Annotated[str | None, typer.Option(help="Profile of the AWS configuration.")] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: the files of KUBECONFIG, or ~/.kube/config.")
    ] = None,
    context: Annotated[str | None, typer.Option(help="Context of the kubeconfig. Default: the current one.")] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Whose jobs. Default: those of all namespaces.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C, and show what has changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Show how a cluster is: node groups, nodes with what they offer, device plugins, the MPI Operator, jobs.

    What is wrong is told with its cause and its fix. It reads, and changes nothing.

    Example: efa status --cluster training --region us-east-1 --watch

    Exit code 0: nothing that could be read is at fault. 1: something is, or '--cluster' or the kubeconfig names what
    could not be asked. 2: bad input, a kubeconfig for another cluster, or neither AWS nor the API server answers.
    """
    if watch and as_json:
        raise InvalidArgumentError("'--watch' goes on, and '--json' prints one document: leave one out")
    check_cluster_extra("efa status")
    from ..cluster.status import StatusQuestion, read_status

    question = StatusQuestion(
        cluster_name=cluster,
        region=region,
        profile=profile,
        kubeconfig=kubeconfig,
        context=context,
        namespace=namespace,
    )
    if watch:
        return _watch(question)
    found = read_status(question)
    if as_json:
        from ..cluster.status_json import status_to_json

        print_json(status_to_json(found))
    else:
        print("\n".join(_report(found)))
    return 0 if found.sound else 1


def _report(found: ClusterStatus, *, findings_first: bool = False) -> list[str]:
    from .status_text import print_status

    out = console()
    with out.capture() as captured:
        print_status(out, found, findings_first=findings_first)
    # rich fills lines with blanks, which wrap in a narrower window.
    return [line.rstrip() for line in captured.get().splitlines()]


def _watch(question: StatusQuestion) -> int:
    from ..cluster.status import read_status

    found = read_status(question)
    # The end of what does not fit is not seen.
    in_place = sys.stdout.isatty()
    lines = _report(found, findings_first=in_place)
    sound = found.sound
    # What ends it is no error.
    with suppress(KeyboardInterrupt), _screen() as show:
        while True:
            show(lines)
            time.sleep(_WATCH_SECONDS)
            try:
                found = read_status(question)
                lines = _report(found, findings_first=in_place)
                sound = found.sound
            except KubernetesRequestError as error:
                # A server that is away for a moment.
                lines = [f"error: {error}"]
                sound = False
    if in_place:
        # Stays when the screen is given back.
        print("\n".join(_report(found)))
    return 0 if sound else 1


@contextmanager
def _screen() -> Iterator[Callable[[list[str]], None]]:
    """What shows the lines of a report: in place on a terminal; elsewhere below the last ones, if they are others."""
    if not sys.stdout.isatty():
        yield _printer()
        return
    from rich.live import Live
    from rich.text import Text

    with Live(console=console(), screen=True, auto_refresh=False) as live:

        def show(lines: list[str]) -> None:
            seen = fitted(lines, live.console.height - 2)
            live.update(Text.from_ansi("\n".join([*seen, "", f"{_now()}, Ctrl-C ends"])), refresh=True)

        yield show


def fitted(lines: list[str], height: int) -> list[str]:
    """The first lines of a report, as many as there is room for, and how many were left out."""
    if len(lines) <= height:
        return lines
    shown = max(height - 1, 0)
    return [*lines[:shown], f"... {len(lines) - shown} more lines: make the window higher, or leave out '--watch'"]


def _printer() -> Callable[[list[str]], None]:
    shown: list[str] = []

    def show(lines: list[str]) -> None:
        if lines != shown:
            shown[:] = lines
            print(_now(), *lines, sep="\n", flush=True)

    return show


def _now() -> str:
    return time.strftime("%H:%M:%S")
