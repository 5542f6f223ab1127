"""What stands in for the AWS CLI when CDK's kubectl handler runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from efa_constructs.rehearsal.account.kubectl_handler import aws_program
from efa_constructs.rehearsal.account.process import AccountProcess


def aws(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", aws_program.__file__, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_kubeconfig_is_the_one_that_the_account_gives(tmp_path: Path) -> None:
    given, wanted = tmp_path / "given", tmp_path / "wanted"
    given.write_text("clusters: []\n", encoding="utf-8")
    options = ("--name", "training", "--kubeconfig", str(wanted), "--role-arn", "arn:aws:iam::123456789012:role/a")
    answer = aws("eks", "update-kubeconfig", *options, REHEARSAL_KUBECONFIG=str(given))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert wanted.read_text(encoding="utf-8") == "clusters: []\n"


@pytest.mark.parametrize(
    "arguments",
    [("ecr", "get-login-password", "--region", "us-east-1"), ("s3", "cp", "chart.zip", "s3://charts/chart.zip"), ()],
)
def test_everything_else_is_refused_by_its_name(arguments: tuple[str, ...]) -> None:
    answer = aws(*arguments)
    assert answer.returncode == 1
    assert f"the emulated account has no 'aws {' '.join(arguments)}'" in answer.stderr


def test_an_option_that_cdks_handler_does_not_use_is_refused() -> None:
    answer = aws("eks", "update-kubeconfig", "--name", "a", "--kubeconfig", "b", "--alias", "c")
    assert answer.returncode == 2
    assert "unrecognized arguments: --alias c" in answer.stderr


def test_a_chart_comes_from_s3_of_the_account(tmp_path: Path) -> None:
    with AccountProcess() as account:
        s3 = boto3.client(
            "s3",
            endpoint_url=account.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            aws_session_token=account.environment["AWS_SESSION_TOKEN"],
        )
        s3.create_bucket(Bucket="charts")
        s3.put_object(Bucket="charts", Key="folder/chart.zip", Body=b"zip")
        file = tmp_path / "chart.zip"
        answer = aws("s3", "cp", "s3://charts/folder/chart.zip", str(file), **account.environment)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert file.read_bytes() == b"zip"
