"""``efa verify``: whether EFA carried what a run of nccl-tests measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InvalidArgumentError, InvalidLogError
from .output import error, note, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..verify.verified import VerifiedLog

__all__ = ["verify"]

_STANDARD_INPUT = "-"


def verify(
    log: Annotated[
        str, typer.Argument(metavar="LOG", help="File with what the run printed, or its JSON; - is standard input.")
    ],
    instance_type: Annotated[
        str | None, typer.Option(help="Of the nodes, such as p5.48xlarge. Default: what the log says.")
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Set the runs of another log beside these; - is standard input.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw bandwidth over size: FILE.png, FILE.svg or FILE.html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Say whether EFA and GPUDirect RDMA carried what nccl-tests measured, from the log of the run, and prove it.

    Example: kubectl logs job/nccl-tests-launcher | efa verify -

    Exit code 0: EFA carried it, with GPUDirect RDMA where the type has it, to its end, and no value is wrong. 1: it is
    not so, or the log does not prove it. 2: the log has no run of nccl-tests, or cannot be read.
    """
    _check(log, compare, plot)
    verified = _verify(log, instance_type)
    other = None if compare is None else _other(compare)
    if as_json:
        print_json(_document(verified, other))
    elif verified.runs:
        from .verify_report import print_verified

        print_verified(verified, other)
    if not verified.runs:
        why = ", and ".join(reason.statement for reason in verified.reasons)
        error(f"{verified.verdict}: {why}; {'; '.join(verified.advice)}")
        return 2
    if plot is not None:
        _draw(plot, [(log, verified)] if other is None or compare is None else [(log, verified), (compare, other)])
    return 0 if verified.passes else 1


def _check(log: str, compare: str | None, plot: Path | None) -> None:
    """Refuse what would fail only after a long log was read."""
    if log == compare == _STANDARD_INPUT:
        raise InvalidArgumentError("LOG and '--compare' are both '-', the standard input: name a file for one of them")
    if plot is not None:
        from ..verify.plot import check_plot_file

        check_plot_file(plot)


def _other(compare: str) -> VerifiedLog:
    other = _verify(compare, None)
    if not other.runs:
        raise InvalidLogError(f"the log '{compare}' of '--compare' has no run of nccl-tests: name another one")
    return other


def _document(verified: VerifiedLog, other: VerifiedLog | None) -> dict[str, Any]:
    from ..verify import comparison
    from ..verify.verified_json import to_json

    document = to_json(verified)
    if other is not None:
        document["comparisons"] = [comparison.to_json(one) for one in comparison.compare_logs(verified, other)]
    return document


def _draw(file: Path, logs: Iterable[tuple[str, VerifiedLog]]) -> None:
    from ..verify.plot import plotted_runs, write_plot

    names = {_STANDARD_INPUT: "standard input"}
    write_plot(file, [run for log, verified in logs for run in plotted_runs(verified, names.get(log, Path(log).name))])
    note(f"The plot: {file}")


def _verify(log: str, instance_type: str | None) -> VerifiedLog:
    from ..verify.log_lines import lines_of
    from ..verify.verified import verify_log

    if log == _STANDARD_INPUT:
        return verify_log(lines_of(sys.stdin.buffer), instance_type=instance_type)
    try:
        with Path(log).open("rb") as stream:
            return verify_log(lines_of(stream), instance_type=instance_type)
    except OSError as failure:
        raise InvalidLogError(f"the log '{log}' cannot be read: {failure.strerror}") from failure
