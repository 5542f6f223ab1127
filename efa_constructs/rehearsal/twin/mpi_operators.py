"""Runs the MPI Operator where its pod would: with the arguments of the pod, and its service account's rights."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...cluster.kubernetes_api import KubernetesApi
from ..control_plane.control_plane import ControlPlane
from .outcomes import Outcome, Verdict

__all__ = ["MpiOperators", "operator_program"]

# As a kubelet waits before it starts a container again, but from a second on: nobody wants to wait for ten.
_FIRST_BACKOFF_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 10.0
# What has crashed is ready again once it has run for as long: the initial delay of the operator's readiness probe.
_STEADY_SECONDS = 5.0
_TOKEN_SECONDS = 24 * 3600
# What an operator that was built here reads, instead of listening on every address of the machine.
_HEALTH_ADDRESS_VARIABLE = "MPI_OPERATOR_HEALTH_ADDRESS"


@dataclass(kw_only=True)
class _Run:
    """The program of one pod."""

    program: str
    restarts: int = 0
    # When it may start again, by time.monotonic().
    not_before: float = 0.0
    started: float = 0.0
    running: bool = False
    # What it wrote before it ended.
    last_words: str = ""


def operator_program(pod_name: str) -> str:
    """The name of the program that runs for a pod."""
    return f"mpi-operator-{pod_name}"


class MpiOperators:
    """The operators of a cluster: one for each of their pods that has a node."""

    def __init__(self, control_plane: ControlPlane, operator: Path, api: KubernetesApi) -> None:
        """
        :param operator: The program.
        """
        self._control_plane = control_plane
        self._operator = operator
        self._api = api
        # By the pod's uid.
        self._runs: dict[str, _Run] = {}

    async def reconcile(self, pods: list[dict[str, Any]]) -> dict[str, Verdict]:
        """Start, restart and end programs so that these pods have one each. Return what becomes of each, by uid."""
        wanted = {pod["metadata"]["uid"]: pod for pod in pods}
        for uid in set(self._runs) - set(wanted):
            # It may take seconds to end.
            await asyncio.to_thread(self._control_plane.processes.end, self._runs.pop(uid).program)
        return {uid: await self._keep_running(uid, pod) for uid, pod in wanted.items()}

    async def _keep_running(self, uid: str, pod: dict[str, Any]) -> Verdict:
        run = self._runs.setdefault(uid, _Run(program=operator_program(pod["metadata"]["name"])))
        processes = self._control_plane.processes
        if run.running and processes.has_ended(run.program):
            run.last_words = processes.last_words(run.program)
            processes.end(run.program)
            run.running = False
            wait = min(_FIRST_BACKOFF_SECONDS * 2**run.restarts, _LONGEST_BACKOFF_SECONDS)
            run.restarts += 1
            run.not_before = time.monotonic() + wait
        if not run.running and time.monotonic() >= run.not_before:
            await self._start(run, pod)
            run.started = time.monotonic()
        if run.restarts and (not run.running or time.monotonic() - run.started < _STEADY_SECONDS):
            return Verdict(outcome=Outcome.CRASH_LOOP, message=run.last_words)
        return Verdict(outcome=Outcome.RUN)

    async def _start(self, run: _Run, pod: dict[str, Any]) -> None:
        namespace, account = pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName", "default")
        answer = await self._api.create(
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"expirationSeconds": _TOKEN_SECONDS},
            },
        )
        kubeconfig = self._control_plane.kubeconfig_with_token(run.program, answer["status"]["token"])
        container = pod["spec"]["containers"][0]
        self._control_plane.processes.start(
            run.program,
            [self._operator, *container.get("args", ()), f"-kubeConfig={kubeconfig}"],
            environment={
                **{variable["name"]: variable.get("value", "") for variable in container.get("env") or ()},
                # Any port of this machine: several operators may run on it.
                _HEALTH_ADDRESS_VARIABLE: "127.0.0.1:0",
            },
        )
        run.running = True
