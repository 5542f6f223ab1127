"""``efa preflight``, the real command against an emulated account in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from efa_constructs.rehearsal.account.process import AccountProcess

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cluster-facts.json"
SUBNET = "subnet-0d1d2d3d4d5d6d7d8"
Efa = Callable[..., subprocess.CompletedProcess[str]]


def run(arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "efa_constructs.cli", "preflight", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    with AccountProcess(cluster_facts=EXAMPLE) as process:
        yield process


@pytest.fixture(scope="module")
def ready(account: AccountProcess) -> AccountProcess:
    """Nothing is in the way any more."""
    keys = account.environment

    def client(service: str) -> object:
        return boto3.client(  # type: ignore[call-overload, no-any-return]
            service,
            endpoint_url=account.url,
            region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
        )

    client("ssm").put_parameter(  # type: ignore[attr-defined]
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )
    return account


@pytest.fixture
def efa(account: AccountProcess, tmp_path: Path) -> Efa:
    return lambda *arguments, **environment: run(arguments, {**account.environment, **environment}, tmp_path)


ARN = "arn:aws:eks:us-east-1:123456789012:cluster/training"
CLUSTER = ("--cluster", "training", "--region", "us-east-1", "--instance-type", "p4d.24xlarge", "--subnet", SUBNET)


def test_a_failure_is_told_with_its_reason_and_its_fix_and_ends_with_1(account: AccountProcess, tmp_path: Path) -> None:
    with AccountProcess(cluster_facts=EXAMPLE) as not_ready:
        done = run(CLUSTER, not_ready.environment, tmp_path)
    assert done.returncode == 1, done.stderr
    assert "fail         cdk-bootstrap" in done.stdout
    assert "fix: run 'npx cdk bootstrap aws://123456789012/us-east-1'" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("as it stands, a deployment would fail or be of no use")
    assert done.stderr == ""


@pytest.mark.usefixtures("ready")
def test_what_is_not_checked_does_not_fail_and_is_counted(efa: Efa) -> None:
    done = efa(*CLUSTER)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[0] == "instance type"
    assert "not checked  caller-permissions" in done.stdout
    assert "not checked: nothing that could be checked is in the way" in done.stdout.splitlines()[-1]


@pytest.mark.usefixtures("ready")
def test_json_is_one_document_with_every_row(efa: Efa) -> None:
    done = efa(*CLUSTER, "--json", "--nodes", "100")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert {key: document[key] for key in ("region", "clusterName", "instanceType", "nodes")} == {
        "region": "us-east-1",
        "clusterName": "training",
        "instanceType": "p4d.24xlarge",
        "nodes": 100,
    }
    rows = {row["id"]: row for row in document["rows"]}
    assert set(rows["vcpu-quota"]) == {"id", "subject", "status", "reason", "fix", "rule"}
    assert rows["vcpu-quota"]["status"] == "fail"
    assert document["failed"] == 1
    assert sum(document[key] for key in ("passed", "warned", "failed", "notChecked")) == len(rows)


@pytest.mark.usefixtures("ready")
def test_the_apps_configuration_gives_defaults_and_says_so(efa: Efa, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(EXAMPLE.read_text())
    keys = {"efa:instanceType": "p4d.24xlarge", "efa:maxSize": 5, "efa:clusterFacts": "facts.json", "other": 1}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "x", "context": keys}))
    done = efa("--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["clusterName"], document["nodes"]) == ("training", 5)
    assert done.stderr == ("From cdk.json: efa:clusterFacts facts.json, efa:instanceType p4d.24xlarge, efa:maxSize 5\n")
    # What is given goes before it.
    document = json.loads(efa("--json", "--nodes", "2").stdout)
    assert document["nodes"] == 2


@pytest.mark.usefixtures("ready")
def test_the_qualifier_of_the_cdk_is_that_of_the_apps_configuration(efa: Efa, tmp_path: Path) -> None:
    context = {"@aws-cdk/core:bootstrapQualifier": "team1"}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "x", "context": context}))
    done = efa(*CLUSTER)
    assert done.returncode == 1
    assert "not bootstrapped for the CDK, with the qualifier team1" in " ".join(done.stdout.split())


@pytest.mark.usefixtures("ready")
def test_the_apps_configuration_may_be_in_another_folder(efa: Efa) -> None:
    done = efa("--json", "--app-folder", str(ROOT), "--region", "us-east-1")
    document = json.loads(done.stdout)
    assert (document["clusterName"], document["instanceType"], document["nodes"]) == (None, "p4d.24xlarge", 3)
    assert "vpcs-quota" in {row["id"] for row in document["rows"]}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--region", "us-east-1"), "'--instance-type' is not given, and 'cdk.json' has no 'efa:instanceType'"),
        (
            ("--region", "us-east-1", "--instance-type", "p4e.24xlarge"),
            "'p4e.24xlarge' is of a family that the catalogue",
        ),
        (("--region", "us-east-9", "--instance-type", "p4d.24xlarge"), "there is no AWS Region 'us-east-9'"),
        ((*CLUSTER, "--nodes", "0"), "'--nodes' must be at least 1, got 0"),
        ((*CLUSTER, "--capacity", "capacity-block"), "'--capacity' is 'capacity-block', but '--capacity-reservation'"),
        ((*CLUSTER, "--zone", "us-west-2a"), "'--zone' is 'us-west-2a', which is not in '--region' us-east-1"),
        (("--cluster", "nobodys", *CLUSTER[2:]), "there is no EKS cluster 'nobodys' in us-east-1 of this account"),
        (("--cluster-facts", "none.json", *CLUSTER[4:]), "the cluster facts file 'none.json' does not exist"),
        (("--cluster", "", *CLUSTER[2:]), "'--cluster' is '', use the name of an EKS cluster"),
        (("--cluster", ARN, *CLUSTER[2:]), f"'--cluster' is '{ARN}', use the name of an EKS cluster"),
        ((*CLUSTER, "--context", "dev"), "'--context' is 'dev', and '--kubeconfig' is not given"),
        ((*CLUSTER, "--kubeconfig", "none"), "cannot read kubeconfig 'none'"),
        ((*CLUSTER, "--wrong"), "no such option"),
    ],
)
def test_bad_use_ends_with_2_and_one_sentence(efa: Efa, arguments: tuple[str, ...], sentence: str) -> None:
    done = efa(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.lower().count("error: ") == 1 and sentence.lower() in done.stderr.lower()
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "'cdk.json' is not JSON"),
        ("[]", "it has no object 'context'"),
        ('{"context": {"efa:maxSize": "many"}}', "'efa:maxSize' in 'cdk.json': the value must be a whole number"),
        ('{"context": {"efa:instanceType": 4}}', "'efa:instanceType' in 'cdk.json': the value must be a text"),
        (
            '{"context": {"efa:instanceType": "p4d.24xlarge", "efa:privateEndpoint": "perhaps"}}',
            "'efa:privateEndpoint' in 'cdk.json': the value must be true or false",
        ),
    ],
)
def test_a_wrong_configuration_is_named(efa: Efa, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "cdk.json").write_text(text)
    done = efa("--region", "us-east-1")
    assert done.returncode == 2
    assert sentence in done.stderr and len(done.stderr.splitlines()) == 1


def test_without_credentials_it_says_so_in_one_sentence(tmp_path: Path) -> None:
    nothing = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = run(CLUSTER, nothing, tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "error: no AWS credentials found: run 'aws configure' or 'aws sso login', or set AWS_PROFILE\n"
    )


@pytest.mark.parametrize("columns", ["50", "100", "200"])
def test_a_row_is_folded_into_the_width_and_said_once(efa: Efa, columns: str) -> None:
    done = efa(*CLUSTER, COLUMNS=columns)
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    words = " ".join(done.stdout.split())
    assert words.count("the interfaces of 3 p4d.24xlarge take 3, the warm pools of the VPC CNI for pods 297 more") == 1


def test_help_has_an_example_and_does_not_load_boto3() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "efa_constructs.cli", "preflight", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert "Example: efa preflight --cluster training" in done.stdout
    assert "boto3" not in done.stderr
