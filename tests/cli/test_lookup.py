"""``efa lookup`` and ``efa instances --region``, as a user runs them, on an emulated account that has a cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from botocore.retries.bucket import TokenBucket

from app import define
from efa_constructs.lookups.cluster_facts import read_cluster_facts
from efa_constructs.rehearsal.account.process import AccountProcess

from ..apps import UNSTAGED
from ..efa_cli import call_efa
from ..lookups.hindrances import hinder

EXAMPLE = Path(__file__).parents[2] / "examples" / "cluster-facts.json"
PRIVATE_A, PRIVATE_B = "subnet-0b1b2b3b4b5b6b7b8", "subnet-0d1d2d3d4d5d6d7d8"
PUBLIC_A = "subnet-0e1e2e3e4e5e6e7e8"
TRAINING = ("lookup", "--cluster", "training", "--instance-type", "p4d.24xlarge", "--region", "us-east-1")


@pytest.fixture(scope="module")
def account() -> Iterator[Mapping[str, str]]:
    with AccountProcess(cluster_facts=EXAMPLE) as process:
        yield process.environment


@pytest.fixture
def efa(account: Mapping[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in account.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        code, out, err = call_efa(capsys, monkeypatch, *arguments)
        assert "Traceback" not in err
        return code, out, err

    return run


def test_writes_the_facts_file_that_the_app_reads(efa: Any, tmp_path: Path) -> None:
    file = tmp_path / "cluster-facts.json"
    code, out, err = efa(*TRAINING, "--zone", "us-east-1b", "-o", str(file))
    assert code == 0
    assert read_cluster_facts(file) == read_cluster_facts(EXAMPLE)
    assert file.read_bytes() == EXAMPLE.read_bytes()
    assert f"Node subnet: {PRIVATE_B} in us-east-1b" in out
    assert err == f"wrote {file}\n"


def test_the_app_puts_its_nodes_where_the_command_proposed(efa: Any, tmp_path: Path) -> None:
    file = tmp_path / "cluster-facts.json"
    efa(*TRAINING, "--zone", "us-east-1a", "-o", str(file))
    context = json.loads((EXAMPLE.parents[1] / "cdk.json").read_text())["context"]
    app = cdk.App(
        context=context | UNSTAGED | {"efa:clusterFacts": str(file)},
        builtin_cloud_formation_validation=False,
        outdir=str(tmp_path / "cdk.out"),
    )
    define(app)
    nodes = json.dumps(app.synth().get_stack_by_name("EfaNodes").template)
    assert f'"Subnets": ["{PRIVATE_A}"]' in nodes


def test_writes_the_same_bytes_twice_and_says_that_nothing_is_new(efa: Any, tmp_path: Path) -> None:
    file = tmp_path / "cluster-facts.json"
    arguments = (*TRAINING, "--subnet", PRIVATE_A, "-o", str(file))
    efa(*arguments)
    first, made = file.read_bytes(), file.stat().st_mtime_ns
    code, _, err = efa(*arguments)
    assert (code, err) == (0, f"nothing is new in {file}\n")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (first, made)
    assert list(tmp_path.iterdir()) == [file]


def test_prints_the_file_when_asked_to(efa: Any) -> None:
    code, out, err = efa(*TRAINING, "--zone", "use1-az2", "-o", "-")
    assert (code, out, err) == (0, EXAMPLE.read_text(), "")


def test_asks_about_the_network_all_at_once(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hinder(monkeypatch, together={"DescribeVpcs", "DescribeSubnets", "DescribeRouteTables", "DescribeVpcEndpoints"})
    assert efa(*TRAINING, "--zone", "us-east-1b")[0] == 0


def test_never_picks_between_equal_subnets(efa: Any, tmp_path: Path) -> None:
    file = tmp_path / "cluster-facts.json"
    code, out, err = efa(*TRAINING, "-o", str(file))
    assert code == 1
    assert out.count("could be taken, as others could") == 2
    assert "choose with --zone, one of us-east-1a, us-east-1b" in err
    assert not file.exists()


def test_leaves_the_file_of_before_when_the_answer_is_no(efa: Any, tmp_path: Path) -> None:
    file = tmp_path / "cluster-facts.json"
    shutil.copy(EXAMPLE, file)
    assert efa(*TRAINING, "-o", str(file))[0] == 1
    assert file.read_bytes() == EXAMPLE.read_bytes()


def test_says_why_each_other_subnet_was_not_taken(efa: Any) -> None:
    code, out, _ = efa(*TRAINING, "--zone", "us-east-1a")
    words = " ".join(out.split())
    assert code == 0
    assert f"{PRIVATE_A} in us-east-1a (use1-az1), 10.42.0.0/19, 8123 free, private, routes to nat-" in words
    assert "it is public, and EC2 gives no public address to nodes with several interfaces" in words
    assert "not taken: us-east-1a was asked for" in words
    assert "offered in us-east-1a, us-east-1b, us-east-1c" in words
    assert "vpc-cni v1.20.4-eksbuild.2" in words


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--subnet", PUBLIC_A), "it is public"),
        (("--nodes", "9000"), "it has 8123 free addresses, and the interfaces of 9000 nodes take 9000 before any pod"),
        (("--instance-type", "p4de.24xlarge"), "us-east-1a does not offer p4de.24xlarge"),
    ],
)
def test_says_no_when_no_subnet_can_take_the_nodes(efa: Any, options: tuple[str, ...], reason: str) -> None:
    code, out, err = efa(*TRAINING, "--zone", "us-east-1a", *options)
    assert code == 1
    assert reason in " ".join(out.split())
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


def test_prints_one_json_document_and_nothing_else(efa: Any) -> None:
    code, out, err = efa(*TRAINING, "--subnet", PRIVATE_B, "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["clusterFacts"] == json.loads(EXAMPLE.read_text())
    assert document["nodeSubnetId"] == PRIVATE_B
    assert [each["canBeTaken"] for each in document["subnets"]] == [False, True, False, False]
    assert document["subnets"][2]["private"] is False
    assert (document["problems"], document["notChecked"], document["written"]) == ([], [], None)


def test_says_in_json_that_somebody_must_choose(efa: Any) -> None:
    code, out, _ = efa(*TRAINING, "--json")
    document = json.loads(out)
    assert code == 1
    assert (document["clusterFacts"], document["nodeSubnetId"]) == (None, None)
    assert [each["id"] for each in document["subnets"] if each["canBeTaken"]] == [PRIVATE_A, PRIVATE_B]
    assert "choose with --zone" in document["problems"][0]


REFUSED = [
    (("--cluster", "trainig"), "there is no EKS cluster 'trainig' in us-east-1 .* did you mean training"),
    (("--cluster", "arn:aws:eks:us-east-1:1:cluster/a"), "'--cluster' is 'arn:.*not its ARN"),
    (("--region", "us-esat-1"), "there is no AWS Region 'us-esat-1' .* did you mean .*us-east-1"),
    (("--region", "eu-west-1"), "no EKS cluster 'training' in eu-west-1 of this account: there is none at all"),
    (
        ("--instance-type", "p4d.24xlrge"),
        "'p4d.24xlrge' is not in the catalogue: choose one that it knows: p4d",
    ),
    (("--instance-type", "m5.large"), "'m5.large' has no EFA"),
    (("--zone", "us-east-1f"), "'--zone' is 'us-east-1f', in which the cluster's VPC has no subnet: it has some in us"),
    (("--subnet", "subnet-0a"), "'--subnet' is 'subnet-0a', which is no subnet of the cluster's VPC: it has subnet-0b"),
    (("--subnet", PRIVATE_A, "--zone", "us-east-1b"), "'--subnet' .* is in us-east-1a .* but '--zone' is 'us-east-1b'"),
    (("--nodes", "0"), "Invalid value for '--nodes'"),
    (("--profile", "nobody"), "nobody"),
    (("-o", "-", "--json"), "leave one out"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
def test_refuses_bad_input_in_one_line(efa: Any, options: tuple[str, ...], words: str) -> None:
    code, out, err = efa(*TRAINING, *options)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("error: ")
    assert re.search(words, err)


@pytest.mark.parametrize("content", ["not JSON\n", '{"name": "package"}\n', "[1]\n"])
def test_writes_over_nothing_but_a_facts_file(efa: Any, tmp_path: Path, content: str) -> None:
    file = tmp_path / "package.json"
    file.write_text(content)
    code, out, err = efa(*TRAINING, "--zone", "us-east-1a", "-o", str(file))
    assert (code, out) == (2, "")
    assert "is there and is no cluster facts file: give another name, or remove it" in err
    assert file.read_text() == content


def test_writes_over_a_facts_file_that_no_release_reads(efa: Any, tmp_path: Path) -> None:
    file = tmp_path / "cluster-facts.json"
    file.write_text(json.dumps({"schemaVersion": 0, "cluster": {}}))
    assert efa(*TRAINING, "--zone", "us-east-1b", "-o", str(file))[0] == 0
    assert file.read_bytes() == EXAMPLE.read_bytes()


@pytest.mark.parametrize(
    ("name", "words"), [("", "is no file"), ("no/such/facts.json", "there is no folder")], ids=["a folder", "no folder"]
)
def test_needs_a_place_for_the_file(efa: Any, tmp_path: Path, name: str, words: str) -> None:
    code, _, err = efa(*TRAINING, "-o", str(tmp_path / name))
    assert code == 2
    assert words in err


def test_asks_for_credentials_in_one_line(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for arguments in (TRAINING, ("instances", "--region", "us-east-1")):
        code, out, err = efa(*arguments)
        assert (code, out) == (2, "")
        assert err == "error: no AWS credentials found: run 'aws configure' or 'aws sso login', or set AWS_PROFILE\n"


def test_says_that_keys_are_not_known(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-another-account")
    code, _, err = efa(*TRAINING)
    assert code == 2
    assert "the credentials are not valid there, check AWS_PROFILE and the keys" in err
    assert err.endswith("(The security token included in the request is invalid)\n")
    assert len(err.splitlines()) == 1


DENIED = [
    ("ListAddons", "eks", "the app cannot refuse a VPC CNI that is too old"),
    ("DescribeAddon", "eks", "the app cannot refuse a VPC CNI that is too old"),
    ("DescribeInstanceTypeOfferings", "ec2", "which zones offer p4d.24xlarge"),
    ("DescribeVpcEndpoints", "ec2", "a subnet without a route out of the VPC is not proposed"),
]


@pytest.mark.parametrize(("operation", "service", "consequence"), DENIED)
def test_answers_the_rest_when_one_call_is_denied(
    efa: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, operation: str, service: str, consequence: str
) -> None:
    hinder(monkeypatch, denied={operation})
    file = tmp_path / "cluster-facts.json"
    code, _, err = efa(*TRAINING, "--zone", "us-east-1b", "-o", str(file))
    assert code == 0
    line = next(line for line in err.splitlines() if line.startswith("not checked: "))
    assert consequence in line
    assert f"allow '{service}:{operation}' in the IAM policy of the identity in use" in line
    assert "Encoded" not in line
    facts = read_cluster_facts(file)
    assert facts.node_subnet_id == PRIVATE_B
    assert (facts.addons == {}) == (service == "eks")
    assert (facts.instance_type_offerings == {}) == (operation == "DescribeInstanceTypeOfferings")


def test_proposes_no_subnet_of_which_it_may_not_know_whether_it_is_private(
    efa: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hinder(monkeypatch, denied={"DescribeRouteTables"})
    file = tmp_path / "cluster-facts.json"
    code, out, err = efa(*TRAINING, "--zone", "us-east-1b", "-o", str(file))
    assert code == 1
    assert "not taken: whether it is private is not known" in out
    assert "name one with --subnet that is: AWS refused DescribeRouteTables: allow 'ec2:DescribeRouteTables'" in err
    code, out, _ = efa(*TRAINING, "--subnet", PRIVATE_B, "-o", str(file))
    assert code == 0
    assert "taken, although whether it is private is not known" in out
    facts = read_cluster_facts(file)
    assert {subnet.private for subnet in facts.subnets} == {None}
    assert facts.node_subnet_id == PRIVATE_B


@pytest.mark.parametrize("operation", ["DescribeVpcs", "DescribeSubnets"])
def test_writes_nothing_without_what_the_file_must_have(
    efa: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, operation: str
) -> None:
    hinder(monkeypatch, denied={operation})
    file = tmp_path / "cluster-facts.json"
    code, out, err = efa(*TRAINING, "--zone", "us-east-1b", "-o", str(file))
    assert code == 1
    assert "Kubernetes      1.35" in out
    assert f"allow 'ec2:{operation}'" in err
    assert "could not be read: the app needs it" in err
    assert not file.exists()


def test_fails_without_permission_for_the_cluster_itself(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hinder(monkeypatch, denied={"DescribeCluster"})
    code, out, err = efa(*TRAINING)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "AWS refused DescribeCluster: allow 'eks:DescribeCluster' in the IAM policy of the identity in use" in err


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long boto3 would have waited between its attempts, which it does not here."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    # What slows all requests of a client down after one was throttled, by a quarter of a minute in these tests.
    monkeypatch.setattr(TokenBucket, "acquire", lambda *arguments, **named: True)
    return waited


@pytest.mark.usefixtures("slept")
def test_waits_and_asks_again_when_it_is_throttled(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    throttled = {"DescribeSubnets": 3, "DescribeCluster": 2, "ListAddons": 1}
    sent = hinder(monkeypatch, throttled=dict(throttled)).sent
    code, out, _ = efa(*TRAINING, "--zone", "us-east-1b", "-o", "-")
    assert (code, out) == (0, EXAMPLE.read_text())
    assert all(sent[operation] == 1 + times for operation, times in throttled.items())


@pytest.mark.usefixtures("slept")
def test_says_once_that_it_waits_for_aws(
    efa: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hinder(monkeypatch, throttled={"DescribeSubnets": 5, "DescribeCluster": 4, "ListAddons": 2})
    efa(*TRAINING, "--zone", "us-east-1b", "-o", "-")
    told = "AWS throttles {}: asking again, for two minutes at most"
    assert sorted(caplog.messages) == [told.format("DescribeCluster"), told.format("DescribeSubnets")]


def test_gives_up_when_it_is_throttled_for_good(efa: Any, monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    sent = hinder(monkeypatch, throttled={"DescribeCluster": 1000}).sent
    code, out, err = efa(*TRAINING)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "AWS throttles DescribeCluster: 9 attempts ended with TooManyRequestsException; wait a minute" in err
    assert sent["DescribeCluster"] == 9
    assert sum(slept) < 100


def test_lists_what_a_region_offers_and_in_which_zones(efa: Any) -> None:
    code, out, err = efa("instances", "--family", "p4d", "--region", "us-east-1")
    assert code == 0
    assert out.splitlines()[0].endswith("ALSO AS     ZONES")
    assert out.splitlines()[1].split()[0] == "p4d.24xlarge"
    assert out.splitlines()[1].endswith("a b c")
    # As 'efa lookup' says of the cluster's subnets.
    assert "  a  us-east-1a (use1-az1)" in out and "  b  us-east-1b (use1-az2)" in out
    assert err == "us-east-1 offers 1 of 1 instance types that are like that\n"


def test_says_no_when_the_region_offers_no_type_like_that(efa: Any) -> None:
    code, out, err = efa("instances", "--family", "p5e", "--region", "eu-west-3")
    assert (code, out) == (1, "")
    assert "eu-west-3 offers 0 of 1 instance types that are like that" in err
    code, out, _ = efa("instances", "p5e.48xlarge", "--region", "eu-west-3")
    assert code == 1
    assert "offered in      no zone of eu-west-3" in out


def test_shows_one_type_with_its_zones(efa: Any) -> None:
    code, out, _ = efa("instances", "p4d.24xlarge", "--region", "us-east-1")
    assert code == 0
    assert "offered in      us-east-1a (use1-az1); us-east-1b (use1-az2); us-east-1c (use1-az6)" in out
    code, out, err = efa("instances", "p4d.24xlarge", "--region", "us-east-1", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["availabilityZones"][0] == {
        "name": "us-east-1a",
        "zoneId": "use1-az1",
        "kind": "availability-zone",
    }
    assert document["region"] == "us-east-1"
    assert "layouts" in document


def test_gives_what_a_region_offers_as_json(efa: Any) -> None:
    code, out, err = efa("instances", "--accelerator", "H200", "--region", "us-east-1", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert [each["name"] for each in document["instanceTypes"]] == ["p5en.48xlarge"]
    assert document["notOffered"] == ["p5e.48xlarge"]
    assert [zone["name"] for zone in document["instanceTypes"][0]["availabilityZones"]] == ["us-east-1a", "us-east-1c"]
    assert (document["disagreements"], document["notInCatalogue"], document["notChecked"]) == ([], [], [])


def test_agrees_with_the_whole_answer_of_the_api_from_which_the_catalogue_was_made(efa: Any) -> None:
    _, out, err = efa("instances", "--region", "us-east-1")
    assert len(out.splitlines()) > 200
    assert "warning" not in err


def test_asks_aws_nothing_without_a_region(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = hinder(monkeypatch).sent
    assert efa("instances", "p4d.24xlarge")[0] == 0
    assert not sent


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        ("DescribeInstanceTypeOfferings", "  ?"),
        ("DescribeInstanceTypes", "  a b c"),
        ("DescribeAvailabilityZones", "  a b c"),
    ],
)
def test_lists_types_although_one_call_is_denied(
    efa: Any, monkeypatch: pytest.MonkeyPatch, operation: str, shown: str
) -> None:
    hinder(monkeypatch, denied={operation})
    code, out, err = efa("instances", "--family", "p4d", "--region", "us-east-1")
    assert code == 0
    assert out.splitlines()[1].endswith(shown)
    assert "not checked: " in err
    assert f"allow 'ec2:{operation}'" in err
