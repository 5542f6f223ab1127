"""What the logs of containers have that do not run: that they do not, and what is computed of them.

The MPI Operator's is real: the program runs on this machine.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...pods.known_programs import KnownProgram, is_launcher, known_program
from .kubelet_api import ContainerLog, NoLogError
from .launcher import Transport
from .nccl_tests_header import nccl_tests_header
from .outcomes import FABRIC_ANNOTATION, Outcome, verdict_of

__all__ = ["container_log"]

_MARK = "rehearsal:"
_TRANSPORTS = {
    Transport.EFA: "EFA would carry the traffic between every two of the nodes",
    Transport.TCP_INSTEAD: "TCP would carry the traffic, although the workers ask for EFAs",
    Transport.TCP: "TCP would carry the traffic: the workers ask for no EFA",
    Transport.SINGLE_NODE: "all workers are on one node: nothing would cross the network",
}


def container_log(
    pod: Mapping[str, Any] | None, container: str, *, previous: bool, operator_log: Callable[[str], Path]
) -> ContainerLog:
    """The log of a container.

    :param pod: As it is now. None: there is none of that name.
    :param previous: Whether the container before it is meant, which ended.
    :param operator_log: The file with the log of an MPI Operator, by the name of its pod.
    :raises NoLogError: there is no such container, or it was not started.
    """
    if pod is None:
        raise NoLogError("the pod is not on this node")
    status = next(
        (one for one in pod["status"].get("containerStatuses") or () if one["name"] == container),
        None,
    )
    if status is None:
        raise NoLogError(f'container "{container}" in pod "{pod["metadata"]["name"]}" is not available')
    state: Mapping[str, Any] = status.get("state") or {}
    if previous and not status.get("lastState"):
        raise NoLogError(f'previous terminated container "{container}" in pod "{pod["metadata"]["name"]}" not found')
    waiting = (state.get("waiting") or {}).get("reason")
    if waiting == "ContainerCreating":
        raise NoLogError(f'container "{container}" in pod "{pod["metadata"]["name"]}" is waiting to start: {waiting}')
    if known_program(dict(pod)) is KnownProgram.MPI_OPERATOR:
        file = operator_log(pod["metadata"]["name"])
        lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    else:
        lines = list(_lines(pod, container))
    return ContainerLog(lines, goes_on="running" in state)


def _lines(pod: Mapping[str, Any], container: str) -> Iterator[str]:
    yield f"{_MARK} no container runs on this node, and nothing was measured"
    if is_launcher(dict(pod)):
        yield from _launcher(pod, container)
    told = verdict_of(dict(pod))
    if told is not None and told.outcome in (Outcome.FAIL, Outcome.CRASH_LOOP) and told.message:
        yield told.message


def _launcher(pod: Mapping[str, Any], container: str) -> Iterator[str]:
    command = _command(pod, container)
    if command:
        yield f"{_MARK} not run: {shlex.join(command)}"
    fabric = (pod["metadata"].get("annotations") or {}).get(FABRIC_ANNOTATION)
    if fabric is None:
        return
    transport = json.loads(fabric)["transport"]
    yield f"{_MARK} computed: {_TRANSPORTS.get(transport, transport)}"
    header = nccl_tests_header(command)
    if header:
        yield f"{_MARK} computed from the arguments, and without any row, is how nccl-tests would begin:"
        yield from header


def _command(pod: Mapping[str, Any], container: str) -> list[str]:
    for one in pod["spec"]["containers"]:
        if one["name"] == container:
            return [str(word) for word in (*(one.get("command") or ()), *(one.get("args") or ()))]
    return []
