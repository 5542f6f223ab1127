"""Finding the CDK CLI, and reading what it prints."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.inputs.cdk_cli import CdkCli, find_cdk_cli, find_node, parse_event
from efa_constructs.rehearsal.inputs.deploy_events import DeployEvent, DeploymentRefusedError
from efa_constructs.rehearsal.programs import Programs


def test_reads_an_event_with_its_count() -> None:
    line = "EfaNodes |  3/12 | 2:23:53 AM | CREATE_COMPLETE      | AWS::EC2::PlacementGroup | Nodes/Group (Nodes12AB) "
    assert parse_event(line) == DeployEvent(
        stack="EfaNodes",
        done=3,
        total=12,
        status="CREATE_COMPLETE",
        type="AWS::EC2::PlacementGroup",
        name="Nodes/Group",
        reason="",
    )


def test_reads_why_a_resource_failed() -> None:
    line = "One | 0/4 | 2:23:53 AM | CREATE_FAILED | AWS::EKS::Nodegroup | Nodes1F No room: 5 | 6 (Service: Eks)"
    event = parse_event(line)
    assert event is not None
    assert (event.name, event.reason) == ("Nodes1F", "No room: 5 | 6 (Service: Eks)")


def test_reads_a_construct_path_with_blanks() -> None:
    line = (
        "EfaNodes | 4/8 | 2:51:06 AM | CREATE_COMPLETE         | AWS::EC2::SecurityGroupIngress | "
        "Group/from Nodes:ALL TRAFFIC (GroupfromNodesALLTRAFFICD44DFB77) Resource creation Initiated"
    )
    event = parse_event(line)
    assert event is not None
    assert (event.name, event.reason) == ("Group/from Nodes:ALL TRAFFIC", "Resource creation Initiated")


def test_reads_an_event_without_a_count() -> None:
    event = parse_event("One | 2:23:53 AM | CREATE_FAILED | AWS::EC2::VPC | V Nope")
    assert event is not None
    assert (event.done, event.total, event.reason) == (None, None, "Nope")


@pytest.mark.parametrize(
    "line", ["", "One: creating CloudFormation changeset...", "✨  Synthesis time: 0.01s", "a | b"]
)
def test_passes_over_other_lines(line: str) -> None:
    assert parse_event(line) is None


def install_cli(folder: Path, version: str) -> Path:
    package = folder / "node_modules" / "aws-cdk"
    (package / "bin").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "aws-cdk", "version": version}))
    (package / "bin" / "cdk").touch(mode=0o755)
    return package / "bin" / "cdk"


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_finds_the_cli_of_the_project_from_a_folder_below(tmp_path: Path, empty_path: Path) -> None:
    script = install_cli(tmp_path, "2.1148.1")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_cdk_cli(below) == script


def test_finds_the_cli_on_the_path(tmp_path: Path, empty_path: Path) -> None:
    script = install_cli(tmp_path / "elsewhere", "2.1148.1")
    (empty_path / "cdk").symlink_to(script)
    assert find_cdk_cli(tmp_path) == script


@pytest.mark.usefixtures("empty_path")
def test_fails_without_a_cli_and_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"run 'make setup', or 'npm install aws-cdk@2.1148.1'"):
        find_cdk_cli(tmp_path)


@pytest.mark.usefixtures("empty_path")
def test_refuses_the_stray_release(tmp_path: Path) -> None:
    install_cli(tmp_path, "3.0.0")
    with pytest.raises(RehearsalError, match=r"aws-cdk 3.0.0 .* is a stray release"):
        find_cdk_cli(tmp_path)


@pytest.fixture
def no_node_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


@pytest.mark.usefixtures("no_node_package")
def test_refuses_an_old_node_and_says_which(empty_path: Path) -> None:
    (empty_path / "node").write_text("#!/bin/sh\necho v18.20.0\n")
    (empty_path / "node").chmod(0o755)
    with pytest.raises(RehearsalError, match=r"Node.js v18.20.0 .* is older than 22: run 'make setup'"):
        find_node()
    (empty_path / "node").write_text("#!/bin/sh\necho v22.20.0\n")
    assert find_node() == empty_path / "node"


@pytest.mark.usefixtures("no_node_package", "empty_path")
def test_fails_without_node_and_says_how_to_get_it() -> None:
    with pytest.raises(RehearsalError, match=r"Node.js is missing: run 'make setup'"):
        find_node()


def test_finds_the_node_of_this_environment() -> None:
    version = subprocess.run([find_node(), "--version"], capture_output=True, text=True, check=True).stdout
    assert int(version.removeprefix("v").partition(".")[0]) >= 22


# A CLI that shows its arguments and what it would need the network for, and fails as the real one does.
FAKE_CLI = """
console.log(process.argv.slice(2).join(" "));
console.log("home", process.env.CDK_HOME, "telemetry", process.env.CDK_DISABLE_CLI_TELEMETRY);
console.log("One: start: Publishing One Template");
for (const line of (process.env.SAYS || "").split(";")) console.log(line);
process.exit(Number(process.env.CODE));
"""


def cli(programs: Programs, tmp_path: Path, code: int, *says: str) -> CdkCli:
    script = install_cli(tmp_path, "2.1148.1")
    script.write_text(FAKE_CLI)
    environment = {**os.environ, "CODE": str(code), "SAYS": ";".join(says)}
    return CdkCli(programs=programs, node=find_node(), script=script, environment=environment, work=tmp_path)


def test_deploys_every_stack_without_a_question_and_without_the_network(tmp_path: Path) -> None:
    events: list[DeployEvent] = []
    with Programs() as programs:
        line = "One | 1/2 | 2:23:53 AM | CREATE_COMPLETE | AWS::EC2::VPC | V (V) "
        cli(programs, tmp_path, 0, line).deploy(tmp_path / "cdk.out", events.append)
    log = (tmp_path / "cdk.log").read_text()
    assert f"deploy ** --app {tmp_path / 'cdk.out'} --require-approval never --progress events --no-notices" in log
    assert f"home {tmp_path / 'cdk-home'} telemetry true" in log
    assert [event.done for event in events] == [1]


def test_fails_with_the_reasons_of_the_resources_that_failed_first(tmp_path: Path) -> None:
    says = (
        "One | 0/2 | 2:23:53 AM | CREATE_FAILED | AWS::EC2::VPC | App/Vpc (V) cidr is taken",
        "One | 0/2 | 2:23:53 AM | CREATE_FAILED | AWS::EC2::Subnet | App/S (S) Resource creation cancelled",
        "❌  One failed: Error: the stack named One failed creation",
    )
    with Programs() as programs, pytest.raises(RehearsalError) as error:
        cli(programs, tmp_path, 1, *says).deploy(tmp_path)
    assert str(error.value) == "'cdk deploy' failed: App/Vpc (AWS::EC2::VPC): cidr is taken"


def test_gives_the_words_of_a_service_without_cloudformations_wrapping(tmp_path: Path) -> None:
    reason = (
        'Resource handler returned message: "No "p5" in (a) (Service: Eks, Status Code: 400, Request ID: 1-2)" '
        "(RequestToken: 3-4, HandlerErrorCode: InvalidRequest)"
    )
    line = f"One | 0/2 | 2:23:53 AM | CREATE_FAILED | AWS::EKS::Nodegroup | App/Nodes (N) {reason}"
    with Programs() as programs, pytest.raises(RehearsalError) as error:
        cli(programs, tmp_path, 1, line).deploy(tmp_path)
    assert str(error.value) == "'cdk deploy' failed: App/Nodes (AWS::EKS::Nodegroup): No \"p5\" in (a)"


def test_fails_with_the_cause_that_the_cli_gives_last(tmp_path: Path) -> None:
    says = ("❌  One failed to deploy", "‣ DeploymentError: change set failed", "‣ ValidationError: no type", "A::B")
    with Programs() as programs, pytest.raises(RehearsalError) as error:
        cli(programs, tmp_path, 1, *says).deploy(tmp_path)
    assert str(error.value) == "'cdk deploy' failed: ValidationError: no type A::B"


def test_fails_with_the_last_words_of_the_cli_when_no_resource_failed(tmp_path: Path) -> None:
    with Programs() as programs, pytest.raises(RehearsalError) as error:
        cli(programs, tmp_path, 1, "The specified bucket does not exist").bootstrap(account="1", region="r")
    assert str(error.value).endswith("The specified bucket does not exist")
    assert "start:" not in str(error.value)


def test_fails_with_the_last_line_after_warnings_and_with_what_is_in_parentheses_after_it(tmp_path: Path) -> None:
    warning = ("WARNING something was not specified (Construct Annotations)", "   App/It", "   Acknowledge with 'a::b'")
    with Programs() as programs, pytest.raises(DeploymentRefusedError) as refused:
        cli(programs, tmp_path / "one", 1, *warning, "no such type").deploy(tmp_path)
    assert refused.value.reasons == ("no such type",)
    with Programs() as programs, pytest.raises(DeploymentRefusedError) as refused:
        cli(programs, tmp_path / "two", 1, *warning, "This CLI is too old.", "(55 < 999)").deploy(tmp_path)
    assert refused.value.reasons == ("This CLI is too old. (55 < 999)",)
