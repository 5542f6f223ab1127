"""``efa counters``: what the EFA devices of a job's nodes have counted so far."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InvalidArgumentError
from .extras import check_cluster_extra
from .output import note, print_json

if TYPE_CHECKING:
    from ..cluster.mpi_jobs import JobQuestion
    from ..verify.counter_readings import CounterReading

__all__ = ["counters"]


def counters(
    job: Annotated[str, typer.Option(metavar="NAME", help="MPIJob whose workers run.")],
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Of the job. Default: that of the kubeconfig's context.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the reading there, for efa verify.")
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: the files of KUBECONFIG, or ~/.kube/config.")
    ] = None,
    context: Annotated[str | None, typer.Option(help="Context of the kubeconfig. Default: the current one.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the workers to run, half an hour at most.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Read the hardware counters of the EFA devices, by one command in each worker of a job that only reads.

    Twice, before and after a run, they tell what EFA carried: efa verify LOG --counters BEFORE AFTER

    Example: efa counters --job nccl-tests --wait -o before.json

    Exit code 0: they were read. 1: no worker has an EFA device. 2: bad input, or a worker could not be asked.
    """
    check_cluster_extra("efa counters")
    from ..cluster.mpi_jobs import JobQuestion

    if output is not None and not output.absolute().parent.is_dir():
        raise InvalidArgumentError(f"the folder of '--output' '{output}' does not exist: make it first")
    reading = _read(JobQuestion(name=job, namespace=namespace, kubeconfig=kubeconfig, context=context), wait=wait)
    if output is not None:
        _write(reading, output)
    if as_json:
        print_json(reading.to_json())
    else:
        _print(reading)
    return 0 if any(reading.nodes.values()) else 1


def _read(question: JobQuestion, *, wait: bool) -> CounterReading:
    from ..cluster.worker_commands import run_in_workers
    from ..verify.counter_readings import CounterReading
    from ..verify.efa_counters import READ_COUNTERS, parse_counters

    done = run_in_workers(question, READ_COUNTERS, wait=wait)
    return CounterReading(
        job=f"{done[0].namespace}/{question.name}",
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        # Two workers of one node see the same devices.
        nodes={one.node: parse_counters(one.text) for one in done},
    )


def _write(reading: CounterReading, file: Path) -> None:
    try:
        file.write_text(json.dumps(reading.to_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidArgumentError(f"cannot write '{file}' of '--output': {error.strerror}") from None
    note(f"The counters of {len(reading.nodes)} nodes: {file}")


def _print(reading: CounterReading) -> None:
    from ..verify.efa_counters import traffic_between
    from ..verify.in_words import bytes_in_words

    for node, devices in sorted(reading.nodes.items()):
        # Since the drivers were loaded.
        traffic = traffic_between(node, {}, devices)
        if devices:
            print(
                f"{node}: {len(devices)} EFA devices, {bytes_in_words(traffic.sent_bytes)} sent and "
                f"{bytes_in_words(traffic.received_bytes)} received since their driver was loaded"
            )
        else:
            print(f"{node}: no EFA device is to be seen in the worker")
