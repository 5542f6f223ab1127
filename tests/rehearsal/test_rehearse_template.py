"""Rehearsals of people who use CloudFormation and kubectl, and neither the CDK nor these constructs."""

from __future__ import annotations

from pathlib import Path

import cdk8s
import pytest
import yaml

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import MpiOperator
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.inputs.template import read_template
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from efa_constructs.rehearsal.result import to_json

from .efa_command import ROOT

EXAMPLE = ROOT / "examples" / "cloudformation_and_kubectl"


def test_the_example_has_the_operator_that_the_constructs_make() -> None:
    chart = cdk8s.Chart(cdk8s.App(), "mpi-operator", disable_resource_name_hashes=True)
    MpiOperator(chart, "MpiOperator")
    wanted = [each for each in chart.to_json() if each["kind"] != "Namespace"]
    found = [each for each in yaml.safe_load_all((EXAMPLE / "manifests" / "2-mpi-operator.yaml").read_text())
             if each["kind"] != "Namespace"]  # fmt: skip
    assert [(each["kind"], each.get("spec")) for each in found] == [(each["kind"], each.get("spec")) for each in wanted]


def test_runs_the_job_of_a_template_and_manifests_without_cdk_and_kubectl(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither the CDK CLI nor kubectl can be found: no PATH, and a folder without node_modules.
    monkeypatch.setenv("PATH", "/nowhere")
    result = rehearse(
        Rehearsal(
            directory=tmp_path,
            template=EXAMPLE / "template.yaml",
            parameters={"Nodes": "2"},
            manifests=EXAMPLE / "manifests",
            kubernetes_binaries=binaries.etcd.parent,
        )
    )
    assert (result.refusals, result.reason) == ((), None)
    (found,) = to_json(result)["kubernetes"]
    assert [node["devices"] for node in found["nodes"]] == [{"vpc.amazonaws.com/efa": 4, "nvidia.com/gpu": 8}] * 2
    (job,) = found["jobs"]
    assert (job["name"], job["state"], job["transport"]) == ("nccl-test", "Succeeded", "efa")
    assert any("server-side apply, as there is no kubectl on PATH" in each for each in result.executed)
    assert not any("CDK" in each for each in result.executed)


def test_says_what_cloudformation_said_and_makes_no_cluster(tmp_path: Path) -> None:
    text = (EXAMPLE / "template.yaml").read_text().replace("NetworkCardIndex: 3", "NetworkCardIndex: 4")
    template = tmp_path / "our nodes.v2.yaml"
    template.write_text(text)
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    (refusal,) = result.refusals
    assert refusal.startswith(("NodeGroup (AWS::EKS::Nodegroup)", "LaunchTemplate (AWS::EC2::LaunchTemplate)"))
    assert "card" in refusal
    assert result.assembly.stacks[0].name == "our-nodes"
    assert result.clusters == ()


def test_says_what_was_refused_where_the_way_back_takes_the_launch_template_from_nodes_that_stay(
    tmp_path: Path,
) -> None:
    node_group = "  NodeGroup:\n    Type: AWS::EKS::Nodegroup\n"
    last = (
        "  Last:\n    Type: AWS::EC2::Subnet\n    DependsOn: NodeGroup\n"
        "    Properties: {CidrBlock: 10.9.0.0/16, VpcId: vpc-0a1b2c3d}\n"
    )
    text = (EXAMPLE / "template.yaml").read_text()
    assert text.count(node_group) == 1
    template = tmp_path / "template.yaml"
    template.write_text(text.replace(node_group, f"{last}{node_group}    DeletionPolicy: Retain\n"))
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    assert any(
        refusal.startswith("Last (AWS::EC2::Subnet)") and "vpc-0a1b2c3d" in refusal for refusal in result.refusals
    )
    assert result.reason == "The account refused the deployment."


def test_says_which_parameter_has_no_value(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text((EXAMPLE / "template.yaml").read_text().replace("    Default: 2\n", ""))
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    (refusal,) = result.refusals
    assert "[Nodes]" in refusal


def test_deploys_a_template_that_is_too_long_for_a_request(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.0.0.0/16}\n"
                        + "# padding\n" * 6000)  # fmt: skip
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    assert result.refusals == ()
    assert result.reason == "No managed node group has EFA interfaces, so there is no EFA traffic."


def test_applies_nothing_where_no_cluster_was_deployed_and_does_not_say_that_it_did(
    binaries: Binaries, tmp_path: Path
) -> None:
    template = tmp_path / "vpc.yaml"
    template.write_text("Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.0.0.0/16}\n")
    result = rehearse(
        Rehearsal(
            directory=tmp_path,
            template=template,
            manifests=EXAMPLE / "manifests",
            kubernetes_binaries=binaries.etcd.parent,
        )
    )
    assert result.refusals == ("no EKS cluster was deployed, and the objects of '--manifests' need exactly one",)
    assert result.executed == ("boto3: the change set of the template",)


def test_names_the_file_of_a_template_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Resources: [")
    with pytest.raises(InvalidArgumentError, match=r"template.yaml' of '--template' is no CloudFormation template: "
                                                   r"Template format error: YAML not well-formed"):  # fmt: skip
        read_template(file)
