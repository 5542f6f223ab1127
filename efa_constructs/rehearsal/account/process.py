"""Runs the emulated account as a child process, and makes sure that it ends."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ...errors import RehearsalError
from ..control_plane.binaries import Binaries
from ..kept import new_record_file
from .__main__ import KEEP
from .endpoint import CLUSTERS_PATH, TRUST_PATH, environment

__all__ = ["AccountProcess", "ClusterFiles"]

_START_SECONDS = 60.0
# It ends control planes, and removes their files.
_STOP_SECONDS = 20.0
_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.02
# How much of what the account wrote to standard error belongs into an error message.
_TAIL_LINES = 5
# And how much of a line that makes no sense.
_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFiles:
    """Where the files of a cluster's control plane are."""

    name: str
    region: str
    # Of a user who may do everything.
    kubeconfig: Path
    # A folder with a log of each program.
    logs: Path


class AccountProcess:
    """An emulated AWS account, running while this is entered.

    It ends with the process that started it, however that one ends, unless it is :meth:`released <release>`.
    """

    def __init__(
        self,
        *,
        account: str = "123456789012",
        region: str = "us-east-1",
        cluster_facts: Path | None = None,
        kubernetes: Binaries | None = None,
        port: int = 0,
    ) -> None:
        """
        :param account: Account number. Default: the one that AWS uses in examples.
        :param region: Region of :attr:`environment`; the account has every Region. Default: ``"us-east-1"``.
        :param cluster_facts: A facts file, whose cluster and network are put into the account. Default: it is empty.
        :param kubernetes: Programs of the control planes of its EKS clusters. Default: clusters have none.
        :param port: Port on 127.0.0.1. Default: a free one.
        """
        self.account = account
        self.region = region
        self._arguments = ["--account", account, "--port", str(port)]
        if cluster_facts is not None:
            self._arguments += ["--cluster-facts", str(cluster_facts)]
        if kubernetes is not None:
            self._arguments += ["--kubernetes-binaries", kubernetes.to_json()]
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None
        self._port, self._token = 0, ""

    def __enter__(self) -> AccountProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where every service of the account answers. By address: it makes clients write S3's bucket into the path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def process_id(self) -> int:
        """The child's process id."""
        return self._running.pid

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables with which AWS clients reach the account, and cannot reach any other."""
        return {
            **environment(self.account, self.url, self._token),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def start(self) -> None:
        """Start the account, and return when it answers.

        :raises RehearsalError: It did not start.
        """
        # A file, not a pipe: nobody would empty a pipe, and a full one would stop the account.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - stop() closes it
        self._process = subprocess.Popen(
            # -P: no module of the folder that the rehearsal was started in.
            [sys.executable, "-P", "-m", __package__, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=self._child_environment(),
            # Ctrl-C is for whoever started the account, and that one stops it when it is done with it.
            start_new_session=True,
        )
        try:
            self._port, self._token = _port_and_token(self._first_line())
        except BaseException:
            self.stop()
            raise

    def taken_on_trust(self) -> tuple[str, ...]:
        """What the account accepted although it could not check it.

        :raises RehearsalError: It does not answer, or something else does in its place.
        """
        return tuple(self._ask(TRUST_PATH, "what it took on trust"))

    def clusters(self) -> list[ClusterFiles]:
        """The EKS clusters that have a control plane.

        :raises RehearsalError: It does not answer, or something else does in its place; or what stands in for a
            cluster's nodes has ended.
        """
        entries = self._ask(CLUSTERS_PATH, "which clusters it has")
        for entry in entries:
            if entry["fault"] is not None:
                raise RehearsalError(f"nothing stands in for the nodes of cluster '{entry['name']}': {entry['fault']}")
        return [
            ClusterFiles(
                name=entry["name"],
                region=entry["region"],
                kubeconfig=Path(entry["kubeconfig"]),
                logs=Path(entry["logs"]),
            )
            for entry in entries
        ]

    def _ask(self, path: str, what: str) -> Any:
        # Not urllib: it would ask a proxy of this machine's settings.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", path, headers={"X-Amz-Security-Token": self._token})
            return json.load(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RehearsalError(
                f"the emulated account at {self.url} does not say {what}, it may have ended ({error})"
            ) from None
        finally:
            connection.close()

    def stop(self) -> None:
        """End the account. Doing it again changes nothing."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin and process.stdout
            process.stdin.close()
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def release(self) -> int:
        """Let the account go on without this process, and return its process id.

        :raises RehearsalError: It has ended, or cannot write down that it is kept.
        """
        process = self._running
        assert process.stdin
        record = new_record_file()
        process.stdin.write(f"{KEEP}{record}\n")
        process.stdin.flush()
        end = time.monotonic() + _ANSWER_SECONDS
        while not record.exists():
            if process.poll() is not None or time.monotonic() > end:
                raise RehearsalError(f"the emulated account cannot be kept: {self._tail()}")
            time.sleep(_POLL_SECONDS)
        return process.pid

    @property
    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RehearsalError("the emulated account is not running: call 'start()' first")
        return self._process

    def _first_line(self) -> str:
        process = self._running
        assert process.stdout
        # The only way to stop waiting for a line is to end whoever should write it.
        timer = threading.Timer(_START_SECONDS, process.kill)
        timer.start()
        try:
            line = process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            status = process.wait()
            raise RehearsalError(f"the emulated account did not start (exit status {status}): {self._tail()}")
        return line

    def _tail(self) -> str:
        assert self._errors
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().splitlines() if line.strip()]
        return " / ".join(lines[-_TAIL_LINES:]) or "it said nothing"

    @staticmethod
    def _child_environment() -> dict[str, str]:
        # moto reads many variables of its own; the account must be the same on every machine.
        return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MOTO_"))}


def _port_and_token(line: str) -> tuple[int, str]:
    try:
        told = json.loads(line)
        return int(told["port"]), str(told["sessionToken"])
    except (KeyError, TypeError, ValueError):
        raise RehearsalError(
            f"the emulated account said '{line.strip()[:_MOST_SHOWN]}' where its port was expected: something in this "
            "Python environment, such as sitecustomize, writes to standard output"
        ) from None
