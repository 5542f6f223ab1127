"""Which names are asked for, and how a command in a container ended, as kubelets tell it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import kr8s
import pytest

from efa_constructs.cluster.kubernetes_api import check_name, exit_status
from efa_constructs.cluster.mpi_jobs import JobQuestion, found_job
from efa_constructs.cluster.status import StatusQuestion, read_status
from efa_constructs.errors import InvalidArgumentError


def test_what_is_no_name_of_an_object_is_asked_of_nobody() -> None:
    for name in ("", "a/b", "..", "-a", "A", "a?b"):
        with pytest.raises(InvalidArgumentError, match=f"'--job' '{re.escape(name)}' is no name of an object"):
            asyncio.run(look_for(name))
        with pytest.raises(InvalidArgumentError, match="'--namespace'"):
            read_status(StatusQuestion(namespace=name))
    check_name("--job", "nccl-tests.v2")
    check_name("--namespace", None)


async def look_for(name: str) -> None:
    async with found_job(JobQuestion(name=name)):
        pass


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
