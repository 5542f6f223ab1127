"""One run of a Lambda function written in Python: a process of its own, with Lambda's environment and limits."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction

from ....errors import RehearsalError
from ...programs import Programs
from ..endpoint import environment
from ..resource_type import AwsError
from . import aws_program, bootstrap
from .archives import code_folder
from .programs import search_path

__all__ = ["EXITED", "TIMED_OUT", "FunctionError", "Invocation", "invoke"]

# Error types of Lambda itself.
TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"

# By which helm reaches the machine that has a chart. kubectl and botocore ask no proxy for this machine.
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE")


@dataclass(frozen=True, kw_only=True)
class FunctionError:
    """What Lambda says when a function fails."""

    error_type: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What came of a run: an answer, or an error."""

    answer: Any = None
    error: FunctionError | None = None
    # What the function and the programs that it started wrote.
    log: str = ""


def invoke(
    function: LambdaFunction,
    event: Mapping[str, Any],
    *,
    request_id: str,
    seconds: float,
    program: str,
    kubeconfig: Path,
    folder: Path,
    programs: Programs,
) -> Invocation:
    """Run a function, and wait until it ends or is ended. What it wrote goes to CloudWatch Logs, too.

    Lambda also ends a function that needs more than its memory. This does not: a run here shares its memory with
    nothing that could be measured alike.

    :param request_id: By which Lambda's errors name the run.
    :param seconds: After how many it is ended: as a rule the timeout of the function.
    :param program: The program that it will start, ``"kubectl"`` or ``"helm"``.
    :param kubeconfig: What ``aws eks update-kubeconfig`` gives.
    :param folder: Where its code and layers are unpacked, and stay. Each run has a folder of its own in it while it
        lasts.
    :param programs: Among which it runs, and with which it ends.
    :raises ProgramMissingError: The program of its layer does not run here, and there is no other.
    :raises AwsError: Those programs have been stopped.
    """
    code = code_folder(function, folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-", ignore_cleanup_errors=True) as name:
        run = Path(name)
        links, out = run / "programs", run / "tmp"
        links.mkdir()
        out.mkdir()
        environment = {
            **_environment(function, code, out),
            "PATH": search_path(function, program, folder, links),
            aws_program.KUBECONFIG: str(kubeconfig),
        }
        invocation = _run(function, event, request_id, seconds, run, environment, programs)
    function.logs_backend.ensure_log_group(function.logs_group_name)
    function.save_logs(invocation.log)
    return invocation


def _run(
    function: LambdaFunction,
    event: Mapping[str, Any],
    request_id: str,
    seconds: float,
    run: Path,
    environment: Mapping[str, str],
    programs: Programs,
) -> Invocation:
    event_file, result_file, log_file = run / "event.json", run / "result.json", run / "log"
    event_file.write_text(json.dumps(event), encoding="utf-8")
    # -I: nothing of this machine's Python settings. -u: what was written before the function is ended is not lost.
    command = [sys.executable, "-I", "-u", "-X", "utf8", bootstrap.__file__]
    try:
        status = programs.run_for(
            seconds,
            [*command, str(function.handler), str(event_file), str(result_file)],
            environment=environment,
            directory=Path(environment["LAMBDA_TASK_ROOT"]),
            output=log_file,
        )
    except RehearsalError as ending:
        raise AwsError("ServiceException", str(ending), service="Lambda") from None
    text = _as_in_lambda(log_file.read_text(encoding="utf-8", errors="replace"), environment)
    if status is None:
        message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
        return Invocation(error=FunctionError(error_type=TIMED_OUT, message=message), log=text)
    if not result_file.exists():
        message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}"
        return Invocation(error=FunctionError(error_type=EXITED, message=message), log=text)
    error = None
    result = json.loads(result_file.read_text(encoding="utf-8"))
    if "errorType" in result:
        message = _as_in_lambda(result["errorMessage"], environment)
        error = FunctionError(error_type=result["errorType"], message=message)
    return Invocation(answer=result.get("answer"), error=error, log=text)


def _as_in_lambda(text: str, environment: Mapping[str, str]) -> str:
    """Text with Lambda's names of folders: people can compare it, and an error is as long as it is on AWS."""
    return text.replace(environment["TMPDIR"], "/tmp").replace(environment["LAMBDA_TASK_ROOT"], "/var/task")


def _environment(function: LambdaFunction, code: Path, out: Path) -> dict[str, str]:
    """The variables of the function and those of Lambda ("Defined runtime environment variables")."""
    return {
        **{name: os.environ[name] for name in _PROXY_VARIABLES if name in os.environ},
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **{name: str(value) for name, value in function.environment_vars.items()},
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "LAMBDA_TASK_ROOT": str(code),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        **environment(function.account_id),
        # Lambda gives a run /tmp. CDK's handler, kubectl and helm write there, and two runs must not meet.
        "TEST_OUTDIR": str(out),
        "TMPDIR": str(out),
        "HOME": str(out),
    }
