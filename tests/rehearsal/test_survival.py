"""Whole rehearsals of the default app that something happens to: they go on, or end and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from .efa_command import Efa
from .live_cluster import eventually, processes_in


def programs(efa: Efa, name: str) -> list[int]:
    """The processes of the rehearsal that run a program."""
    found = []
    for process in {*efa.processes(), *processes_in(efa.temporary)}:
        try:
            command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[0].decode()
        except OSError:
            continue
        if Path(command).name == name:
            found.append(process)
    return found


def test_an_api_server_that_is_killed_while_kubectl_applies_is_not_noticed(efa: Efa) -> None:
    with efa.start("--json") as process:
        # The first manifest is on its way.
        eventually(lambda: programs(efa, "kubectl"), "kubectl runs", seconds=240)
        # Let it begin.
        time.sleep(0.2)
        for server in programs(efa, "kube-apiserver"):
            os.kill(server, signal.SIGKILL)
        out, err = process.communicate(timeout=300)
    document = json.loads(out)
    assert (process.returncode, document["refusals"], document["reason"]) == (0, [], None), err
    efa.assert_left_nothing()


@pytest.mark.parametrize("last_stage", ["bootstrap", "deploy"])
def test_ctrl_c_leaves_nothing_behind(efa: Efa, last_stage: str) -> None:
    """After the bootstrap it deploys, and after that jobs start."""
    with efa.start() as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(last_stage):
            assert process.poll() is None
        if last_stage == "bootstrap":
            eventually(lambda: programs(efa, "kubectl"), "manifests are applied", seconds=240)
        time.sleep(0.5)
        assert programs(efa, "kube-apiserver")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    efa.assert_left_nothing()
