"""Runs the ``efa`` command: as a user does, in a process of its own without this machine's AWS and kubectl settings, or
within the process of a test."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from efa_constructs import cli

ROOT = Path(__file__).parent.parent


class Ended(NamedTuple):
    """How the command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on standard output."""
        document: dict[str, Any] = json.loads(self.out)
        return document


def start_efa(*arguments: str, home: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    machine = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "KUBE", "COLUMNS"))}
    return subprocess.Popen(
        [sys.executable, "-m", "efa_constructs.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # No credentials of an instance either.
        env={**machine, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", **(environment or {})},
        # Whoever runs the tests in the background of a script has them ignore Ctrl-C, and what they start too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run_efa(*arguments: str, home: Path, environment: Mapping[str, str] | None = None) -> Ended:
    with start_efa(*arguments, home=home, environment=environment) as process:
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        return Ended(process.returncode, out, err)


def call_efa(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: bytes | None = None
) -> tuple[int, str, str]:
    """Run it in this process, and return its exit code, standard output and standard error."""
    monkeypatch.setattr("sys.argv", ["efa", *arguments])
    if stdin is not None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    output = capsys.readouterr()
    return int(ended.value.code or 0), output.out, output.err
