"""A run of a Lambda function: its environment and its limits."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.rehearsal.account.endpoint import listen_on
from efa_constructs.rehearsal.account.kubectl_handler.lambda_run import Invocation, invoke
from efa_constructs.rehearsal.account.resource_type import AwsError
from efa_constructs.rehearsal.programs import Programs

from ..live_cluster import eventually
from .kubectl_functions import archive, deploy, handler, log
from .training_account import TrainingAccount

# Keeps a program running, and writes its process id and then its own.
ENDLESS = """
import os, pathlib, subprocess, sys, time
def handler(event, context):
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    pathlib.Path(event["file"]).write_text(f"{program.pid} {os.getpid()}")
    print("waiting")
    time.sleep(300)
"""


@pytest.fixture
def account() -> TrainingAccount:
    listen_on(9, "token")
    return TrainingAccount()


def run(account: TrainingAccount, folder: Path, code: str, event: Any = None, **options: Any) -> Invocation:
    deploy(account, {"index.py": code}, **options)
    return run_again(account, folder, event)


def run_again(
    account: TrainingAccount, folder: Path, event: Any = None, programs: Programs | None = None
) -> Invocation:
    function = handler(account)
    return invoke(
        function,
        event or {},
        request_id="r-1",
        seconds=float(function.timeout),
        program="kubectl",
        kubeconfig=folder / "none",
        folder=folder,
        programs=programs or Programs(),
    )


def test_the_handler_gets_the_event_and_its_answer_comes_back(account: TrainingAccount, tmp_path: Path) -> None:
    code = "def handler(event, context): return {'Data': event['Name'] + '!'}"
    assert run(account, tmp_path, code, {"Name": "nccl \N{SNOWMAN}"}).answer == {"Data": "nccl \N{SNOWMAN}!"}


def test_a_run_has_the_environment_of_lambda_and_nothing_of_this_machine(
    account: TrainingAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("KUBECONFIG", "production")
    code = (
        "import os\ndef handler(event, context): return [dict(os.environ), os.getcwd(), os.listdir(os.environ['HOME'])]"
    )
    variables, folder, files = run(account, tmp_path, code, variables={"NO_PROXY": "none", "MINE": "yes"}).answer
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "Handler"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "1024"
    assert variables["LAMBDA_TASK_ROOT"] == folder
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert (variables["MINE"], variables["NO_PROXY"]) == ("yes", "none")
    assert not {"AWS_PROFILE", "KUBECONFIG"} & set(variables)
    # A /tmp of its own, gone afterwards.
    assert variables["TEST_OUTDIR"] == variables["TMPDIR"] == variables["HOME"]
    assert files == []
    assert not Path(variables["HOME"]).exists()


def test_only_programs_of_the_layers_are_on_the_path(account: TrainingAccount, tmp_path: Path) -> None:
    code = "import os, shutil\ndef handler(event, context): return [shutil.which(n) for n in ('kubectl', 'sh', 'aws')]"
    layers = [archive({"kubectl/kubectl": "#!/bin/sh\n"}, executable=True), archive({"awscli/aws": ""})]
    kubectl, shell, aws = run(account, tmp_path, code, layers=layers).answer
    assert Path(kubectl).is_relative_to(tmp_path)
    assert shell is None
    # That of the layer could not know the account's clusters.
    assert Path(aws).parent.name == "programs"


def test_programs_of_the_layers_come_before_those_in_opt(account: TrainingAccount, tmp_path: Path) -> None:
    code = "import os\nos.environ['PATH'] = '/opt/kubectl:'\ndef handler(event, context): return os.environ['PATH']"
    assert not run(account, tmp_path, code).answer.startswith("/opt")


def test_archives_are_unpacked_once(account: TrainingAccount, tmp_path: Path) -> None:
    run(
        account, tmp_path, "def handler(event, context): return 1", layers=[archive({"kubectl/kubectl": "#!/bin/sh\n"})]
    )
    (program,) = tmp_path.glob("*/kubectl/kubectl")
    unpacked = program.stat().st_ctime_ns
    assert run_again(account, tmp_path).answer == 1
    assert program.stat().st_ctime_ns == unpacked


def test_an_exception_is_reported_as_lambda_does(account: TrainingAccount, tmp_path: Path) -> None:
    error = run(account, tmp_path, "def handler(event, context): raise KeyError('Manifest')").error
    assert error is not None
    assert (error.error_type, error.message) == ("KeyError", "'Manifest'")
    assert "Traceback (most recent call last)" in log(account)


def test_folders_have_lambdas_names_in_what_a_function_says(account: TrainingAccount, tmp_path: Path) -> None:
    code = "import os\ndef handler(event, context): raise Exception(os.environ['TMPDIR'] + '/manifest.yaml')"
    error = run(account, tmp_path, code).error
    assert error is not None
    assert error.message == "/tmp/manifest.yaml"
    assert 'File "/var/task/index.py", line 2, in handler' in log(account)


def test_an_answer_that_is_not_json_is_an_error(account: TrainingAccount, tmp_path: Path) -> None:
    error = run(account, tmp_path, "def handler(event, context): return {1, 2}").error
    assert error is not None
    assert error.message == "Object of type set is not JSON serializable"


def test_a_function_that_exits_is_an_error(account: TrainingAccount, tmp_path: Path) -> None:
    error = run(account, tmp_path, "import os\ndef handler(event, context): os._exit(3)").error
    assert error is not None
    assert (error.error_type, error.message) == (
        "Runtime.ExitError",
        "RequestId: r-1 Error: Runtime exited with error: exit status 3",
    )


def test_a_function_ends_at_its_timeout_with_all_that_it_started(account: TrainingAccount, tmp_path: Path) -> None:
    file = tmp_path / "processes"
    invocation = run(account, tmp_path, ENDLESS, {"file": str(file)}, timeout=4)
    assert invocation.error is not None
    assert invocation.error.message == "RequestId: r-1 Error: Task timed out after 4.00 seconds"
    assert invocation.log == "waiting\n"
    assert not any(map(_runs, _processes(file)))


def test_a_function_ends_with_the_programs_among_which_it_runs(account: TrainingAccount, tmp_path: Path) -> None:
    file, programs, ended = tmp_path / "processes", Programs(), []
    deploy(account, {"index.py": ENDLESS})

    def invoke_it() -> None:
        ended.append(run_again(account, tmp_path, {"file": str(file)}, programs).error)

    running = threading.Thread(target=invoke_it)
    running.start()
    eventually(lambda: file.exists() and file.read_text(encoding="utf-8"), "the function runs")
    programs.stop()
    # Nothing is waited for any more.
    assert not any(map(_runs, _processes(file)))
    running.join(10)
    (error,) = ended
    assert error is not None
    assert error.error_type == "Runtime.ExitError"
    with pytest.raises(AwsError, match="was not started, the rehearsal is ending"):
        run_again(account, tmp_path, {"file": str(file)}, programs)


def _processes(file: Path) -> list[int]:
    return [int(word) for word in file.read_text(encoding="utf-8").split()]


def _runs(process: int) -> bool:
    try:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.fail("the test needs the program ps")
    # Z: it has ended, and nobody has asked for its status.
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
