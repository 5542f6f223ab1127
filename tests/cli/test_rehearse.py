"""``efa rehearse``: its options and its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from efa_constructs.cli.rehearsal_text import print_report
from efa_constructs.lookups.deployed import PlacementGroup
from efa_constructs.rehearsal.result import RehearsalResult, to_json

from ..efa_cli import call_efa
from ..rehearsal.deployments import (
    ANYWHERE,
    EFA,
    EFA_GROUP,
    GROUPS,
    cluster,
    ingress,
    interface,
    node,
    node_group,
)
from ..rehearsal.results import result

TWO = node_group(node("i-0a1b2c3d4e5f60718"), node("i-0a1b2c3d4e5f60719"))
P5 = (
    interface(0, 0, "interface"),
    interface(0, 1, "efa-only"),
    *(interface(card, 0, "efa-only") for card in range(1, 32)),
)


def print_of(found: RehearsalResult, capsys: pytest.CaptureFixture[str]) -> str:
    print_report(found)
    return capsys.readouterr().out


def test_reports_what_is_deployed_and_that_efa_passes(capsys: pytest.CaptureFixture[str]) -> None:
    out = print_of(result(cluster(TWO)), capsys)
    assert "1 stack with 2 resources, on an emulated AWS account (123456789012, us-east-1)" in out
    assert "Node group efa of cluster training (Kubernetes 1.34)" in out
    assert "2 running (min 1, desired 2, max 3)" in out
    assert "1-3          | 0      | efa-only  | -         | sg-0c1c1c1c1c1c1c1c1, sg-0efa0efa0efa0efa0" in out
    assert "efa: all traffic in from itself, out to itself and 0.0.0.0/0" in out
    assert "passes between every two of the group's nodes, over 4 EFA interfaces a node" in out
    assert "deploy               9.5 s  <- the longest" in out
    assert "Next: 'npx cdk deploy --all' with" in out


def test_names_the_assembly_that_is_to_be_deployed_next(capsys: pytest.CaptureFixture[str]) -> None:
    out = print_of(result(cluster(TWO), given_assembly=Path("../their app/cdk.out")), capsys)
    assert "npx cdk deploy --all --app '../their app/cdk.out'" in out


def test_keeps_33_interfaces_readable_in_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [node(name, instance_type="p5.48xlarge", interfaces=P5) for name in ("i-0a", "i-0b")]
    out = print_of(result(cluster(node_group(*nodes, instance_type="p5.48xlarge"))), capsys)
    assert "1-31         | 0      | efa-only" in out
    assert len(out.splitlines()) < 45
    assert max(map(len, out.splitlines())) <= 100
    assert out.isascii()
    assert all(line == line.rstrip() for line in out.splitlines())


LONG = "EfaNodes-NodeGroupPlacementGroupA2C3836B-71MWTJXBB2QZ"


@pytest.mark.parametrize("columns", [60, 80])
def test_cuts_nothing_off_in_a_narrow_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    group = replace(TWO, name=LONG, placement_group=PlacementGroup(name=LONG, strategy="cluster"))
    out = print_of(result(cluster(group)), capsys)
    assert max(map(len, out.splitlines())) <= columns
    assert out.isascii(), "rich cuts with an ellipsis"
    assert "1-3" in out
    assert out.count("#1, #2") == 3
    assert "\n  #1  sg-0c1c1c1c1c1c1c1c1  eks-cluster-sg-training-1234:" in out
    assert "\n  #2  sg-0efa0efa0efa0efa0  efa: all traffic in from itself" in out
    beside = f"\n  placement group  {LONG}\n{'':19}(cluster)\n"
    below = f"\n  placement group\n    {LONG}\n    (cluster)\n"
    assert (beside if columns == 80 else below) in out


def test_folds_a_name_that_is_longer_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    name = f"eks-cluster-sg-{LONG}-1234567890"
    groups = {**GROUPS, EFA_GROUP: replace(EFA, name=name)}
    out = print_of(result(cluster(TWO, security_groups=groups)), capsys)
    assert max(map(len, out.splitlines())) <= 60
    assert f"{name}:alltraffic" in "".join(out.split())


def test_reports_why_efa_would_not_pass_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    closed = {**GROUPS, EFA_GROUP: replace(EFA, rules=(ingress(EFA_GROUP), ANYWHERE))}
    out = " ".join(print_of(result(cluster(node_group(node()), security_groups=closed)), capsys).split())
    assert "would not pass between two nodes of this launch template (traffic needs two, and the group has one)" in out
    assert "fault: EFA does not pass from i-0a" in out
    assert "fix: add an egress rule to sg-0efa0efa0efa0efa0 'efa': all traffic (protocol -1) to itself" in out
    assert "npx cdk deploy" not in out


def test_reports_a_refusal_in_the_words_of_the_account(capsys: pytest.CaptureFixture[str]) -> None:
    out = print_of(result(refusals=("Nodes (AWS::EKS::Nodegroup): [too many] interfaces",)), capsys)
    assert "refused: Nodes (AWS::EKS::Nodegroup): [too many] interfaces" in out
    assert "The account refused the deployment." in out


def test_says_that_a_deployment_without_efa_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    plain = [node(name, instance_type="m7i.large", interfaces=(interface(0, 0, "interface"),)) for name in "ab"]
    found = result(cluster(node_group(*plain)))
    assert "No managed node group has EFA interfaces" in print_of(found, capsys)
    assert not found.passes


def test_says_how_to_reach_and_how_to_end_an_account_that_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    kept = result(
        cluster(TWO),
        environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"},
        process_id=4711,
        kubeconfigs={"training": Path("/tmp/a folder/admin.kubeconfig")},
    )
    out = print_of(kept, capsys)
    assert "The account and the control plane go on running (process 4711)" in out
    assert "\nexport AWS_ENDPOINT_URL=http://127.0.0.1:5000\n" in out
    assert "\nexport KUBECONFIG='/tmp/a folder/admin.kubeconfig'\n" in out
    assert "To end it: efa rehearse --stop" in out


def test_json_says_why_a_group_without_efa_does_not_pass() -> None:
    bare = node(interfaces=(interface(0, 0, "interface"),))
    document = to_json(result(cluster(node_group(bare, bare))))
    assert document["passes"] is False
    assert document["reason"] == "No managed node group has EFA interfaces, so there is no EFA traffic."
    (finding,) = document["nodeGroups"][0]["efa"]["findings"]
    assert finding["code"] == "no-efa-interface"
    assert finding["problem"] == "no interface of the nodes has EFA, although p4d.24xlarge can have it"
    assert finding["rule"] == "EFA-NI-012"


def test_json_says_that_the_account_refused() -> None:
    assert to_json(result(refusals=("no",)))["reason"] == "The account refused the deployment."


def test_gives_the_whole_result_as_json() -> None:
    document = json.loads(json.dumps(to_json(result(cluster(TWO)))))
    (group,) = document["nodeGroups"]
    assert document["passes"] is True
    assert document["reason"] is None
    assert group["efa"] == {
        "present": True,
        "trafficPasses": True,
        "sound": True,
        "pairsJudged": 1,
        "imagined": False,
        "findings": [],
    }
    assert group["nodes"][0]["interfaces"][1] == {
        "id": None,
        "networkCardIndex": 0,
        "deviceIndex": 1,
        "interfaceType": "efa-only",
        "securityGroupIds": ["sg-0c1c1c1c1c1c1c1c1", "sg-0efa0efa0efa0efa0"],
        "privateIpv4Address": None,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-c", "efa:instanceType"], "'--context' takes KEY=VALUE, got 'efa:instanceType'"),
        (["-c", "=p5"], "'--context' takes KEY=VALUE, got '=p5'"),
        (["-c", "a=b", "--assembly", "cdk.out"], "'--assembly' is synthesized already"),
        (["--template", "t.yaml", "--assembly", "cdk.out"], "'--assembly' and '--template' are both what is deployed"),
        (["--template", "t.yaml", "-c", "a=b"], "'--context' is for synthesis, and '--template' is synthesized"),
        (["--template", "nowhere.yaml"], "cannot read the template 'nowhere.yaml' of '--template'"),
        (["--template", "node_modules/aws-cdk/package.json"], "Invalid template property or properties [version]"),
        (["--parameter", "a=b"], "'--parameter' is for the template of '--template', which is not given"),
        (["--manifests", ".", "--without-kubernetes"], "'--manifests' needs a control plane"),
        (["--kubernetes-binaries", ".", "--without-kubernetes"], "'--kubernetes-binaries' needs a control plane"),
        (["--report", "nowhere/page.html"], "the folder of '--report' 'nowhere/page.html' does not exist"),
        (["--assembly", "nowhere"], "the cloud assembly 'nowhere' is not a folder"),
        (["--assembly", "."], "'.' has no manifest.json, so it is not a cloud assembly"),
        ([], "has no cdk.json: run this in the folder of a CDK app"),
        (["--bogus"], "No such option: --bogus"),
    ],
)
def test_refuses_bad_input_in_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A CLI that is found and never run.
    package = tmp_path / "node_modules" / "aws-cdk"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "2.1148.1"}')
    monkeypatch.chdir(tmp_path)
    code, out, err = call_efa(capsys, monkeypatch, "rehearse", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
