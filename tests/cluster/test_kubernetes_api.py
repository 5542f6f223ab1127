"""How a command in a container ended, as kubelets tell it."""

from __future__ import annotations

from typing import Any

import kr8s
import pytest

from efa_constructs.cluster.kubernetes_api import exit_status


def failure(*causes: dict[str, str]) -> dict[str, Any]:
    # https://github.com/kubernetes/kubernetes, staging/src/k8s.io/cri-streaming/pkg/streaming/remotecommand/exec.go
    return {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": "command terminated with non-zero exit code",
        "details": {"causes": list(causes)},
    }


def test_a_command_ends_with_its_exit_status() -> None:
    assert exit_status({"status": "Success"}) == 0
    assert exit_status(failure({"reason": "ExitCode", "message": "3"})) == 3


@pytest.mark.parametrize("status", [failure(), {"status": "Failure", "message": "no such container"}, {}])
def test_a_command_that_did_not_run_has_none(status: dict[str, Any]) -> None:
    with pytest.raises(kr8s.ServerError):
        exit_status(status)
