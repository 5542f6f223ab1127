"""The real CDK CLI on the emulated account: bootstrap, deploy, diff, update, refuse, destroy."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.rehearsal.account.process import AccountProcess
from efa_constructs.rehearsal.inputs.cdk_cli import CdkCli, find_cdk_cli, find_node
from efa_constructs.rehearsal.inputs.deploy_events import DeploymentRefusedError
from efa_constructs.rehearsal.programs import Programs

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
VERSION = "/cdk-bootstrap/hnb659fds/version"


def role(name: str) -> str:
    return f"arn:${{AWS::Partition}}:iam::{ACCOUNT}:role/cdk-hnb659fds-{name}-role-{ACCOUNT}-{REGION}"


def write_assembly(folder: Path, resources: dict[str, Any]) -> None:
    """The cloud assembly of an app with one stack, ``App``, as the default synthesizer writes it."""
    body = json.dumps(
        {
            "Resources": resources,
            "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": VERSION}},
            "Rules": {
                "CheckBootstrapVersion": {
                    "Assertions": [
                        {
                            "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "BootstrapVersion"}]}]},
                            "AssertDescription": "bootstrap again",
                        }
                    ]
                }
            },
            "Outputs": {"Name": {"Value": {"Ref": "Parameter"}}},
        }
    )
    digest = hashlib.sha256(body.encode()).hexdigest()
    asset = {
        "source": {"path": "App.template.json", "packaging": "file"},
        "destinations": {
            "here": {
                "bucketName": BUCKET,
                "objectKey": f"{digest}.json",
                "region": REGION,
                "assumeRoleArn": role("file-publishing"),
            }
        },
    }
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{ACCOUNT}/{REGION}",
        "properties": {
            "templateFile": "App.template.json",
            "assumeRoleArn": role("deploy"),
            "cloudFormationExecutionRoleArn": role("cfn-exec"),
            "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/{digest}.json",
            "requiresBootstrapStackVersion": 6,
            "bootstrapStackVersionSsmParameter": VERSION,
            "additionalDependencies": ["App.assets"],
        },
        "dependencies": ["App.assets"],
    }
    assets = {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}}
    folder.mkdir(exist_ok=True)
    (folder / "App.template.json").write_text(body)
    (folder / "App.assets.json").write_text(json.dumps({"version": "48.0.0", "files": {digest: asset}}))
    (folder / "manifest.json").write_text(
        json.dumps({"version": "48.0.0", "artifacts": {"App.assets": assets, "App": stack}})
    )


@dataclass
class Cli:
    """The CDK CLI, in a folder of its own, talking to one account."""

    account: AccountProcess
    work: Path

    @property
    def assembly(self) -> Path:
        return self.work / "cdk.out"

    def run(self, *arguments: str) -> tuple[int, str]:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))},
            **self.account.environment,
            "CDK_HOME": str(self.work / "home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        command = [str(find_node()), str(find_cdk_cli(Path(__file__).parent)), *arguments]
        quiet = ["--no-notices", "--no-version-reporting", "--no-color", "--ci"]
        done = subprocess.run(
            [*command, *quiet], env=environment, cwd=self.work, capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout + done.stderr

    def deploy(self) -> tuple[int, str]:
        return self.run("deploy", "--app", str(self.assembly), "--require-approval", "never", "--progress", "events")

    def refusals(self) -> tuple[str, ...]:
        """Why a deployment was refused, as the rehearsal reads it from what the CLI prints."""
        with Programs() as programs, pytest.raises(DeploymentRefusedError) as refused:
            CdkCli(
                programs=programs,
                node=find_node(),
                script=find_cdk_cli(Path(__file__).parent),
                environment={**os.environ, **self.account.environment},
                work=self.work,
            ).deploy(self.assembly)
        return refused.value.reasons


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    with AccountProcess() as account:
        tool = Cli(account, tmp_path_factory.mktemp("cdk"))
        status, output = tool.run("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        assert status == 0, output
        yield tool


def resources(value: str, **more: Any) -> dict[str, Any]:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/app", "Value": value}}
    return {"Parameter": parameter, **more}


def test_the_cli_deploys_compares_updates_and_destroys(cli: Cli) -> None:
    write_assembly(cli.assembly, resources("one"))
    status, output = cli.deploy()
    assert status == 0, output
    assert "App.Name = /app" in output

    write_assembly(cli.assembly, resources("two"))
    status, output = cli.run("diff", "--app", str(cli.assembly), "--fail")
    assert status == 1, output
    # Not its fallback: the CLI had a change set to show.
    assert "Could not create a change set" not in output
    assert "[+] two" in output

    status, output = cli.deploy()
    assert status == 0, output
    assert "UPDATE_COMPLETE" in output

    status, output = cli.deploy()
    assert (status, "(no changes)" in output) == (0, True), output

    status, output = cli.run("destroy", "--app", str(cli.assembly), "--force")
    assert (status, "App: destroyed" in output) == (0, True), output


def test_the_cli_shows_what_was_refused_and_that_it_was_taken_back(cli: Cli) -> None:
    broken = {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-0", "CidrBlock": "10.0.0.0/24"}}
    write_assembly(cli.assembly, resources("one", Subnet=broken))
    status, output = cli.deploy()
    assert status == 1
    assert "CREATE_FAILED" in output
    assert "HandlerErrorCode: NotFound" in output
    assert "ROLLBACK_COMPLETE" in output

    unknown = {"Type": "AWS::FSx::FileSystem", "Properties": {"FileSystemType": "LUSTRE", "SubnetIds": ["subnet-1"]}}
    write_assembly(cli.assembly, resources("one", FileSystem=unknown))
    status, output = cli.deploy()
    assert status == 1
    assert "does not have the resource types [AWS::FSx::FileSystem]" in output
    assert "for [FileSystem]: nothing was deployed" in output


def test_the_reasons_of_a_refusal_are_nothing_but_reasons(cli: Cli) -> None:
    write_assembly(cli.assembly, resources("one", Unknown={"Type": "AWS::FSx::FileSystem"}))
    [reason] = cli.refusals()
    assert reason.startswith("the emulated account does not have the resource types [AWS::FSx::FileSystem]")

    importing = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": "nobodys"}}}
    write_assembly(cli.assembly, resources("one", Queue=importing))
    assert cli.refusals() == ("App (AWS::CloudFormation::Stack): No export named nobodys found.",)

    # The CLI publishes only what the bucket does not have yet.
    write_assembly(cli.assembly, resources("unpublished"))
    manifest = json.loads((cli.assembly / "App.assets.json").read_text())
    for asset in manifest["files"].values():
        asset["source"]["path"] = "nowhere.json"
    (cli.assembly / "App.assets.json").write_text(json.dumps(manifest))
    [reason] = cli.refusals()
    assert reason.startswith("ENOENT: no such file or directory")
