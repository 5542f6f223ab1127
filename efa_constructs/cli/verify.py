"""``efa verify``: whether EFA carried what a run of nccl-tests measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InvalidArgumentError, InvalidLogError
from .log_source import STANDARD_INPUT, LogSource
from .output import error, note, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..verify.counter_readings import CounterReading
    from ..verify.efa_counters import TrafficJudgement
    from ..verify.verified import VerifiedLog

__all__ = ["verify"]


def verify(
    log: Annotated[
        str | None,
        typer.Argument(metavar="[LOG]", help="File with what the run printed, or its JSON; - is standard input."),
    ] = None,
    job: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read what the launcher of this MPIJob printed, and no LOG.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Of --job. Default: that of the kubeconfig's context.")
    ] = None,
    kubeconfig: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="For --job. Default: the files of KUBECONFIG, or ~/.kube/config."),
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="For --job: context of the kubeconfig. Default: the current one.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="With --job: wait for the launcher to end.")] = False,
    workers: Annotated[bool, typer.Option("--workers", help="With --job: read the workers' logs, too.")] = False,
    instance_type: Annotated[
        str | None, typer.Option(help="Of the nodes, such as p5.48xlarge. Default: what the log says.")
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Set the runs of another log beside these; - is standard input.")
    ] = None,
    counters: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="BEFORE AFTER", help="What 'efa counters' wrote before and after the run."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw bandwidth over size: FILE.png, FILE.svg or FILE.html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Say whether EFA and GPUDirect RDMA carried what nccl-tests measured, from the log of the run, and prove it.

    Example: kubectl logs job/nccl-tests-launcher | efa verify -

    Example: efa verify --job nccl-tests -n default

    Exit code 0: EFA carried it, with GPUDirect RDMA where the type has it, to its end, no value is wrong, the nodes are
    of one type, and nccl-tests itself does not call it too slow. 1: it is not so, the log does not prove it, or the
    counters tell otherwise. 2: the log has no run of nccl-tests, or cannot be read.
    """
    source = LogSource(
        log=log,
        job=job,
        namespace=namespace,
        kubeconfig=kubeconfig,
        context=context,
        follow=follow,
        workers=workers,
    )
    _check(source, compare, plot)
    readings = None if counters is None else _readings(*counters)
    verified = _verify(source, instance_type)
    other = None if compare is None else _other(compare)
    traffic = None if readings is None or not verified.runs else _traffic(verified, *readings)
    if as_json:
        print_json(_document(verified, other, traffic))
    elif verified.runs:
        from .verify_text import print_verified

        print_verified(verified, other, traffic)
    if not verified.runs:
        why = ", and ".join(reason.statement for reason in verified.reasons)
        error(f"{verified.verdict}: {why}; {'; '.join(verified.advice)}")
        return 2
    if plot is not None:
        logs = [(source.name, verified)]
        _draw(plot, logs if other is None or compare is None else [*logs, (LogSource(log=compare).name, other)])
    return 0 if verified.passes and not _contradicts(traffic) else 1


def _check(source: LogSource, compare: str | None, plot: Path | None) -> None:
    """Refuse what would fail only after a long log was read."""
    source.check()
    if source.log == compare == STANDARD_INPUT:
        raise InvalidArgumentError("LOG and '--compare' are both '-', the standard input: name a file for one of them")
    if plot is not None:
        from ..verify.plot import check_plot_file

        check_plot_file(plot)


def _other(compare: str) -> VerifiedLog:
    other = _verify(LogSource(log=compare), None)
    if not other.runs:
        raise InvalidLogError(f"the log '{compare}' of '--compare' has no run of nccl-tests: name another one")
    return other


def _document(verified: VerifiedLog, other: VerifiedLog | None, traffic: TrafficJudgement | None) -> dict[str, Any]:
    from ..verify import comparison, efa_counters
    from ..verify.verified_json import to_json

    document = to_json(verified)
    if other is not None:
        document["comparisons"] = [comparison.to_json(one) for one in comparison.compare_logs(verified, other)]
    if traffic is not None:
        document["counters"] = efa_counters.to_json(traffic)
        document["passes"] = document["passes"] and not _contradicts(traffic)
    return document


def _readings(before: Path, after: Path) -> tuple[CounterReading, CounterReading]:
    from ..verify.counter_readings import read_counter_reading

    return read_counter_reading(before), read_counter_reading(after)


def _traffic(verified: VerifiedLog, before: CounterReading, after: CounterReading) -> TrafficJudgement:
    from ..verify.counter_readings import judge_readings

    return judge_readings(verified.runs, before, after)


def _contradicts(traffic: TrafficJudgement | None) -> bool:
    """Whether counters say that EFA carried too little, whatever a log says."""
    from ..verify.efa_counters import CounterVerdict

    return traffic is not None and traffic.verdict in (CounterVerdict.PARTLY, CounterVerdict.UNUSED)


def _draw(file: Path, logs: Iterable[tuple[str, VerifiedLog]]) -> None:
    from ..verify.plot import plotted_runs, write_plot

    write_plot(file, [run for name, verified in logs for run in plotted_runs(verified, name)])
    note(f"The plot: {file}")


def _verify(source: LogSource, instance_type: str | None) -> VerifiedLog:
    from ..verify.log_lines import lines_of
    from ..verify.verified import verify_log

    with source.opened() as log:
        return verify_log(lines_of(log.stream), instance_type=instance_type or log.instance_type)
