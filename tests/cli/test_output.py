"""Where the ``efa`` command's output goes when it can go nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..verify.real_logs import FOLDER

FULL = Path("/dev/full")
LOG = str(FOLDER / "p4d_two_nodes_2021.txt")
COMMANDS = (("--version",), ("--help",), ("instances",), ("instances", "--json"), ("verify", LOG))


def run(arguments: tuple[str, ...], redirection: str, unbuffered: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "efa_constructs.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_full_disk_is_one_sentence_and_2(arguments: tuple[str, ...], unbuffered: str) -> None:
    ended = run(arguments, ">/dev/full", unbuffered)
    assert ended.stderr == "error: standard output cannot be written: No space left on device\n"
    assert ended.returncode == 2


def test_a_closed_standard_output_is_one_sentence_and_2() -> None:
    ended = run(("verify", LOG), ">&-", "")
    assert ended.stderr == "error: standard output is closed: there is nowhere to print to\n"
    assert ended.returncode == 2


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    ended = run(("--version",), "| true", "")
    assert ended.stderr == ""


@pytest.mark.parametrize("defect", ["{}['key']", "open('/no/such/file')"])
def test_a_defect_of_the_command_is_no_answer(defect: str) -> None:
    program = f"from efa_constructs.cli import app, main; app.command('fail')(lambda: {defect}); main()"
    ended = subprocess.run([sys.executable, "-c", program, "fail"], capture_output=True, text=True)
    assert "Traceback" in ended.stderr
    assert (ended.returncode, ended.stdout) == (70, "")


def test_a_closed_standard_input_is_one_sentence_and_2() -> None:
    ended = run(("verify", "-"), "<&-", "")
    assert ended.stderr == "error: standard input is closed: name the file of the log, or pipe the log in\n"
    assert (ended.returncode, ended.stdout) == (2, "")
